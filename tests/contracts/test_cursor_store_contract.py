"""Wherever a follower keeps its cursor, what was saved last is what the next one loads."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from support.kafka import KafkaCluster, kafka

from plant.batch import Batch
from plant.entries import Readings, Tick
from tocsin.cluster.commits import MOST_BYTES, Commits, ReadingCursors, RollUpStates, StateCursors
from tocsin.followers.cursor import Cursor, CursorFile, CursorStore
from tocsin.history.rollup import RollUps
from tocsin.history.rollup_state import RollUpFile, RollUpState
from tocsin.history.states.follower import StateCursor, StateFile
from tocsin.kafka.client import producer
from tocsin.kafka.followed_log import FollowedLog
from tocsin.kafka.partition_log import PartitionLog
from tocsin.kafka.records import encode
from tocsin.kafka.topics import LogPlace, Topics
from tocsin.settings.kafka import KafkaSettings

__all__ = ["kafka"]

T0 = 1_732_190_400_000


@pytest.fixture(scope="module")
def settings(kafka: KafkaCluster) -> KafkaSettings:
    return kafka.topics("cursors.", 2)


def followed(settings: KafkaSettings) -> FollowedLog:
    return FollowedLog(PartitionLog(settings, Topics.of(settings).log_of(0)))


def commits(settings: KafkaSettings, tmp_path: Path) -> Commits:
    return Commits(settings, f"g-{tmp_path.name}")


Makes = Callable[[], tuple[CursorStore[Cursor], CursorStore[RollUpState], CursorStore[StateCursor]]]
"""The three stores of one place; a second call opens the same as another process would."""


@pytest.fixture(params=["files", "kafka"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Makes]:
    if request.param == "files":
        yield lambda: (
            CursorFile(tmp_path / "influx.cursor"),
            RollUpFile(tmp_path / "rollups.state"),
            StateFile(tmp_path / "states.cursor"),
        )
        return
    given: KafkaSettings = request.getfixturevalue("settings")
    groups = [Commits(given, f"{name}-{tmp_path.name}") for name in ("influx", "rollups", "states")]
    logs: list[FollowedLog] = []

    def make() -> tuple[CursorStore[Cursor], CursorStore[RollUpState], CursorStore[StateCursor]]:
        logs.extend([followed(given), followed(given)])
        return (
            ReadingCursors(groups[0], logs[-2]),
            RollUpStates(groups[1], logs[-1]),
            StateCursors(groups[2], LogPlace(Topics.of(given).readings, 0)),
        )

    yield make
    for group in groups:
        group.close()
    for log in logs:
        log.close()


def test_what_was_saved_last_is_loaded_by_the_next_one(stores: Makes) -> None:
    assert [store.load() for store in stores()] == [None, None, None]
    readings, rollups, states = stores()
    for cursor in (Cursor(5, 2, "d"), Cursor(7_000_000_000, 3, "digest " * 9)):
        readings.save(cursor)
        assert stores()[0].load() == cursor
    for state in (
        RollUpState(3, 9, "", 0, 0),
        RollUpState(9, 12, "d", T0, T0 - 60_000, [(1, T0), (7, T0 + 3_600_000)]),
    ):
        rollups.save(state)
        loaded = stores()[1].load()
        assert loaded is not None
        assert (loaded.position, loaded.done, loaded.site) == (state.position, state.done, state.site)
        assert (loaded.closed_ms, loaded.whole_from_ms, loaded.late) == (
            state.closed_ms,
            state.whole_from_ms,
            state.late,
        )
    for place in (StateCursor(1, 2, 3), StateCursor(2, 2, T0)):
        states.save(place)
        assert stores()[2].load() == place


def test_a_cursor_may_go_back(stores: Makes) -> None:
    readings = stores()[0]
    readings.save(Cursor(9, 1, ""))
    readings.save(Cursor(4, 0, ""))
    assert stores()[0].load() == Cursor(4, 0, "")


def half_made() -> RollUpState:
    rollups = RollUps(T0)
    rollups.take(5, Readings(T0 + 1, Batch.of([(0, T0 + 1, 1.0, 0)])))
    rollups.close(T0 + 60_000)
    return RollUpState.of(rollups, 6, "d")


def test_a_half_made_hour_is_kept_by_the_follower_itself_alone(settings: KafkaSettings, tmp_path: Path) -> None:
    group, log = commits(settings, tmp_path), followed(settings)
    store = RollUpStates(group, log)
    whole = RollUpState(3, 3, "d", T0, T0)
    store.save(whole)
    store.save(half_made())
    own = store.load()
    assert own is not None
    assert own.done == 6
    taken_over = RollUpStates(group, log).load()
    assert taken_over is not None
    assert taken_over.done == 3
    store.save(RollUpState(8, 8, "d", T0, T0, [(n, T0) for n in range(MOST_BYTES)]))
    assert RollUpStates(group, log).load() == taken_over, "too much for a commit: the last one stays"
    group.close()
    log.close()


def test_a_commit_that_is_no_cursor_is_said(settings: KafkaSettings, tmp_path: Path) -> None:
    group, log = commits(settings, tmp_path), followed(settings)
    group.save(log.place, 4, '{"torn')
    with pytest.raises(ValueError, match="no cursor"):
        ReadingCursors(group, log).load()
    with pytest.raises(OSError, match="metadata"):
        group.save(log.place, 4, "x" * 5_000)
    group.close()
    log.close()


def test_who_takes_over_takes_entries_at_the_same_times(settings: KafkaSettings, tmp_path: Path) -> None:
    """Two writers with clocks that differ: what the second wrote is taken 1 ms apart, from wherever it is read."""
    place = Topics.of(settings).log_of(1)
    writer = producer(settings)
    times = [T0 + n for n in range(50)] + [T0 - 5_000 + n for n in range(50)] + [T0 + 20 + n for n in range(100)]
    for at_ms in times:
        writer.produce(place.topic, encode(Tick(at_ms)), partition=1, timestamp=at_ms)
    assert writer.flush(10) == 0
    group = commits(settings, tmp_path)
    with FollowedLog(PartitionLog(settings, place)) as first:
        whole = [entry.received_at_ms for _, entry in first.read(0)]
        assert (np.diff(whole) > 0).all()
        assert whole[60] > times[60]
    for stop in (1, 49, 60, 130):
        with FollowedLog(PartitionLog(settings, place)) as before:
            read = before.read(0)
            assert [next(read)[0] for _ in range(stop)] == list(range(stop))
            # Left in its middle; the next read goes on there, or anywhere else.
            assert next(before.read(stop, stop + 5))[1].received_at_ms == whole[stop]
            assert next(before.read(0, 5))[1].received_at_ms == whole[0]
            ReadingCursors(group, before).save(Cursor(stop, 0, ""))
        with FollowedLog(PartitionLog(settings, place)) as after:
            assert ReadingCursors(group, after).load() == Cursor(stop, 0, "")
            assert [entry.received_at_ms for _, entry in after.read(stop)] == whole[stop:]
    with FollowedLog(PartitionLog(settings, place)) as log, pytest.raises(StopIteration):
        next(log.read(len(times)))
    group.close()
