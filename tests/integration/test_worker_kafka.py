"""`tocsin worker` over a real Kafka: a backlog, unreadable records, an end and a new beginning, wrong clocks."""

import asyncio
import threading
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.kafka import KafkaCluster, kafka
from support.mosquitto import free_port
from support.waiting import eventually
from support.workers import Workers, build_divided_site, committed, committed_records, embedded, keys, seconds

from plant.entries import Configuration, Entry, OperatorAction
from rules.events import AlarmEvent, event_json
from tocsin.clock import SystemClock
from tocsin.configuration import Configured, read_configuration
from tocsin.kafka.topics import Shard
from tocsin.settings import Settings
from tocsin.worker.worker import Worker

__all__ = ["kafka"]

# Loaded before threads ask for it at the same time.
pytest.importorskip("faust", reason="the extra `cluster` is not installed: faust is missing")

POISON = (b"", b"\xc1", b"\x80", b"not an entry", b"\x82\xa1v\x01\xa5entry\xa4tick")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_divided_site(tmp_path_factory.mktemp("divided") / "site")


@pytest.fixture(scope="module")
def configured(site: Path) -> Configured:
    return read_configuration(site)


def test_a_backlog_with_poison_in_it(kafka: KafkaCluster, site: Path, configured: Configured, tmp_path: Path) -> None:
    entries = seconds(80)
    settings = kafka.topics("backlog.", checkpoint_s=1)
    with Workers(tmp_path, settings, site, configured) as workers:
        dealt: list[tuple[Shard, Entry | bytes]] = list(workers.dealt(entries))
        half = len(dealt) // 2
        last_ms = max(entry.received_at_ms for _, entry in workers.dealt(entries)[:half])
        act = OperatorAction(last_ms + 500, "acknowledge", "yvfmenxky254frwd", "li")
        dealt.insert(half, (2, act))
        for i, value in enumerate(POISON):
            dealt.insert(half + 7 * i, (i % 5, value))
        workers.write(dealt[:half])
        [first] = workers.start()
        assert workers.hold_all()
        assert workers.decided_all()
        assert workers.stop(first) == 0
        workers.write(dealt[half:])
        [second] = workers.start()
        assert workers.hold_all()
        assert workers.decided_all()

        whole = embedded(configured, entries)
        assert keys(workers.alarms()) == keys(whole)
        assert {event.rule for event in whole} == {"gas", "mean", "silent", "both"}

        dead = list(committed_records(settings, workers.topics.dead_letters, 0))
        assert sorted(value for value, _ in dead) == sorted(POISON)
        assert all({"topic", "partition", "offset", "reason"} == set(headers) for _, headers in dead)
        assert second.metrics()["tocsin_worker_dead_letters_total"] == len(POISON)

        steps = workers.steps()
        told = [step for one in steps for step in one.steps]
        assert keys(step for step in told if isinstance(step, AlarmEvent)) == keys(whole)
        assert [step.alarm for step in told if isinstance(step, OperatorAction)] == [act.alarm]
        assert sum(isinstance(step, Configuration) for step in told) == 5
        places = [(one.shard, one.offset) for one in steps]
        assert len(set(places)) == len(places)
        # The second stage says its clock once a second, so that waits end in silence.
        assert len({one.clock_ms // 1000 for one in steps if one.shard == 4}) >= 80
        in_alarms = {
            value for shard in workers.topics.shards for value in committed(settings, workers.topics.alarms, shard)
        }
        assert in_alarms == {event_json(step) for step in told if isinstance(step, AlarmEvent)}


class WrongClock(SystemClock):
    def __init__(self, off_ms: int) -> None:
        self._off_ms = off_ms

    def now_ms(self) -> int:
        return super().now_ms() + self._off_ms


class Inside:
    """A worker within this process, by a clock of its own."""

    def __init__(self, settings: Settings, clock: WrongClock) -> None:
        self._settings, self._clock = settings, clock
        self.worker: Worker | None = None
        self.code: int | None = None
        self._thread = threading.Thread(target=asyncio.run, args=(self._run(),), daemon=True)
        self._thread.start()

    async def _run(self) -> None:
        self.loop = asyncio.get_running_loop()
        assert self._settings.kafka is not None
        self.worker = Worker(self._settings, self._settings.kafka, self._clock)
        self.code = await self.worker.run()

    def told(self) -> int:
        """Events that it has decided."""
        if self.worker is None:
            return 0
        found = text_string_to_metric_families(self.worker.metrics.render().decode())
        return int(sum(s.value for family in found for s in family.samples if s.name == "tocsin_events_total"))

    def stop(self) -> None:
        if self.worker is not None:
            self.loop.call_soon_threadsafe(self.worker.stop)
        self._thread.join(30)
        assert self.code == 0


def test_wrong_clocks_change_nothing(kafka: KafkaCluster, site: Path, configured: Configured, tmp_path: Path) -> None:
    entries = seconds(60, seed=2)
    kafka_settings = kafka.topics("clocks.")
    with Workers(tmp_path, kafka_settings, site, configured) as workers:
        workers.load(entries)
        inside = [
            Inside(
                Settings.model_validate(
                    {
                        "site": site,
                        "data": tmp_path / f"data{i}",
                        "kafka": kafka_settings,
                        "http": {"listen": f"127.0.0.1:{free_port()}"},
                    }
                ),
                WrongClock(off_ms),
            )
            for i, off_ms in enumerate((-3_600_000, 86_400_000))
        ]
        try:
            whole = keys(embedded(configured, entries))
            assert eventually(lambda: sum(one.told() for one in inside) >= len(whole), 30)
            assert keys(workers.alarms()) == whole
        finally:
            for one in inside:
                one.stop()
