"""Roll-ups equal what the raw readings come to, whatever comes late, twice or ahead, and however it is restarted."""

import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from support.rolled import LineTable, StoredInMemory, assert_same, expected

from plant.batch import Batch
from plant.entries import Configuration, Entry, Readings, Tick
from tocsin.clock import SystemClock
from tocsin.followers.influx import InfluxSettings, PointPrefixes
from tocsin.history.buckets import HOUR_MS, MINUTE_MS
from tocsin.history.rollup_follower import RollUpFollower
from tocsin.log.memory import MemoryLog

START_MS = 1_732_190_400_000 // HOUR_MS * HOUR_MS
IDS = [f"P{n}" for n in range(4)]


class KilledError(Exception):
    """In place of a kill -9: nothing after it happens."""


class KilledSink(LineTable):
    left = 10**9

    def write(self, lines: Sequence[str]) -> None:
        if self.left <= 0:
            raise KilledError
        self.left -= 1
        super().write(lines)


# Mostly in time; sometimes late by up to two hours, a minute ahead, twice the same, or of no use.
delays = st.one_of(st.integers(-70_000, 5_000), st.integers(-70_000, 2 * HOUR_MS), st.sampled_from([0, MINUTE_MS]))
values = st.one_of(st.floats(-1e6, 1e6), st.just(float("nan")), st.sampled_from([1.0, 2.0]))
reading = st.tuples(st.integers(0, 3), delays, values, st.sampled_from([0, 0, 0, 1, 2, 128]))
step = st.tuples(st.integers(1, 90_000), st.lists(reading, max_size=6), st.booleans())


def log_of(steps: list[tuple[int, list[tuple[int, int, float, int]], bool]]) -> MemoryLog:
    log, now = MemoryLog(), START_MS + 1_234
    kept: list[list[tuple[int, int, float, int]]] = []
    entries: list[Entry] = [Configuration(now, "site", "one")]
    for gap, readings, again in steps:
        now += gap
        rows = [(p, now - delay, value, quality) for p, delay, value, quality in readings]
        if again and kept:
            rows += kept[-1]
        kept.append(rows)
        entries.append(Readings(now, Batch.of(rows)) if rows else Tick(now))
    entries.append(Tick(now + 2 * HOUR_MS))
    log.append(entries)
    return log


def drive(log: MemoryLog, kills: list[int]) -> tuple[KilledSink, KilledSink, StoredInMemory]:
    minutes, hours = KilledSink(), KilledSink()
    stored = StoredInMemory(log.read(0))
    rng = random.Random(len(kills))
    written = [0]
    with tempfile.TemporaryDirectory() as folder:
        for budget in [*kills, 10**9]:
            minutes.left = hours.left = budget
            follower = RollUpFollower(
                log,
                lambda: written[0],
                minutes,
                hours,
                stored,
                lambda _, name: PointPrefixes(IDS, None, name),
                Path(folder),
                SystemClock(),
                InfluxSettings(url="http://a", org="o", bucket="b", token_file=Path("t"), batch_lines=3),
            )
            written[0] = log.end if budget == 10**9 else rng.randint(written[0], log.end)
            try:
                while follower._step():
                    pass
            except KilledError:
                continue
    return minutes, hours, stored


@settings(max_examples=60, deadline=None)
@given(st.lists(step, min_size=1, max_size=60), st.lists(st.integers(0, 25), max_size=4))
def test_roll_ups_equal_an_aggregate_over_the_raw_readings(steps: list, kills: list[int]) -> None:  # type: ignore[type-arg]
    log = log_of(steps)
    minutes, hours, stored = drive(log, kills)
    raw = stored.all()
    before = next(iter(log.read(log.end - 1)))[1].received_at_ms - 10_000
    assert_same(minutes.table(), expected(raw, MINUTE_MS, before // MINUTE_MS * MINUTE_MS))
    assert_same(hours.table(), expected(raw, HOUR_MS, before // MINUTE_MS * MINUTE_MS))
