"""From the steps of a test to the entries of a log (docs/reference/rule-tests.md, "Time")."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from plant.batch import Batch
from plant.entries import Entry, Readings, Tick
from plant.quality import Quality
from plant.registry import PointRegistry
from plant.site import Point
from rules.trial.schema import MOST_READINGS, Step

SECOND_MS = 1000
_QUALITY = {"good": Quality.GOOD, "uncertain": Quality.UNCERTAIN, "bad": Quality.BAD}


@dataclass(frozen=True, slots=True)
class Given:
    """One reading; times are ms after the start of the test."""

    at_ms: int
    received_ms: int | None
    """None: with the second in which it was measured, as in a replay of a feed without arrival times."""
    point: str
    value: float | None
    quality: str


def readings_of(steps: Sequence[Step], points: Mapping[str, Point]) -> tuple[list[Given], int]:
    """The readings of a test in order of time, and when its last step ends. ValueError where there are too many."""
    by_arrival = any(step.received_after for step in steps)
    given: list[Given] = []
    cursor = end = 0
    for step in steps:
        at = cursor if step.at is None else step.at
        if step.form == "silence":
            cursor = at + (step.silence or 0)
            end = max(end, cursor)
            continue
        names = step.point or ()
        every = step.every or round(points[names[0]].period_s * 1000)
        values = _values(step, every)
        if len(given) + len(values) * len(names) > MOST_READINGS:
            raise ValueError(f"more than {MOST_READINGS} readings in one test")
        for i, value in enumerate(values):
            t = at + i * every
            received = t + step.received_after if by_arrival else None
            given += [Given(t, received, name, value, step.quality) for name in names]
        cursor = at + (len(values) * every if step.for_ is None else step.for_)
        end = max(end, cursor, at + (len(values) - 1) * every + step.received_after)
    return sorted(given, key=lambda reading: reading.at_ms), end


def _values(step: Step, every: int) -> Sequence[float | None]:
    if step.values is not None:
        return step.values
    if step.form == "ramp":
        start, to, over = step.from_ or 0.0, step.to or 0.0, step.over or 1
        count = min(over // every, MOST_READINGS)
        return [start + (to - start) * (i * every / over) for i in range(count + 1)]
    count = 1 if step.for_ is None else -(-step.for_ // every)
    return [step.value] * min(count, MOST_READINGS + 1)


def entries_of(given: Sequence[Given], registry: PointRegistry, start_ms: int, end_ms: int) -> list[Entry]:
    """The log: a batch or a tick for every second, or a batch for each time of arrival with ticks between them."""
    if any(reading.received_ms is not None for reading in given):
        return _by_arrival(given, registry, start_ms, end_ms)
    seconds = {k: list(group) for k, group in groupby(given, key=lambda reading: reading.at_ms // SECOND_MS)}
    last = max(max(seconds, default=0), -(-end_ms // SECOND_MS) - 1)
    log: list[Entry] = []
    for second in range(last + 1):
        at = start_ms + (second + 1) * SECOND_MS
        log.append(_batch(seconds[second], registry, start_ms, at) if second in seconds else Tick(at))
    return log


def _by_arrival(given: Sequence[Given], registry: PointRegistry, start_ms: int, end_ms: int) -> list[Entry]:
    arriving: dict[int, list[Given]] = {}
    for reading in given:
        arriving.setdefault(reading.received_ms or 0, []).append(reading)
    ticks = range(SECOND_MS, max(end_ms, max(arriving)) + SECOND_MS, SECOND_MS)
    return [
        _batch(arriving[at], registry, start_ms, start_ms + at) if at in arriving else Tick(start_ms + at)
        for at in sorted({*arriving, *ticks})
    ]


def _batch(given: Sequence[Given], registry: PointRegistry, start_ms: int, received_at_ms: int) -> Readings:
    rows = [(registry.numbers[g.point], start_ms + g.at_ms, g.value, _QUALITY[g.quality]) for g in given]
    return Readings(received_at_ms, Batch.of(rows))
