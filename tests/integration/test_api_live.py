"""Live streams: resumed by id they lose nothing and double nothing, and each sees only their own."""

import json
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx_sse import connect_sse
from support.api import ApiDesk, Service, served
from support.waiting import eventually
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tocsin.accounts.accounts import COMMAND_LINE, Accounts
from tocsin.accounts.roles import Permission, Role, Scope
from tocsin.api import live
from tocsin.book import BookReader
from tocsin.clock import SystemClock
from tocsin.log.layout import BOOK
from tocsin.runtime.control import Request, ask

Desk = tuple[ApiDesk, Service]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with served(tmp_path_factory.mktemp("live")) as running:
        yield running


class Stream:
    """A client of server-sent events in a thread of its own, as far as it has come."""

    def __init__(self, url: str, path: str, headers: dict[str, str], query: dict[str, Any] | None = None) -> None:
        self.events: list[tuple[str, str, Any]] = []
        self.over = threading.Event()
        self._client = httpx.Client(timeout=httpx.Timeout(10, read=30), trust_env=False)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, args=(url + path, headers, query or {}), daemon=True)
        self._thread.start()

    def _read(self, url: str, headers: dict[str, str], query: dict[str, Any]) -> None:
        try:
            with connect_sse(self._client, "GET", url, headers=headers, params=query) as source:
                for event in source.iter_sse():
                    data = json.loads(event.data) if event.data.startswith(("{", "[")) else event.data
                    self.events.append((event.event, event.id, data))
                    if self._stop.is_set():
                        return
        except (httpx.HTTPError, RuntimeError):
            pass
        finally:
            self.over.set()

    def has(self, holds: Callable[[list[tuple[str, str, Any]]], bool]) -> bool:
        return eventually(lambda: holds(self.events))

    @property
    def numbers(self) -> list[int]:
        return [data["seq"] for kind, _, data in self.events if kind == "alarm"]

    def leave(self) -> None:
        self._stop.set()
        self._client.close()


def booked(desk: Desk) -> list[int]:
    reader = BookReader.open_for_reading(desk[1].made.data / BOOK)
    try:
        return [e.seq for e in reader.events()]
    finally:
        reader.close()


def toggle(service: Service, times: int) -> None:
    """Events of E001 (two each time), and of E002 the first time."""
    service.take(("E001-GAS-01", 60.0), ("E002-SPARK-01", 0.0), ("E001-GAS-01", 1.0), ("E002-SPARK-01", 1.0))
    reader = BookReader.open_for_reading(service.made.data / BOOK)
    silent = next(a.alarm for a in reader.alarms() if a.rule == "data-stale" and a.enterprise == "E001")
    reader.close()
    for _ in range(times):
        until_ms = SystemClock().now_ms() + 600_000
        assert ask(service.made.data, Request("shelve", silent, "li", "new head", until_ms)).refused is None
        assert ask(service.made.data, Request("unshelve", silent, "li")).refused is None


def code_of_end(socket: ClientConnection) -> int:
    """What the server closes the connection with."""
    try:
        while True:
            socket.recv(timeout=15)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd is not None else 0


def test_an_event_shows_at_once_and_each_sees_their_own(desk: Desk) -> None:
    api, service = desk
    all_, mine = (Stream(api.url, "/live/alarms", {"x-as": name}) for name in ("li", "e1"))
    assert all_.has(lambda e: bool(e) and e[0][0] == "ready")
    assert mine.has(lambda e: bool(e) and e[0][0] == "ready")
    begun = int(all_.events[0][1])
    toggle(service, 3)
    assert ask(service.made.data, Request("acknowledge", api.made.alarm, "li")).refused is None
    assert all_.has(lambda e: all_.numbers == [n for n in booked(desk) if n > begun] != [])
    seen = [data for kind, _, data in all_.events if kind == "alarm"]
    assert {"E001", "E002"} == {e["enterprise"] for e in seen}
    assert mine.has(lambda e: mine.numbers == [s["seq"] for s in seen if s["enterprise"] == "E001"])
    assert all(e[2]["enterprise"] == "E001" for e in mine.events if e[0] == "alarm")
    for stream in (all_, mine):
        stream.leave()


def test_a_client_that_was_away_gets_each_event_once(desk: Desk) -> None:
    api, service = desk
    first = Stream(api.url, "/live/alarms", {"x-as": "li"}, {"after": 0})
    assert first.has(lambda e: len(first.numbers) >= 3)
    first.leave()
    came = first.numbers
    toggle(service, 2)
    last = max(came)
    second = Stream(api.url, "/live/alarms", {"x-as": "li", "last-event-id": str(last)})
    assert second.has(lambda e: came + second.numbers == booked(desk))
    second.leave()


def test_a_console_that_was_killed_is_resumed_where_it_was(tmp_path: Path) -> None:
    with served(tmp_path) as (api, service):
        before = Stream(api.url, "/live/alarms", {"x-as": "li"}, {"after": 0})
        toggle(service, 2)
        assert before.has(lambda e: before.numbers == booked((api, service)))
        api.stop()
        assert before.over.wait(10)
        toggle(service, 3)
        again = ApiDesk(service.made)
        again.start()
        try:
            after = Stream(again.url, "/live/alarms", {"x-as": "li", "last-event-id": str(before.numbers[-1])})
            assert after.has(lambda e: before.numbers + after.numbers == booked((api, service)))
            assert all(one < other for one, other in pairwise(before.numbers + after.numbers))
            after.leave()
        finally:
            again.stop()


def test_a_number_that_the_book_has_not_come_to_says_reset(desk: Desk) -> None:
    api, _ = desk
    stream = Stream(api.url, "/live/alarms", {"x-as": "li", "last-event-id": "999999"})
    assert stream.has(lambda e: len(e) >= 2)
    assert [kind for kind, _, _ in stream.events[:2]] == ["reset", "ready"]
    stream.leave()
    with api.client("li") as client:
        assert client.get("/live/alarms", headers={"last-event-id": "x"}).status_code == 422


def test_values_begin_whole_and_go_on_with_what_is_new(desk: Desk) -> None:
    api, service = desk
    service.take(("E001-GAS-01", 2.0), ("E002-SPARK-01", 0.0))
    assert eventually(
        lambda: [v["value"] for v in api.get("e1", "/values", point="E001-GAS-01").json()["values"]] == [2.0]
    )
    stream = Stream(api.url, "/live/values", {"x-as": "e1"}, {"points": "E001-GAS-01,E002-SPARK-01"})
    assert stream.has(lambda e: bool(e))
    assert [(v["point"], v["value"]) for v in stream.events[0][2]] == [("E001-GAS-01", 2.0)]
    service.take(("E001-GAS-01", 2.5))
    assert stream.has(lambda e: e[-1][2][0]["value"] == 2.5)
    assert all(v["point"] == "E001-GAS-01" for _, _, told in stream.events for v in told)
    stream.leave()


def test_a_stream_ends_when_its_token_is_revoked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_AGAIN_S", 0.3)
    with served(tmp_path / "folder") as (old, service):
        accounts = Accounts.open(tmp_path / "accounts.sqlite", SystemClock())
        accounts.users.add(COMMAND_LINE, "sun", Role.OPERATOR)
        sun = accounts.users.get("sun").principal()
        secret, token = accounts.tokens.make(sun, "sun", "feed", days=1, permissions={Permission.VIEW})
        api = ApiDesk(old.made, accounts=accounts)
        api.start()
        try:
            bearer = {"authorization": f"Bearer {secret}"}
            stream = Stream(api.url, "/live/alarms", bearer)
            assert stream.has(lambda e: bool(e) and e[0][0] == "ready")
            with connect(api.url.replace("http", "ws") + "/live", additional_headers=bearer) as socket:
                socket.send('{"subscribe": "pulse"}')
                accounts.users.change_role(COMMAND_LINE, "sun", Role.SAFETY_MANAGER, Scope("enterprise", "E001"))
                begun = len(stream.events)
                assert not stream.over.wait(1.0)
                toggle(service, 1)
                assert stream.has(lambda e: len(e) > begun)
                assert {e[2]["enterprise"] for e in stream.events[begun:]} == {"E001"}
                accounts.tokens.revoke(COMMAND_LINE, token.id)
                assert stream.has(lambda e: e[-1][0] == "end")
                assert stream.over.wait(5)
                assert code_of_end(socket) == 4401
        finally:
            api.stop()
            accounts.close()


def test_one_socket_carries_what_it_subscribes_to(desk: Desk) -> None:
    api, service = desk
    with connect(api.url.replace("http", "ws") + "/live", additional_headers={"x-as": "e1"}) as socket:

        def told(kind: str) -> Any:
            while (message := json.loads(socket.recv(timeout=10)))["type"] != kind:
                pass
            return message

        socket.send('{"subscribe": "pulse"}')
        assert told("pulse")["data"]["blind"] in (True, False)
        socket.send('{"subscribe": "alarms"}')
        ready = told("ready")
        toggle(service, 1)
        assert told("alarm")["data"]["enterprise"] == "E001"
        socket.send(json.dumps({"subscribe": "alarms", "after": ready["id"]}))
        assert told("ready")["id"] == ready["id"]
        assert told("alarm")["id"] > ready["id"]
        socket.send('{"subscribe": "values", "points": ["E001-GAS-01", "E002-SPARK-01"]}')
        assert {v["point"] for v in told("values")["data"]} == {"E001-GAS-01"}
        for wrong in ("{", '{"subscribe": "all"}', "{}", '{"subscribe": "alarms", "after": -1}'):
            socket.send(wrong)
            assert told("error")["detail"]
    with connect(api.url.replace("http", "ws") + "/live") as nobody:
        assert code_of_end(nobody) == 4401
