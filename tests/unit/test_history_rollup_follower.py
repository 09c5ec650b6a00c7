"""The roll-up follower's troubles: a store that can't be read, a torn state, a log that is another one, a lost part."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support.rolled import LineTable, StoredInMemory
from support.waiting import eventually

from plant.batch import Batch
from plant.entries import Readings, Tick
from tocsin.clock import SystemClock
from tocsin.followers.influx import InfluxSettings, PointPrefixes
from tocsin.history.buckets import HOUR_MS, MINUTE_MS
from tocsin.history.remake import StoredRows
from tocsin.history.rollup_follower import RollUpFollower
from tocsin.log.memory import MemoryLog

START_MS = 1_732_190_400_000 // HOUR_MS * HOUR_MS


class Bench:
    """A log, a store, and followers on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = MemoryLog()
        self.written: Callable[[], int] = lambda: self.log.end
        self.minutes, self.hours = LineTable(), LineTable()
        self.stored = StoredInMemory()

    def follower(self, stored: StoredRows | None = None) -> RollUpFollower:
        settings = InfluxSettings(
            url="http://a",
            org="o",
            bucket="b",
            token_file=Path("t"),
            raw_days=30,
            backoff_min_s=0.01,
            backoff_max_s=0.02,
        )
        return RollUpFollower(
            self.log,
            self.written,
            self.minutes,
            self.hours,
            stored or self.stored,
            lambda _, name: PointPrefixes(["P0", "P1"], None, name),
            self.folder,
            SystemClock(),
            settings,
        )

    def read(self, at_ms: int, *rows: tuple[int, int, float]) -> None:
        """An entry of good readings (point, time, value); without any, a tick."""
        entry = Readings(at_ms, Batch.of([(p, t, v, 0) for p, t, v in rows])) if rows else Tick(at_ms)
        self.log.append([entry])
        self.stored.entries.append(entry)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_what_came_late_waits_for_the_store_and_holds_up_nothing(bench: Bench) -> None:
    follower = bench.follower()
    bench.read(START_MS + 1_000, (0, START_MS, 1.0))
    bench.read(START_MS + 80_000, (0, START_MS + 500, 3.0))
    bench.read(START_MS + 90_000, (1, START_MS + 2_000, 5.0))
    bench.stored.away = True
    bench.read(START_MS + 200_000)
    follower.start()
    assert eventually(lambda: "can't be rolled up" in follower.status().trouble)
    assert bench.minutes.table()[0, START_MS]["count"] == 1, "the rest is written all the same"
    assert not follower.is_idle
    bench.stored.away = False
    bench.read(START_MS + 300_000)
    assert eventually(lambda: follower.is_idle and follower.status().position == bench.log.end)
    follower.stop()
    assert bench.minutes.table()[0, START_MS] == {
        "readings": 2,
        "bad": 0,
        "count": 2,
        "mean": 2.0,
        "min": 1.0,
        "max": 3.0,
        "last": 3.0,
        "sum": 4.0,
    }
    assert bench.minutes.table()[1, START_MS]["count"] == 1
    assert follower.status().trouble == ""


def test_it_goes_no_further_than_the_raw_readings(bench: Bench) -> None:
    bench.read(START_MS + 1_000, (0, START_MS, 1.0))
    bench.read(START_MS + 200_000)
    position = [0]
    bench.written = lambda: position[0]
    follower = bench.follower()
    follower.start()
    assert follower.status().lag_entries == 2
    assert not bench.minutes.taken.wait(0.2)
    position[0] = 2
    assert bench.minutes.taken.wait(10)
    follower.stop()


def test_minutes_of_which_the_beginning_was_not_seen_are_left_out(bench: Bench) -> None:
    bench.read(START_MS + 30_000, (0, START_MS + 29_000, 1.0))
    follower = bench.follower()  # the log so far is no business of its
    bench.read(START_MS + 31_000, (0, START_MS + 30_000, 2.0))
    bench.read(START_MS + HOUR_MS + 5_000, (0, START_MS + HOUR_MS + 4_000, 3.0))
    bench.read(START_MS + HOUR_MS + 2 * MINUTE_MS)
    follower.start()
    assert eventually(lambda: follower.status().position == bench.log.end and follower.is_idle)
    follower.stop()
    assert set(bench.minutes.table()) == {(0, START_MS + HOUR_MS)}
    assert bench.hours.table() == {}


@pytest.mark.parametrize("torn", [b"", b"nonsense", b"\x81\xa1a\x01"])
def test_a_torn_state_means_starting_over_behind_the_raw_readings(bench: Bench, torn: bytes) -> None:
    (bench.folder / "rollups.state").write_bytes(torn)
    bench.written = lambda: 0
    follower = bench.follower()
    assert follower.status().position == 0
    follower.stop()


def test_a_log_that_was_restored_is_rolled_up_anew(bench: Bench) -> None:
    for second in range(0, 300, 60):
        bench.read(START_MS + second * 1000, (0, START_MS + second * 1000, 1.0))
    bench.written = lambda: 0
    follower = bench.follower()
    bench.written = lambda: bench.log.end
    follower._written = bench.written
    follower.start()
    assert eventually(lambda: follower.status().position == bench.log.end and follower.is_idle)
    follower.stop()
    other = Bench(bench.folder)
    other.read(START_MS + 1_000, (1, START_MS, 7.0))
    other.written = lambda: 0
    anew = other.follower()
    assert anew.status().position == 0
    anew.stop()


def test_an_hour_of_which_raw_readings_may_have_expired_is_not_made_of_the_rest(bench: Bench) -> None:
    follower = bench.follower()
    bench.read(START_MS + 1_000, (0, START_MS, 1.0))
    bench.read(START_MS + 90_000, (0, START_MS - 31 * 24 * HOUR_MS, 9.0))
    bench.read(START_MS + 200_000)
    follower.start()
    assert eventually(lambda: follower.is_idle and follower.status().position == bench.log.end)
    follower.stop()
    assert set(bench.minutes.table()) == {(0, START_MS)}
    assert bench.stored.asked == 0
