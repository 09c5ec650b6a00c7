"""A partition as a log on a real Kafka, beyond the port's contract: poison, times, a damaged disk, brokers that go."""

from uuid import uuid4

import pytest
from support.entries import T0_MS, readings
from support.kafka import KafkaCluster
from support.kafka import kafka as kafka  # a fixture

from plant.entries import Entry, Tick
from tocsin.kafka.client import producer
from tocsin.kafka.errors import KafkaAwayError, KafkaTopicError
from tocsin.kafka.partition_log import PartitionLog, Poison
from tocsin.kafka.records import encode
from tocsin.kafka.topics import LogPlace, Topics
from tocsin.settings.kafka import KafkaSettings


def write(settings: KafkaSettings, *values: bytes | None, at_ms: int = T0_MS) -> None:
    """Records in the order given, each a second later."""
    writer = producer(settings)
    for i, value in enumerate(values):
        writer.produce(Topics.of(settings).readings, value, partition=0, timestamp=at_ms + 1000 * i)
    assert writer.flush(20) == 0


def times(log: PartitionLog, start: int = 0, last_ms: int | None = None) -> list[int]:
    return [entry.received_at_ms - T0_MS for _, entry in log.read(start, last_ms=last_ms)]


@pytest.fixture
def settings(kafka: KafkaCluster) -> KafkaSettings:
    return kafka.topics(f"{uuid4().hex}.", 2)


@pytest.fixture
def place(settings: KafkaSettings) -> LogPlace:
    return LogPlace(Topics.of(settings).readings, 0)


def test_poison_stands_as_a_tick_and_is_told(settings: KafkaSettings, place: LogPlace) -> None:
    good = readings(T0_MS + 5)
    write(settings, b"\xff\x00", encode(good), b"not a record", None, encode(Tick(2**60)), encode(Tick(T0_MS + 99)))
    told: list[Poison] = []
    with PartitionLog(settings, place, on_poison=told.append) as log:
        entries = [entry for _, entry in log.read(0)]
    assert entries == [
        Tick(T0_MS), good, Tick(T0_MS + 6), Tick(T0_MS + 7), Tick(T0_MS + 8), Tick(T0_MS + 99),
    ]  # fmt: skip
    assert [(poison.offset, poison.value) for poison in told[:3]] == [(0, b"\xff\x00"), (2, b"not a record"), (3, None)]
    assert [poison.place for poison in told] == [place] * 4
    assert "MessagePack" in told[0].reason
    assert "is no time" in told[3].reason


def test_times_increase_and_go_on_from_a_given_one(settings: KafkaSettings, place: LogPlace) -> None:
    write(settings, *(encode(Tick(T0_MS + at)) for at in (10, 10, 3, 11, 50, 49, 51)))
    with PartitionLog(settings, place) as log:
        whole = times(log)
        assert whole == [10, 11, 12, 13, 50, 51, 52]
        for start in range(1, 7):
            assert times(log, start, T0_MS + whole[start - 1]) == whole[start:]


def test_who_goes_on_where_it_was_reads_each_entry_once(settings: KafkaSettings, place: LogPlace) -> None:
    with PartitionLog(settings, place) as log:
        at, taken = 0, list[tuple[int, Entry]]()
        for i in range(5):
            written = [readings(T0_MS + 10 * i + j, seed=j) for j in range(3)]
            write(settings, *map(encode, written))
            new = list(log.read(at))
            assert [entry for _, entry in new] == written
            taken += new
            at = log.end
        assert taken == list(log.read(0))


def test_two_reads_at_once_do_not_meet(settings: KafkaSettings, place: LogPlace) -> None:
    write(settings, *(encode(Tick(T0_MS + i)) for i in range(20)))
    with PartitionLog(settings, place) as log:
        one, other = log.read(0), log.read(10)
        seen = [(next(one)[0], next(other)[0]) for _ in range(10)]
        assert seen == [(i, i + 10) for i in range(10)]
        half = log.read(5)
        next(half)
        half.close()  # type: ignore[attr-defined]
        assert [position for position, _ in log.read(5)] == list(range(5, 20))


def test_partitions_and_topics_do_not_mix(settings: KafkaSettings, place: LogPlace) -> None:
    write(settings, encode(Tick(T0_MS)))
    with PartitionLog(settings, LogPlace(place.topic, 1)) as other:
        assert (other.first, other.end) == (0, 0)
    with PartitionLog(settings, LogPlace("nothing", 0), timeout_s=5) as log, pytest.raises(KafkaTopicError):
        _ = log.end
    with PartitionLog(settings, LogPlace(place.topic, 9), timeout_s=5) as log, pytest.raises(KafkaTopicError):
        list(log.read(0))


def test_a_time_beyond_the_end_is_the_end(settings: KafkaSettings, place: LogPlace) -> None:
    write(settings, *(encode(Tick(T0_MS + 1000 * i)) for i in range(5)))
    with PartitionLog(settings, place) as log:
        assert [log.position_at(T0_MS + at) for at in (-1, 0, 1, 1000, 4000, 4001)] == [0, 0, 1, 1, 4, 5]


def test_a_broker_that_goes_and_comes_back(kafka: KafkaCluster, settings: KafkaSettings, place: LogPlace) -> None:
    """And what its disk has lost: a record whose checksum is wrong is told, and stands as a tick."""
    told: list[Poison] = []
    with PartitionLog(settings, place, on_poison=told.append, timeout_s=40) as log:
        written = [readings(T0_MS + 10 * i, n=50, seed=i) for i in range(4)]
        for entry in written:
            write(settings, encode(entry))
        going = log.read(0)
        assert next(going)[0] == 0
        assert log.end == 4
        kafka.stop()
        kafka.damage(*place, 2)
        quick = PartitionLog(settings, place, timeout_s=0.5)
        with pytest.raises(KafkaAwayError, match="has not answered"):
            _ = quick.end
        quick.close()
        kafka.start()
        entries = dict(log.read(0))
        assert entries == {**dict(enumerate(written)), 2: Tick(T0_MS + 11)}
    assert [(poison.offset, poison.value) for poison in told] == [(2, None)]
    assert "CRC" in told[0].reason
