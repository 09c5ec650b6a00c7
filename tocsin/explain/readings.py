"""The readings of some points in a stretch of the log, and what was wrong with them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from plant.entries import DeviceDown, Entry, Position, Readings, SourceDown, SourceUp
from plant.quality import AHEAD_MS, OLDEST_TIME_MS, QUALITY_MASK, RETAINED, Quality
from plant.registry import PointRegistry
from plant.site import Point

T = TypeVar("T", bound=np.generic)

PROBLEMS = ("bad", "uncertain", "no_time", "ahead", "late", "repeated", "over_range", "under_range", "gap")


@dataclass(slots=True)
class Heard:
    """What was heard of one point. Times in ms since the epoch; `at_ms` is the device's, else when it came."""

    point: Point
    at_ms: NDArray[np.int64]
    value: NDArray[np.float64]
    """NaN where the reading is bad."""
    received_at_ms: NDArray[np.int64]
    problems: dict[str, int] = field(default_factory=dict)
    """How many readings, or gaps of more than three periods, by what was wrong (PROBLEMS)."""


@dataclass(slots=True)
class Stretch:
    """`outages` are (from, to or None, source, reason) of sources and devices that were down."""

    heard: list[Heard]
    outages: list[tuple[int, int | None, str, str]]


def gather(
    entries: Iterable[tuple[Position, Entry]], points: Sequence[Point], registry: PointRegistry, end_ms: int
) -> Stretch:
    """One pass over the entries."""
    numbers = np.array([registry.numbers[point.point] for point in points], dtype=np.uint32)
    columns: list[tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.float64], NDArray[np.uint8], int]] = []
    outages: list[tuple[int, int | None, str, str]] = []
    for _, entry in entries:
        if isinstance(entry, Readings):
            batch = entry.batch.select(np.isin(entry.batch.point, numbers))
            if len(batch):
                columns.append((batch.point, batch.measured_at_ms, batch.value, batch.quality, entry.received_at_ms))
        elif isinstance(entry, SourceDown):
            outages.append((entry.received_at_ms, None, entry.source, entry.reason))
        elif isinstance(entry, SourceUp):
            outages = [_ended(o, entry) for o in outages]
        elif isinstance(entry, DeviceDown) and set(entry.points) & set(numbers.tolist()):
            outages.append((entry.received_at_ms, entry.received_at_ms, entry.source, "device said to be down"))
    heard = [_heard(point, number, columns, end_ms) for point, number in zip(points, numbers.tolist(), strict=True)]
    return Stretch(heard, outages)


def _ended(outage: tuple[int, int | None, str, str], up: SourceUp) -> tuple[int, int | None, str, str]:
    if outage[1] is None and outage[2] == up.source:
        return outage[0], up.received_at_ms, *outage[2:]
    return outage


def _heard(
    point: Point,
    number: int,
    columns: Sequence[tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.float64], NDArray[np.uint8], int]],
    end_ms: int,
) -> Heard:
    picked = [(c, c[0] == number) for c in columns]
    measured = _joined([c[1][mine] for c, mine in picked], np.int64)
    value = _joined([c[2][mine] for c, mine in picked], np.float64)
    quality = _joined([c[3][mine] for c, mine in picked], np.uint8)
    received = _joined([np.full(int(mine.sum()), c[4], dtype=np.int64) for c, mine in picked], np.int64)
    live = (quality & RETAINED) == 0
    measured, value, quality, received = measured[live], value[live], quality[live] & QUALITY_MASK, received[live]
    timeless, ahead = measured < OLDEST_TIME_MS, measured > received + AHEAD_MS
    at_ms = np.where(timeless | ahead, received, measured)
    bad = (quality == Quality.BAD) | ~np.isfinite(value)
    newest = np.maximum.accumulate(at_ms) if len(at_ms) else at_ms
    again = np.zeros(len(at_ms), dtype=np.bool_)
    again[1:] = (at_ms[1:] == newest[:-1]) & (value[1:] == value[:-1])
    high, low = point.range_high, point.range_low
    known = high is not None and low is not None
    span = (high or 0.0) - (low or 0.0)
    under = value < (low or 0.0) - 0.05 * span if known else np.zeros(len(value), dtype=np.bool_)
    gaps = np.diff(received, append=end_ms) if len(received) else np.zeros(0, dtype=np.int64)
    problems = {
        "bad": int(bad.sum()),
        "uncertain": int((quality == Quality.UNCERTAIN).sum()),
        "no_time": int(timeless.sum()),
        "ahead": int(ahead.sum()),
        "late": int((at_ms < newest).sum()),
        "repeated": int(again.sum()),
        "over_range": int((value > high).sum()) if known and high is not None else 0,
        "under_range": int(under.sum()),
        "gap": int((gaps > 3000 * point.period_s).sum()) if point.report == "periodic" else 0,
    }
    order = np.argsort(at_ms, kind="stable")
    shown = np.where(bad | under, np.nan, value)
    return Heard(point, at_ms[order], shown[order], received[order], {k: n for k, n in problems.items() if n})


def _joined(parts: Sequence[NDArray[T]], dtype: type[T]) -> NDArray[T]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=dtype)
