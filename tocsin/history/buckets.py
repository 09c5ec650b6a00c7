"""Readings of many points put together by minute and hour, as columns (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
_NS_PER_MS: Final = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Stored readings as columns: point number, instant in ns, value (NaN: none), whether it is bad."""

    point: NDArray[np.uint32]
    at_ns: I64
    value: F64
    bad: Bool

    def __len__(self) -> int:
        return len(self.point)

    def where(self, which: Bool | NDArray[np.intp]) -> Self:
        return type(self)(self.point[which], self.at_ns[which], self.value[which], self.bad[which])

    @classmethod
    def of(cls, parts: Sequence["Rows"]) -> "Rows":
        """The parts behind each other."""
        if len(parts) == 1:
            return parts[0]
        none = [Rows(np.zeros(0, np.uint32), np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.bool_))]
        parts = parts or none
        return Rows(
            np.concatenate([p.point for p in parts]),
            np.concatenate([p.at_ns for p in parts]),
            np.concatenate([p.value for p in parts]),
            np.concatenate([p.bad for p in parts]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Buckets:
    """One row for each point and span, in the order of both. `low`, `high`, `last` are NaN where `count` is 0.

    readings, bad  how many readings, and how many of them bad
    count, total   how many values (of good and uncertain readings), and their sum
    """

    point: NDArray[np.uint32]
    start_ms: I64
    readings: I64
    bad: I64
    count: I64
    total: F64
    low: F64
    high: F64
    last: F64

    def __len__(self) -> int:
        return len(self.point)

    @property
    def mean(self) -> F64:
        """NaN where there is no value."""
        with np.errstate(invalid="ignore"):
            return self.total / np.where(self.count > 0, self.count, np.nan)

    def where(self, which: Bool | NDArray[np.intp]) -> Self:
        return type(self)(*(getattr(self, f.name)[which] for f in fields(self)))

    def key(self) -> I64:
        """One number for each (point, hour or minute): no two rows of one table have the same."""
        return self.point.astype(np.int64) << 32 | self.start_ms // MINUTE_MS

    @classmethod
    def none(cls) -> "Buckets":
        ints = np.zeros(0, np.int64)
        floats = np.zeros(0)
        return cls(np.zeros(0, np.uint32), ints, ints, ints, ints, floats, floats, floats, floats)

    @classmethod
    def of(cls, parts: Sequence["Buckets"]) -> "Buckets":
        """The parts behind each other, not yet in order."""
        parts = parts or [cls.none()]
        return cls(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)))


def survivors(rows: Rows) -> Rows:
    """The rows as InfluxDB keeps them, in the order of point and instant.

    Of one point at one instant the later row overwrites the earlier one, field by field: a bad reading that comes
    over a good one leaves its value standing.
    """
    rows = rows.where(np.lexsort((rows.at_ns, rows.point)))
    same = (rows.point[1:] == rows.point[:-1]) & (rows.at_ns[1:] == rows.at_ns[:-1])
    if not same.any():
        return rows
    newest = np.append(~same, True)
    first = np.flatnonzero(np.append(True, ~same))
    # The place of the last row of each instant that has a value; -1 where none has.
    valued = np.maximum.reduceat(np.where(np.isnan(rows.value), -1, np.arange(len(rows))), first)
    value = np.where(valued >= 0, rows.value[valued], np.nan)
    kept = rows.where(newest)
    return Rows(kept.point, kept.at_ns, value, kept.bad)


def roll_up(rows: Rows, width_ms: int) -> Buckets:
    """What the rows come to, by point and span of `width_ms`."""
    if not len(rows):
        return Buckets.none()
    rows = survivors(rows)
    start_ms = rows.at_ns // (width_ms * _NS_PER_MS) * width_ms
    first = _first_of_each(rows.point, start_ms)
    has = ~np.isnan(rows.value)
    value = np.where(has, rows.value, 0.0)
    count = np.add.reduceat(has, first, dtype=np.int64)
    latest = np.maximum.reduceat(np.where(has, np.arange(len(rows)), -1), first)
    some = count > 0
    return Buckets(
        point=rows.point[first],
        start_ms=start_ms[first],
        readings=np.diff(first, append=len(rows)).astype(np.int64),
        bad=np.add.reduceat(rows.bad, first, dtype=np.int64),
        count=count,
        total=np.add.reduceat(value, first),
        low=np.where(some, np.minimum.reduceat(np.where(has, rows.value, np.inf), first), np.nan),
        high=np.where(some, np.maximum.reduceat(np.where(has, rows.value, -np.inf), first), np.nan),
        last=np.where(some, rows.value[latest], np.nan),
    )


def merge(buckets: Buckets, width_ms: int) -> Buckets:
    """Narrower buckets put together into wider ones."""
    if not len(buckets):
        return buckets
    b = buckets.where(np.lexsort((buckets.start_ms, buckets.point)))
    start_ms = b.start_ms // width_ms * width_ms
    first = _first_of_each(b.point, start_ms)
    has = b.count > 0
    count = np.add.reduceat(b.count, first)
    latest = np.maximum.reduceat(np.where(has, np.arange(len(b)), -1), first)
    some = count > 0
    return Buckets(
        point=b.point[first],
        start_ms=start_ms[first],
        readings=np.add.reduceat(b.readings, first),
        bad=np.add.reduceat(b.bad, first),
        count=count,
        total=np.add.reduceat(b.total, first),
        low=np.where(some, np.minimum.reduceat(np.where(has, b.low, np.inf), first), np.nan),
        high=np.where(some, np.maximum.reduceat(np.where(has, b.high, -np.inf), first), np.nan),
        last=np.where(some, b.last[latest], np.nan),
    )


def _first_of_each(point: NDArray[np.uint32], start_ms: I64) -> NDArray[np.intp]:
    """Where each group of equal (point, start) begins, in columns that are in that order."""
    new = (point[1:] != point[:-1]) | (start_ms[1:] != start_ms[:-1])
    return np.flatnonzero(np.append(True, new))
