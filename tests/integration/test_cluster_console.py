"""The centre's API over a cluster: real Kafka, PostgreSQL, worker and notifier; what it can't do there it says."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.api import PEOPLE, ApiDesk
from support.command import tocsin
from support.data_folder import Made
from support.kafka import KafkaCluster, kafka
from support.notifiers import NotifierProcess, settings_file
from support.postgres import fresh_address
from support.waiting import eventually
from support.workers import Workers

from plant.batch import Batch
from plant.entries import Entry, Readings, Tick
from plant.quality import Quality
from tocsin.cli.data import What, export
from tocsin.clock import SystemClock
from tocsin.configuration import read_configuration
from tocsin.init import write_example
from tocsin.kafka.topics import Shard
from tocsin.records.cluster_probe import STILL_S, ClusterProbe
from tocsin.settings import read_settings

__all__ = ["kafka"]

SPARK, LEVEL = "E002-SPARK-01", "E001-GAS-01"


class Hands(SystemClock):
    """A clock that a test moves."""

    now_s = 100.0

    def monotonic_s(self) -> float:
        return self.now_s


class Bridge:
    """Writes an entry into each log several times a second, as bridges do; readings where some are due."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._due: dict[str, float] = {}
        self.paused: set[Shard] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._clock = SystemClock()
        self._thread.start()

    def reads(self, point: str, value: float) -> None:
        """From now on the point has this value."""
        self._due[point] = value

    def close(self) -> None:
        self._stop.set()
        self._thread.join(30)

    def _run(self) -> None:
        while not self._stop.wait(0.3):
            now_ms = self._clock.now_ms()
            entries: list[tuple[Shard, Entry | bytes]] = []
            division, numbers = self._workers.division, self._workers.registry.numbers
            rows = [(numbers[point], now_ms, value, Quality.GOOD) for point, value in self._due.items()]
            parts = dict(division.split(Readings(now_ms, Batch.of(rows), "broker"))) if rows else {}
            for shard in range(division.partitions + 1):
                if shard not in self.paused:
                    entries.append((shard, parts.get(shard, Tick(now_ms))))
            self._workers.write(entries)


def devices_of_all_shards(api: ApiDesk, config: Path) -> None:
    """How devices stand, and how long they were online, by API and by command: two report, the others never did."""
    found = api.get("li", "/devices").json()
    states = {row["device"]: row["state"] for row in found["devices"] if row["state"] != "never"}
    assert set(states.values()) == {"reporting"}, found
    assert found["live"], found
    assert len(states) == 2
    lines = [json.loads(line) for line in tocsin("devices", "--config", config, "--json", "--rate").out.splitlines()]
    online = {line["device"]: line["online_ms"] for line in lines if line["about"] == "device" and line["online_ms"]}
    assert online.keys() == states.keys()
    assert len([line for line in lines if line["about"] == "device"]) > 2
    covered = tocsin("report", "coverage", "--config", config, "--from", "2020-01-01", "--to", "2100-01-01", "--json")
    assert covered.code == 0, covered.err
    assert json.loads(covered.out)["coverage"]


def feeds_of_all_shards(api: ApiDesk, alarm: str) -> None:
    """What the platform above gets: alarms and readings, each by a position of its own."""
    northbound = api.centre.northbound
    told = northbound.page(PEOPLE["li"], 0, "alarms")
    assert alarm in [a["alarm"] for item in told.items for a in item.alarms]
    assert northbound.page(PEOPLE["li"], told.upto, "alarms").items == []
    heard = northbound.page(PEOPLE["li"], northbound.end(PEOPLE["li"], "readings") - 5000, "readings")
    assert {row[0] for item in heard.items for row in item.readings} == {LEVEL, SPARK}
    mine = northbound.page(PEOPLE["e1"], northbound.end(PEOPLE["li"], "readings") - 5000, "readings")
    assert {row[0] for item in mine.items for row in item.readings} == {LEVEL}
    refused = api.get("li", "/feed")
    assert refused.status_code == 501, refused.text
    assert "what=alarms" in refused.json()["detail"]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    write_example(tmp_path / "site")
    return tmp_path / "site"


@pytest.fixture
def workers(kafka: KafkaCluster, tmp_path: Path, site: Path) -> Iterator[Workers]:
    with Workers(tmp_path / "workers", kafka.topics("console.", 2), site, read_configuration(site)) as made:
        made.load([Tick(SystemClock().now_ms())])
        made.start()
        yield made


def test_the_console_on_a_cluster(workers: Workers, site: Path, tmp_path: Path) -> None:
    config = settings_file(tmp_path, workers.kafka, fresh_address())
    settings = read_settings(config, {})
    bridge = Bridge(workers)
    api = ApiDesk(Made(site, settings.data, ""), settings=settings)
    try:
        with NotifierProcess(config) as notifier:
            notifier.wait_active(90)
            assert workers.hold_all(90)
            api.start()
            bridge.reads(LEVEL, 3.25)
            bridge.reads(SPARK, 1.0)
            board, watch = api.centre.watch.board, api.centre.watch
            assert eventually(lambda: any(a.rule == "dust-spark" for a in board.records()), 60), notifier.log
            alarm = next(a.alarm for a in board.records() if a.rule == "dust-spark")
            assert eventually(lambda: not watch.pulse.now().blind, 60), watch.pulse.now()

            shown = api.get("li", f"/alarms/{alarm}").json()
            assert shown["alarm"]["subject"] == SPARK
            assert alarm in [row["alarm"] for row in api.get("li", "/alarms").json()["alarms"]]
            assert watch.latest.of([LEVEL])[LEVEL].value == 3.25
            assert api.get("e1", f"/alarms/{alarm}").status_code == 404

            done = api.post("li", f"/alarms/{alarm}/acknowledge", {"comment": "on my way"})
            assert done.status_code in (200, 204), done.text
            assert eventually(lambda: board.record(alarm) is not None and board.record(alarm).acknowledged_by == "li")  # type: ignore[union-attr]
            again = api.post("zhao", f"/alarms/{alarm}/acknowledge", {})
            assert again.status_code == 409, again.text

            why = tocsin("explain", alarm, "--config", config, "--json")
            assert why.code == 0, why.out + why.err
            assert [e["event"] for e in json.loads(why.out)["rerun"]["events"]] == ["raised", "acknowledged"]
            answer = api.get("admin", f"/alarms/{alarm}/explain")
            assert answer.status_code == 200, answer.text
            assert answer.json()["verdict"] == "reproduced"
            devices_of_all_shards(api, config)
            feeds_of_all_shards(api, alarm)

            now_ms = SystemClock().now_ms()
            trend = api.get("li", f"/points/{LEVEL}/trend", **{"from": now_ms - 600_000, "to": now_ms})
            assert trend.status_code == 200, trend.text
            assert 3.25 in trend.json()["last"], trend.text
            exported = tmp_path / "feed.csv"
            export(What.READINGS, exported, config=config)
            assert f"{SPARK}," in exported.read_text()
            export(What.EVENTS, tmp_path / "events.jsonl", config=config)
            assert alarm in (tmp_path / "events.jsonl").read_text()

            still = workers.division.shard_of("E001")
            bridge.paused = {still}
            name = f"{workers.topics.readings} [{still}]"
            assert eventually(lambda: name in [t.name for t in watch.pulse.now().troubles if t.blind], 20)
            bridge.paused = set()
            assert eventually(lambda: not watch.pulse.now().blind, 60), watch.pulse.now()

            bridge.close()
            assert workers.decided_all(20)
            hands = Hands()
            probe = ClusterProbe(workers.kafka, settings.book, hands)
            first = probe.ask()
            assert first is not None
            assert first["ready"], first
            hands.now_s += STILL_S + 1
            later = probe.ask()
            assert later is not None
            assert [name for name, ok in later["checks"].items() if not ok] == list(later["checks"])
            assert any("nothing decided for 16 s" in reason for reason in later["reasons"])
            probe.close()
    finally:
        bridge.close()
        api.stop()
