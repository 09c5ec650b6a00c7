"""What a lease makes of entries, over a producer that confirms when the test says so."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.bridges import VOTE_RULE, write_site
from support.live import LIMIT_RULE

from plant.batch import Batch
from plant.entries import Configuration, Entry, OperatorAction, Readings, SourceDown, SourceUp, Tick
from plant.registry import PointRegistry
from tocsin.bridge.metrics import BridgeMetrics
from tocsin.bridge.producing import Record
from tocsin.bridge.shard_writer import ShardWriter
from tocsin.configuration import read_configuration
from tocsin.kafka.client import RECORD_BYTES
from tocsin.kafka.division import Division, partition_of
from tocsin.kafka.records import decode
from tocsin.kafka.topics import Topics
from tocsin.runtime.work import Work

N = 4
T_MS = 1_732_190_000_000


class Clock:
    def __init__(self) -> None:
        self.ms = T_MS

    def now_ms(self) -> int:
        return self.ms

    def monotonic_s(self) -> float:
        return self.ms / 1000


class Kafka:
    """Stands for tocsin.bridge.producing.Producing."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def put(self, record: Record) -> None:
        self.records.append(record)

    def confirm(self, *which: int) -> None:
        for at in which or range(len(self.records)):
            self.records[at].confirmed(100 + at, 0.001)

    def entries(self, topic: str, partition: int = 0) -> list[Entry]:
        return [decode(record.value) for record in self.records if record.place == (topic, partition)]


class World:
    def __init__(self, folder: Path, unit: int) -> None:
        write_site(folder, LIMIT_RULE + VOTE_RULE)
        configured = read_configuration(folder)
        self.registry = PointRegistry(configured.site.points)
        self.division = Division(configured.site, configured.rules, self.registry, N)
        self.clock, self.kafka = Clock(), Kafka()
        kafka: Any = self.kafka
        self.writer = ShardWriter(unit, Topics("", N), self.division, kafka, self.clock, BridgeMetrics())
        self.done: list[str] = []

    def batch(self, *points: str, source: str = "b") -> Readings:
        return Readings(self.clock.ms, Batch.of([(self.registry.numbers[p], T_MS, 1.0, 0) for p in points]), source)

    def submit(self, entry: Entry, name: str = "", size: int = 0) -> None:
        self.writer.submit(
            Work(entry, size, lambda: self.done.append(f"{name} durable"), lambda p: self.done.append(f"{name} {p}"))
        )


@pytest.fixture
def rest(tmp_path: Path) -> World:
    return World(tmp_path / "site", N)


@pytest.fixture
def mine(tmp_path: Path) -> World:
    """The lease of E1's partition."""
    return World(tmp_path / "site", _shard_of_e1())


def _shard_of_e1() -> int:
    return partition_of("E1", N)


def test_work_is_durable_once_all_its_records_are_and_in_its_order(mine: World) -> None:
    mine.submit(mine.batch("E1-P1"), "first", 10)
    mine.submit(mine.batch("E1-P2"), "second", 20)
    # One record in the partition and one in the second stage for each.
    assert len(mine.kafka.records) == 4
    assert mine.writer.waiting_bytes == 30
    mine.kafka.confirm(2, 3)
    assert mine.done == []
    mine.kafka.confirm(0)
    assert mine.done == []
    mine.kafka.confirm(1)
    assert mine.done == ["first durable", "first 101", "second durable", "second 103"]
    assert mine.writer.waiting_bytes == 0
    assert not mine.writer.is_busy


def test_an_empty_batch_is_acknowledged_after_what_came_before_it(mine: World) -> None:
    mine.submit(mine.batch(), "nothing")
    assert mine.done == ["nothing durable", "nothing -1"]
    mine.submit(mine.batch("E1-P1"), "something")
    mine.submit(mine.batch(), "nothing")
    assert len(mine.done) == 2
    mine.kafka.confirm()
    assert mine.done[2:] == ["something durable", "something 101", "nothing durable", "nothing -1"]


def test_times_of_a_shard_are_strictly_increasing(mine: World) -> None:
    for back_ms in (0, 0, 5, -2):
        mine.clock.ms = T_MS - back_ms
        mine.submit(mine.batch("E1-P1"))
    times = [entry.received_at_ms for entry in mine.kafka.entries("readings", _shard_of_e1())]
    assert times == [T_MS, T_MS + 1, T_MS + 2, T_MS + 3]
    assert [record.at_ms for record in mine.kafka.records[::2]] == times


def test_connections_are_told_apart_in_the_second_stage(mine: World, tmp_path: Path) -> None:
    own = _shard_of_e1()
    for entry in (SourceUp(T_MS, "b"), SourceDown(T_MS + 1, "b", "gone")):
        mine.submit(entry)
    assert {record.place for record in mine.kafka.records} == {("readings", own), ("spanning", 0)}
    assert mine.kafka.entries("readings", own) == [SourceUp(T_MS, "b"), SourceDown(T_MS + 1, "b", "gone")]
    assert mine.kafka.entries("spanning")[0] == SourceUp(T_MS, f"b/{own}")
    rest = World(tmp_path / "again", N)
    rest.submit(SourceUp(T_MS, "b/rest"))
    assert [decode(record.value) for record in rest.kafka.records] == [SourceUp(T_MS, "b/rest")] * (N + 1)


def test_the_rest_goes_where_its_points_belong(rest: World) -> None:
    rest.submit(rest.batch("E1-P1", "E5-P1", "E6-P1", source="b/rest"))
    found = {record.place: decode(record.value) for record in rest.kafka.records}
    shards = {rest.division.shard_of(name) for name in ("E1", "E5", "E6")}
    assert set(found) == {("readings", shard) for shard in shards} | {("spanning", 0)}
    assert {entry.source for entry in found.values()} == {"b/rest"}  # type: ignore[union-attr]


def test_a_tick_is_written_after_a_second_of_silence_and_never_while_kafka_is_silent(mine: World) -> None:
    own = _shard_of_e1()
    mine.submit(Configuration(T_MS, "site", "d", version=1))
    mine.clock.ms += 5_000
    mine.writer.tick()
    assert len(mine.kafka.records) == 1, "something is on its way"
    mine.kafka.confirm(0)
    mine.writer.tick()
    assert mine.kafka.entries("readings", own)[1:] == [Tick(T_MS + 5_000)]
    mine.kafka.confirm(1)
    mine.clock.ms += 999
    mine.writer.tick()
    assert len(mine.kafka.records) == 2
    mine.clock.ms += 1
    mine.writer.tick()
    assert len(mine.kafka.records) == 3
    assert mine.kafka.entries("spanning") == []


def test_a_batch_too_large_for_a_record_is_cut_and_its_keys_stand_with_the_last_part(mine: World) -> None:
    n = 2 * RECORD_BYTES // 21
    number = mine.registry.numbers["E1-P1"]
    batch = Batch(np.full(n, number, np.uint32), np.arange(n, dtype=np.int64), np.zeros(n), np.ones(n, np.uint8))
    mine.submit(Readings(T_MS, batch, "b", (1, 2)), "large")
    parts = mine.kafka.entries("readings", _shard_of_e1())
    assert all(len(record.value) < RECORD_BYTES for record in mine.kafka.records)
    assert len(parts) == 4
    assert all(isinstance(part, Readings) for part in parts)
    assert np.array_equal(np.concatenate([part.batch.measured_at_ms for part in parts]), batch.measured_at_ms)  # type: ignore[union-attr]
    assert [part.redelivery_keys for part in parts] == [(), (), (), (1, 2)]  # type: ignore[union-attr]
    assert [part.received_at_ms for part in parts] == [T_MS + i for i in range(4)]
    mine.kafka.confirm(*range(1, len(mine.kafka.records)))
    assert mine.done == []
    mine.kafka.confirm(0)
    assert mine.done[0] == "large durable"


def test_a_lost_lease_acknowledges_nothing(mine: World) -> None:
    mine.submit(mine.batch("E1-P1"), "lost", 10)
    assert mine.kafka.records[0].wanted()
    mine.writer.drop()
    assert not mine.kafka.records[0].wanted()
    mine.kafka.confirm()
    assert mine.done == []
    assert mine.writer.waiting_bytes == 0
    mine.submit(mine.batch("E1-P1"), "after", 10)
    assert not mine.kafka.records[-1].wanted()


def test_what_no_device_says_is_no_business_of_a_bridge(mine: World) -> None:
    with pytest.raises(ValueError, match="does not come from the field"):
        mine.submit(OperatorAction(T_MS, "acknowledge", "a", "li"))


def test_a_name_that_cant_be_written_holds_up_nothing(mine: World) -> None:
    mine.submit(SourceDown(T_MS, "b", "\ud800"), "odd")
    assert mine.done == ["odd durable", "odd -1"]
