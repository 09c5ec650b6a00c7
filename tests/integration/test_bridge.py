"""`tocsin bridge` over a real Mosquitto and a real Kafka: nothing lost, each device's readings in order, taken over."""

import os
import signal
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from support import hostile
from support.bridges import ENTERPRISES, BridgedSite, BridgeProcess, Taken, message, write_site
from support.field import Field, Sent, left_at_broker
from support.kafka import KafkaCluster, kafka  # noqa: F401 - a fixture
from support.live import LIMIT_RULE, running_broker
from support.mosquitto import Mosquitto
from support.mqtt_listener import publish
from support.waiting import eventually

from plant.batch import Batch
from plant.entries import Configuration, Readings, SourceUp, Tick
from plant.quality import Quality
from tocsin.clock import SystemClock
from tocsin.configuration import read_configuration
from tocsin.kafka.client import producer
from tocsin.kafka.division import partition_of
from tocsin.kafka.records import encode
from tocsin.kafka.versions import put_version

POINTS = tuple(f"{enterprise}-P{n}" for enterprise in ENTERPRISES for n in (1, 2, 3))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with running_broker(tmp_path / "broker") as running:
        yield running


def test_one_bridge_writes_each_partition_and_what_spans_them(
    kafka: KafkaCluster,  # noqa: F811
    broker: Mosquitto,
    tmp_path: Path,
) -> None:
    rest = '[[wire]]\nform = "plain"\ntopics = ["plant/#"]'
    with BridgedSite(tmp_path, kafka, broker.port, "one.", settings=rest) as site:
        bridge = site.bridge("a").start()
        assert bridge.holds() == 5
        now_ms = SystemClock().now_ms()
        sent = [(point, now_ms - 100 + i, float(i)) for i in range(30) for point in POINTS]
        publish(broker.port, [message(point, value, at_ms) for point, at_ms, value in sent])
        assert eventually(lambda: len(site.readings()) >= len(sent)), bridge.log
        found = site.readings()
        for point in POINTS:
            mine = [(one.measured_at_ms, one.value) for one in found if one.point == point]
            assert mine == [(at_ms, value) for name, at_ms, value in sent if name == point]
        assert all(one.shard == partition_of(one.point[:2], 4) for one in found)

        # The second stage has the points of the vote's units, under names that tell connections apart.
        spanning = [entry for entry in site.entries(4) if isinstance(entry, Readings)]
        shards = {partition_of(enterprise, 4) for enterprise in ("E1", "E2", "E3", "E4")}
        assert {entry.source for entry in spanning} == {f"broker/{shard}" for shard in shards}
        assert sum(len(entry.batch) for entry in spanning) == 30 * 3 * 4
        ups = {entry.source for entry in site.entries(4) if isinstance(entry, SourceUp)}
        assert ups == {"broker/rest", *(f"broker/{shard}" for shard in {one.shard for one in found})}

        # Silence moves the clock of every shard.
        ticks = [sum(isinstance(entry, Tick) for entry in site.entries(shard)) for shard in range(5)]
        assert eventually(
            lambda: all(
                sum(isinstance(entry, Tick) for entry in site.entries(shard)) >= ticks[shard] + 2 for shard in range(5)
            ),
            6,
        )
        for shard in range(5):
            times = [entry.received_at_ms for entry in site.entries(shard)]
            assert times == sorted(set(times))
            assert all(later - earlier < 2_000 for earlier, later in pairwise(times))

        # Whatever a device sends, the bridge goes on.
        topic = "tocsin/v1/E1/D1/up"
        publish(broker.port, [(topic, payload) for payload in hostile.payloads()])
        publish(broker.port, [("plant/x", b"\xff\x00"), message("E1-P1", 99.5)])
        assert eventually(lambda: any(one.value == 99.5 for one in site.readings())), bridge.log
        assert bridge.metric('tocsin_quarantined_total{reason="unknown_point"}') > 0
        assert bridge.status("readyz") == 200
        assert bridge.stop() == 0, bridge.log
        for unit in ("0", "1", "2", "3", "rest"):
            assert left_at_broker(broker.port, f"tocsin-{unit}") == []


def test_a_version_is_used_from_one_entry_on_and_brings_its_enterprises(
    kafka: KafkaCluster,  # noqa: F811
    broker: Mosquitto,
    tmp_path: Path,
) -> None:
    with BridgedSite(tmp_path, kafka, broker.port, "version.") as site:
        bridge = site.bridge("a").start()
        publish(broker.port, [message("E7-P1", 1.0), message("E1-P1", 1.0)])
        assert eventually(lambda: len(site.readings()) == 1), bridge.log
        write_site(site.site, LIMIT_RULE, (*ENTERPRISES, "E7"))
        configured = read_configuration(site.site)
        at_ms = SystemClock().now_ms()
        head = put_version(site.kafka, configured, kind="site", who="li", why="E7", at_ms=at_ms, instead_of=1)
        used = [(1, "the first version"), (2, "E7")]

        def is_used() -> bool:
            entries = [[e for e in site.entries(shard) if isinstance(e, Configuration)] for shard in range(5)]
            assert all(entry.digest == head.digest for found in entries for entry in found if entry.version == 2)
            return all([(e.version, e.why) for e in found] == used for found in entries)

        assert eventually(is_used), bridge.log

        def is_heard() -> bool:
            publish(broker.port, [message("E7-P1", 2.0)])
            return any(one.point == "E7-P1" for one in site.readings())

        assert eventually(is_heard), bridge.log
        assert all(one.value == 2.0 for one in site.readings() if one.point == "E7-P1")
        # No connection was lost for it.
        assert bridge.log.count("source_down") == 0
        # Another start writes the version in force again, for whoever comes to the log without its beginning.
        assert bridge.stop() == 0
        bridge.start()
        versions = [entry.version for entry in site.entries(0) if isinstance(entry, Configuration)]
        assert versions == [1, 2, 2]


def test_a_killed_bridge_is_taken_over_and_nothing_is_lost_or_out_of_order(
    kafka: KafkaCluster,  # noqa: F811
    broker: Mosquitto,
    tmp_path: Path,
) -> None:
    with BridgedSite(tmp_path, kafka, broker.port, "kill.") as site, Field(broker.port, POINTS) as field:
        first, second = site.bridge("a").start(), site.bridge("b").spawn()
        _share(first, second)
        field.flow(0.002)
        assert eventually(lambda: second.metric("tocsin_readings_total") > 200), second.log
        # One of them is slow: it stands still again and again, for less than it takes to be taken for dead.
        nap = SystemClock()
        for _ in range(4):
            second.signal(signal.SIGSTOP)
            assert eventually(_after(0.7))
            second.signal(signal.SIGCONT)
            assert eventually(_after(0.3))
        held = first.holds(), second.holds()
        assert 0 not in held, "a slow bridge keeps its leases"
        counts = _counts(site)
        killed_s = nap.monotonic_s()
        first.kill()
        assert eventually(lambda: second.holds() == 5 and second.status("readyz") == 200, 45), second.log
        gone = {one.shard for one in site.readings()}
        assert eventually(lambda: all(_counts(site)[shard] > counts[shard] for shard in gone), 45)
        took_s = nap.monotonic_s() - killed_s
        # Beside much other work the machine is late with everything.
        free = os.getloadavg()[0] <= 2 * (os.cpu_count() or 1)
        assert took_s <= (10 if free else 30), f"taken over after {took_s:.1f} s"
        field.stop()
        sent = field.settle()
        assert _all_there(site, sent), second.log
        _check(site.readings(), sent)
        timeless = [one.value for one in site.readings() if one.measured_at_ms < 0]
        assert len(timeless) == len(set(timeless)), "a message without a time was taken twice"


def test_a_bridge_writes_the_copies_that_a_dead_one_did_not(
    kafka: KafkaCluster,  # noqa: F811
    broker: Mosquitto,
    tmp_path: Path,
) -> None:
    with BridgedSite(tmp_path, kafka, broker.port, "copies.") as site:
        configured = read_configuration(site.site)
        put_version(site.kafka, configured, kind="site", who="test", why="", at_ms=0, instead_of=0)
        number = {point: n for n, point in enumerate(configured.site.points)}
        shard, now_ms = partition_of("E1", 4), SystemClock().now_ms()

        def batch(at_ms: int, *points: str) -> Batch:
            return Batch.of((number[point], at_ms, at_ms % 97, Quality.GOOD) for point in points)

        written = [(batch(now_ms + i, "E1-P1", "E1-P3"), batch(now_ms + i, "E1-P1", "E1-P3")) for i in range(4)]
        writer = producer(site.kafka)
        for i, (whole, copy) in enumerate(written):
            entries = [(shard, Readings(now_ms + i, whole, "broker"))]
            if i < 2:  # Then it died.
                entries.append((4, Readings(now_ms + i, copy, f"broker/{shard}")))
            for to, entry in entries:
                topic, partition = site.topics.log_of(to)
                writer.produce(topic, encode(entry), partition=partition)
        assert writer.flush(20) == 0
        bridge = site.bridge("a").start()

        def copies() -> list[Readings]:
            return [entry for entry in site.entries(4) if isinstance(entry, Readings)]

        assert eventually(lambda: len(copies()) == 4), bridge.log
        assert [entry.batch for entry in copies()] == [copy for _, copy in written]
        assert {entry.source for entry in copies()} == {f"broker/{shard}"}
        assert bridge.stop() == 0
        bridge.start()
        publish(broker.port, [message("E1-P1", 99.5)])
        assert eventually(lambda: len(copies()) == 5), bridge.log
        assert len(site.readings([shard])) == 4 * 2 + 1


def test_a_bridge_that_was_taken_for_dead_writes_nothing_old_when_it_goes_on(
    kafka: KafkaCluster,  # noqa: F811
    broker: Mosquitto,
    tmp_path: Path,
) -> None:
    with (
        BridgedSite(tmp_path, kafka, broker.port, "zombie.", session_s=2) as site,
        Field(broker.port, POINTS, without_time=0) as field,
    ):
        first, second = site.bridge("a").start(), site.bridge("b").spawn()
        _share(first, second)
        field.flow(0.002)
        assert eventually(lambda: first.metric("tocsin_readings_total") > 200)
        first.signal(signal.SIGSTOP)
        assert eventually(lambda: second.holds() == 5, 15), second.log
        first.signal(signal.SIGCONT)
        _share(first, second)
        field.stop()
        sent = field.settle()
        assert _all_there(site, sent), first.log
        _check(site.readings(), sent)
        assert "leases_lost" in first.log
        # What the first one held when it was stopped came again to the second, which wrote it once.
        found = [(one.point, one.measured_at_ms) for one in site.readings()]
        assert len(found) - len(set(found)) <= 100, "a batch or two that was on its way to Kafka, no more"
        assert first.stop() == 0
        assert second.stop() == 0


def test_kafka_is_away_and_comes_back(
    kafka: KafkaCluster,  # noqa: F811
    broker: Mosquitto,
    tmp_path: Path,
) -> None:
    with (
        BridgedSite(tmp_path, kafka, broker.port, "away.", session_s=2) as site,
        Field(broker.port, POINTS) as field,
    ):
        bridge = site.bridge("a").start()
        field.flow(0.002)
        assert eventually(lambda: bridge.metric("tocsin_readings_total") > 200), bridge.log
        kafka.kill()
        try:
            confirmed = len(field.confirmed)
            assert eventually(lambda: len(field.confirmed) > confirmed + 200), "the broker goes on"
            assert eventually(lambda: bridge.holds() == 0, 15), bridge.log
            assert eventually(lambda: "does not answer" in bridge.get("readyz")[1], 15), bridge.get("readyz")
            assert bridge.status("healthz") == 200
        finally:
            kafka.start()
        assert eventually(lambda: bridge.holds() == 5 and bridge.status("readyz") == 200, 40), bridge.log
        field.stop()
        sent = field.settle()
        assert _all_there(site, sent), bridge.log
        _check(site.readings(), sent)
        kafka.kill()  # for good: this is the last test of the file
        assert bridge.stop() in (0, 1), "it ends all the same, and what is not Kafka's comes again"


def _share(first: BridgeProcess, second: BridgeProcess) -> None:
    def shared() -> bool:
        held = sorted((first.holds(), second.holds()))
        return held == [2, 3] and first.status("readyz") == second.status("readyz") == 200

    assert eventually(shared, 30), f"{first.log}\n{second.log}"


def _after(seconds: float) -> "_Span":
    return _Span(seconds)


class _Span:
    """True once so much time has passed: for letting a process stand still for a known time."""

    def __init__(self, seconds: float) -> None:
        self._clock = SystemClock()
        self._until_s = self._clock.monotonic_s() + seconds

    def __call__(self) -> bool:
        return self._clock.monotonic_s() >= self._until_s


def _counts(site: BridgedSite) -> dict[int, int]:
    counts: dict[int, int] = defaultdict(int)
    for one in site.readings():
        counts[one.shard] += 1
    return counts


def _all_there(site: BridgedSite, sent: list[Sent]) -> bool:
    wanted = {(one.point, one.value) for one in sent}
    return eventually(lambda: wanted <= {(one.point, one.value) for one in site.readings()}, 30)


def _check(found: list[Taken], sent: list[Sent]) -> None:
    """Each device's readings stand in the order in which it sent them; what came twice, where it stood first."""
    first: dict[str, dict[float, None]] = defaultdict(dict)
    for one in found:
        first[one.point].setdefault(one.value)
        assert one.shard == partition_of(one.point[:2], 4)
    wanted: dict[str, list[float]] = defaultdict(list)
    for reading in sent:
        wanted[reading.point].append(reading.value)
    for point, values in wanted.items():
        assert list(first[point]) == values, f"{point}: {len(first[point])} found, {len(values)} sent"
