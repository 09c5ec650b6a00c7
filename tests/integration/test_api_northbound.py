"""What the platform above is told: everything once and in order, from wherever it was, and about nobody."""

import asyncio
import contextlib
import json
import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx_sse import connect_sse
from support.api import PEOPLE, ApiDesk, Service, served
from support.waiting import eventually
from support.webhook_receiver import SECRET, WebhookReceiver

from tocsin.clock import SystemClock
from tocsin.hazard_reports.record import NewReport, Reporter
from tocsin.log.layout import JOURNAL
from tocsin.log.reader import JournalReader
from tocsin.northbound.cursor import Cursor, CursorFile
from tocsin.northbound.feed import Feed, Item, What
from tocsin.northbound.pusher import Pusher
from tocsin.runtime.control import Request, ask
from tocsin.settings.northbound import NorthboundSettings

Desk = tuple[ApiDesk, Service]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with served(tmp_path_factory.mktemp("above")) as (api, service):
        service.take(("E001-GAS-01", 60.0), ("E002-SPARK-01", 1.0), ("E001-GAS-01", 61.5))
        assert ask(service.made.data, Request("acknowledge", service.made.alarm, "wang.fang", "seen")).refused is None
        yield api, service


def all_items(service: Service, after: int = -1, what: What = "both", only: str = "") -> list[Item]:
    def mine(name: str) -> bool:
        return name.startswith(only)

    with Feed(service.made.data) as feed:
        return list(feed.items(after, what, mine, mine))


def test_the_feed_begins_anywhere_and_tells_the_rest(desk: Desk) -> None:
    _, service = desk
    whole = all_items(service)
    assert [i.position for i in whole] == sorted({i.position for i in whole})
    for item in whole:
        assert [i for i in whole if i.position > item.position] == all_items(service, item.position)
    assert [i.readings for i in whole if i.readings] == [i.readings for i in all_items(service, what="readings")]
    assert [i.alarms for i in whole if i.alarms] == [i.alarms for i in all_items(service, what="alarms")]
    ids = [a["id"] for i in whole for a in i.alarms]
    assert len(ids) == len(set(ids)) >= 3
    reader = JournalReader.open(service.made.data / JOURNAL)
    count = sum(len(e.batch) for _, e in reader.read(reader.first) if hasattr(e, "batch"))
    assert sum(len(i.readings) for i in whole) == count


def test_it_names_nobody(desk: Desk) -> None:
    api, service = desk
    new = NewReport("hotline", "a smell of gas", unit="E002-DUST", reporter=Reporter("Zhang Wei", "13812345678"))
    api.centre.hazard_reports.take(PEOPLE["li"], new)
    told = json.dumps([i.form() for i in all_items(service)])
    assert '"event": "acknowledged"' in told
    for word in ("wang.fang", "Zhang", "13812345678", "a smell of gas"):
        assert word not in told


def follow(api: ApiDesk, name: str, count: int, **query: Any) -> list[tuple[str, str, Any]]:
    """The first `count` events of the feed."""
    found = []
    with api.client(name) as client, connect_sse(client, "GET", "/feed", params=query) as source:
        assert source.response.status_code == 200, source.response.read()
        for event in source.iter_sse():
            found.append((event.event, event.id, json.loads(event.data)))
            if len(found) == count:
                break
    return found


def test_the_stream_is_the_feed_and_each_sees_their_own(desk: Desk) -> None:
    api, service = desk
    whole = [json.loads(json.dumps(i.form())) for i in all_items(service)]
    first = follow(api, "li", 3, after=-1)
    assert [kind for kind, _, _ in first] == ["ready", "entry", "entry"]
    rest = follow(api, "li", len(whole) - 1, after=int(first[-1][1]))
    assert [d for kind, _, d in first + rest if kind == "entry"] == whole
    mine = [json.loads(json.dumps(i.form())) for i in all_items(service, only="E001")]
    told = follow(api, "e1", len(mine) + 1, after=-1)
    assert [d for kind, _, d in told if kind == "entry"] == mine
    assert "E002" not in json.dumps(told)
    assert api.get("viewer", "/feed").status_code == 403


class Running:
    """A pusher in a loop of its own, which can be killed at any moment."""

    def __init__(self, service: Service, url: str, folder: Path, **more: Any) -> None:
        (folder / "secret").write_text(SECRET)
        settings = NorthboundSettings(
            name="province", url=url, secret_file=folder / "secret", allow_private=True, max_wait_s=0.1, **more
        )
        site = service.configured.site
        self._pusher = Pusher(
            settings, service.made.data, lambda: site, SystemClock(), rng=random.Random(1), lowest_s=0.05
        )

    @contextlib.contextmanager
    def within(self) -> Iterator[None]:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        task = asyncio.run_coroutine_threadsafe(self._pusher.run(), loop)
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(BaseException):
                task.result(5)
            assert eventually(lambda: not asyncio.all_tasks(loop))
            loop.call_soon_threadsafe(loop.stop)
            thread.join(5)
            loop.close()


def entries(receiver: WebhookReceiver) -> list[dict[str, Any]]:
    """What was accepted, each message once, as a receiver has it that drops ids it has."""
    seen: dict[str, list[dict[str, Any]]] = {}
    for message in receiver.received:
        if 200 <= message.status < 300:
            assert seen.setdefault(message.id, message.event["entries"]) == message.event["entries"]
    return [entry for told in seen.values() for entry in told]


def test_a_receiver_that_fails_and_a_pusher_that_dies_lose_nothing(desk: Desk, tmp_path: Path) -> None:
    _, service = desk
    file = service.made.data / "northbound" / "province.json"
    CursorFile(file).save(Cursor(-1))
    with WebhookReceiver() as receiver:
        receiver.answer(500, 0, 503)
        with Running(service, receiver.url, tmp_path, max_readings=1).within():
            receiver.wait_for(2)
        receiver.hold()
        service.take(("E001-GAS-01", 3.0), ("E001-GAS-01", 4.0))
        with Running(service, receiver.url, tmp_path, max_readings=1).within():
            receiver.wait_underway(1)
        receiver.answer()
        service.take(("E001-GAS-01", 5.0))
        with Running(service, receiver.url, tmp_path, max_readings=1).within():
            want = [json.loads(json.dumps(i.form())) for i in all_items(service)]
            assert eventually(lambda: entries(receiver) == want), (len(entries(receiver)), len(want))
        assert receiver.forged == []
        ids = [m.id for m in receiver.received]
        assert all(name.startswith("province.") for name in ids)


def test_a_new_receiver_begins_now_and_alarms_do_not_wait(desk: Desk, tmp_path: Path) -> None:
    _, service = desk
    (service.made.data / "northbound" / "province.json").unlink(missing_ok=True)
    with WebhookReceiver() as receiver:
        running = Running(service, receiver.url, tmp_path, what="alarms", enterprises=("E002",))
        with running.within():
            assert eventually((service.made.data / "northbound" / "province.json").exists)
            service.take(("E001-GAS-03", 60.0), *[("E002-INLET-01", 95.0)] * 2)
            assert eventually(lambda: any(e["alarms"] for e in entries(receiver)))
        told = entries(receiver)
        assert {a["subject"] for e in told for a in e["alarms"]} == {"E002-INLET-01"}
        assert all(e["readings"] == [] for e in told)


def test_what_is_kept_no_longer_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    api, _ = desk
    monkeypatch.setattr(JournalReader, "first", 3)
    gone = api.get("li", "/feed", after=1)
    assert (gone.status_code, gone.json()["type"]) == (410, "urn:tocsin:problem:gone")
    assert "begins at 3" in gone.json()["detail"]
