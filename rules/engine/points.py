"""What each point was last heard of, by point number."""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from rules.engine.columns import F64, I64, LONG_AGO_MS, U8, Bool, Index
from rules.engine.series import Series

COUNTERS = ("over_range", "under_range", "bad", "late", "duplicate", "clock_fault", "ahead", "skewed")


class Stamp(IntEnum):
    """How the device's timestamp of a reading was used (semantics 1.5, 1.7)."""

    AS_IS = 0
    MISSING = 1
    FAULT = 2
    """Unreadable, too old, or ahead."""
    SKEWED = 3


@dataclass(slots=True, eq=False)
class Rows:
    """Readings in columns of one length, one series for each point.

    t is the taken time; received is the entry's received_at; stamp is a `Stamp`.
    """

    point: Index
    t: I64
    value: F64
    quality: U8
    received: I64
    source: NDArray[np.int16]
    stamp: U8 | None
    """None where every timestamp was used as it is."""
    series: Series

    def __len__(self) -> int:
        return len(self.point)

    @property
    def points(self) -> Index:
        """The point of each series."""
        return self.series.first(self.point)

    def select(self, index: Bool | Index | slice, *, single: bool = False) -> "Rows":
        """These rows alone, of which one point's still stand below each other; `single`: each is of another point."""
        point = self.point[index]
        return Rows(
            point,
            self.t[index],
            self.value[index],
            self.quality[index],
            self.received[index],
            self.source[index],
            None if self.stamp is None else self.stamp[index],
            Series(len(point)) if single or self.series.start is None else Series.of_keys(point),
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which columns some rule looks at. The others are not kept up: each costs a look at memory for every reading.

    A rule that comes later begins anew with its first reading, so it never sees what was not kept.
    """

    usable_value: bool
    finite_t: bool
    taken_received: bool
    arrived: bool


class LastReadings(Protocol):
    """The last reading of each number: its time, its value, the clock at which it came."""

    usable_t: I64
    usable_value: F64
    heard_usable: I64


class PointState:
    """Columns by point number; all times in ms."""

    COLUMNS: ClassVar[tuple[str, ...]] = (
        "last_t",
        "last_value",
        "last_quality",
        "last_received",
        "skewed",
        "heard_any",
        "heard_usable",
        "usable_t",
        "usable_value",
        "finite_t",
        "taken_received",
        "arrived",
        "source",
        "down",
    )

    def __init__(self, size: int, clock_ms: int) -> None:
        self.last_t: I64 = np.full(size, LONG_AGO_MS)
        self.last_value: F64 = np.full(size, np.nan)
        self.last_quality: U8 = np.zeros(size, dtype=np.uint8)
        self.last_received: I64 = np.full(size, LONG_AGO_MS)
        self.skewed: Bool = np.zeros(size, dtype=np.bool_)
        self.heard_any: I64 = np.full(size, clock_ms)
        self.heard_usable: I64 = np.full(size, clock_ms)
        self.usable_t: I64 = np.full(size, LONG_AGO_MS)
        self.usable_value: F64 = np.full(size, np.nan)
        self.finite_t: I64 = np.full(size, LONG_AGO_MS)
        self.taken_received: I64 = np.full(size, LONG_AGO_MS)
        self.arrived: I64 = np.full(size, LONG_AGO_MS)
        """received_at of the last reading of any kind, as these two are while the one after it is decided."""
        self.source = np.full(size, -1, dtype=np.int16)
        """Index of the source that brought the point's last reading; -1 before the first."""
        self.down: Bool = np.zeros(size, dtype=np.bool_)
        """The point's device said that it went down, and no reading of the point has arrived since."""
        self.counters: dict[str, I64] = {name: np.zeros(size, dtype=np.int64) for name in COUNTERS}
        self.some_skewed = self.some_down = False

    def count(self, name: str, point: Index) -> None:
        """Count once for each of these, which may repeat."""
        np.add.at(self.counters[name], point, 1)

    def heard(self, rows: Rows, wanted: Wanted) -> None:
        """Remember the arrival of the rows, whatever becomes of them."""
        at, series = rows.points, rows.series
        self.heard_any[at] = series.final(rows.received)
        self.source[at] = series.final(rows.source)
        if wanted.arrived:
            self.arrived[at] = self.heard_any[at]
        if self.some_down:
            self.down[at] = False
            self.some_down = bool(self.down.any())

    def remember_taken(self, rows: Rows) -> None:
        """Remember the rows as each point's last taken ones."""
        at, series = rows.points, rows.series
        self.last_t[at] = series.final(rows.t)
        self.last_value[at] = series.final(rows.value)
        self.last_quality[at] = series.final(rows.quality)
        self.last_received[at] = series.final(rows.received)

    def remember(self, usable: Rows, finite: Rows, taken: Rows, wanted: Wanted) -> None:
        """Remember each point's last usable, last finite and last taken ones, as far as some rule looks at that."""
        if wanted.taken_received:
            self.taken_received[taken.points] = taken.series.final(taken.received)
        at, series = usable.points, usable.series
        t = series.final(usable.t)
        self.usable_t[at] = t
        self.heard_usable[at] = series.final(usable.received)
        if wanted.usable_value:
            self.usable_value[at] = series.final(usable.value)
        if wanted.finite_t:
            if finite is not usable:
                at, t = finite.points, finite.series.final(finite.t)
            self.finite_t[at] = t
