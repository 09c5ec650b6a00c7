"""What every log must do, run on each adapter."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from support.entries import T0_MS, one_of_each, readings
from support.kafka import shared_kafka

from plant.entries import Tick
from tocsin.log.journal import Journal
from tocsin.log.memory import MemoryLog

if TYPE_CHECKING:
    from support.kafka_log import KafkaLog

    AnyLog = Journal | MemoryLog | KafkaLog


@pytest.fixture(params=["memory", "journal", "journal of small segments", "kafka"])
def make_log(request: pytest.FixtureRequest, tmp_path: Path) -> "Iterator[Callable[[], AnyLog]]":
    made: list[AnyLog] = []

    def make() -> "AnyLog":
        if request.param == "memory":
            made.append(MemoryLog())
        elif request.param == "kafka":
            cluster = shared_kafka()
            from support.kafka_log import KafkaLog

            made.append(KafkaLog(cluster.settings(f"{uuid4().hex}.", 1)))
        else:
            bound = 600 if "small" in request.param else 1 << 20
            made.append(Journal.open(tmp_path / "journal", segment_bytes=bound))
        return made[-1]

    yield make
    for log in made:
        log.close()


@pytest.fixture
def log(make_log: "Callable[[], AnyLog]") -> "AnyLog":
    return make_log()


def test_a_new_log_is_empty(log: "AnyLog") -> None:
    assert (log.first, log.end, log.last_received_at_ms) == (0, 0, None)
    assert list(log.read(0)) == []
    assert log.position_at(0) == 0


def test_entries_come_back_as_they_went_in(log: "AnyLog") -> None:
    # Each with a time of its own: Kafka's logs keep apart what others leave at one time.
    written = [replace(entry, received_at_ms=T0_MS + i) for i, entry in enumerate(one_of_each())]
    assert log.append(written[:3]) == 0
    assert log.append(written[3:]) == 3
    assert (log.first, log.end) == (0, len(written))
    assert list(log.read(0)) == list(enumerate(written))


def test_nothing_appended_is_nothing_written(log: "AnyLog") -> None:
    log.append([Tick(T0_MS)])
    assert log.append([]) == 1
    assert log.end == 1


@pytest.mark.parametrize(
    ("start", "stop"), [(0, 3), (4, 9), (9, None), (10, None), (5, 5), (7, 2), (0, 99), (50, None)]
)
def test_a_stretch_is_read(log: "AnyLog", start: int, stop: int | None) -> None:
    written = [readings(T0_MS + i, n=5, seed=i) for i in range(10)]
    for entry in written:
        log.append([entry])
    assert list(log.read(start, stop)) == list(enumerate(written))[start:stop]


def test_reading_stops_at_the_end_as_it_was(log: "AnyLog") -> None:
    log.append([Tick(T0_MS)])
    going = log.read(0)
    log.append([Tick(T0_MS + 1)])
    assert [position for position, _ in going] == [0]
    assert [position for position, _ in log.read(0)] == [0, 1]


def test_received_at_never_decreases(log: "AnyLog", request: pytest.FixtureRequest) -> None:
    log.append([Tick(T0_MS + 10), Tick(T0_MS + 5)])
    log.append([readings(T0_MS), Tick(T0_MS + 20)])
    times = [entry.received_at_ms - T0_MS for _, entry in log.read(0)]
    assert times == ([10, 11, 12, 20] if request.node.callspec.params["make_log"] == "kafka" else [10, 10, 10, 20])
    assert log.last_received_at_ms == T0_MS + 20


def test_a_late_entry_keeps_what_it_says(log: "AnyLog") -> None:
    log.append([Tick(T0_MS + 10)])
    late = readings(T0_MS)
    log.append([late])
    [(_, entry)] = log.read(1)
    assert entry.batch == late.batch  # type: ignore[union-attr]


def test_a_time_is_found(log: "AnyLog") -> None:
    for i in range(40):
        log.append([readings(T0_MS + 10 * (i // 2), n=4, seed=i)])
    taken = list(log.read(0))
    for ms in range(-5, 215):
        expected = next((p for p, entry in taken if entry.received_at_ms >= T0_MS + ms), log.end)
        assert log.position_at(T0_MS + ms) == expected


def test_what_was_dropped_is_said_to_be_gone(log: "AnyLog") -> None:
    for i in range(40):
        log.append([readings(T0_MS + i, n=10, seed=i)])
    log.drop_before(T0_MS + 30, keep_from=25)
    assert log.first <= 25
    if log.first:
        with pytest.raises(LookupError, match="no longer kept"):
            log.read(log.first - 1)
    assert [position for position, _ in log.read(log.first)] == list(range(log.first, 40))


def test_a_closed_log_takes_nothing(log: "AnyLog") -> None:
    log.close()
    log.close()
    with pytest.raises(ValueError, match="closed"):
        log.append([Tick(T0_MS)])
