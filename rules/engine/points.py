"""What each point was last heard of, and the rules by which a reading is taken or not (semantics 1.5-1.7, 2)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from plant.quality import AHEAD_MS, NO_TIME_MS, OLDEST_TIME_MS, QUALITY_MASK, Quality
from rules.engine.columns import F64, I64, LONG_AGO_MS, U8, Bool, Index
from rules.engine.intake import Intake
from rules.engine.point_table import PointTable

COUNTERS = ("over_range", "under_range", "bad", "late", "duplicate", "clock_fault", "ahead", "skewed")

_GOOD, _UNCERTAIN, _BAD = int(Quality.GOOD), int(Quality.UNCERTAIN), int(Quality.BAD)


@dataclass(slots=True, eq=False)
class Rows:
    """Readings on distinct points, in columns of one length.

    t is the taken time; received is the entry's received_at; as_is says that t is the device's own timestamp.
    """

    point: Index
    t: I64
    value: F64
    quality: U8
    received: I64
    as_is: Bool | None
    """None where every timestamp was used as it is."""

    def __len__(self) -> int:
        return len(self.point)

    def select(self, index: Bool | Index | slice) -> "Rows":
        as_is = None if self.as_is is None else self.as_is[index]
        return Rows(
            self.point[index], self.t[index], self.value[index], self.quality[index], self.received[index], as_is
        )


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
        "source",
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
        self.source = np.full(size, -1, dtype=np.int16)
        """Index of the source that brought the point's last reading; -1 before the first."""
        self.counters: dict[str, I64] = {name: np.zeros(size, dtype=np.int64) for name in COUNTERS}
        self.some_skewed = False

    def count(self, name: str, point: Index) -> None:
        """Count once on each of these distinct points."""
        self.counters[name][point] += 1

    def take(self, rows: Rows, table: PointTable) -> Rows:
        """The rows that are taken, with final time and quality (bad ones too); counts what is not.

        Leaves the state as before the rows: `commit` moves it on.
        """
        last = self.last_t[rows.point]
        behind = rows.t < last
        if self.some_skewed or behind.any():
            rows, dropped = self._mend_skew(rows, last, behind, table)
            if dropped is not None:
                self.count("late", rows.point[dropped])
                rows = rows.select(~dropped)
            last = self.last_t[rows.point]
        same = rows.t == last
        if same.any():
            before = self.last_value[rows.point]
            same &= (rows.value == before) | (np.isnan(rows.value) & np.isnan(before))
            same &= rows.quality == self.last_quality[rows.point]
            if same.any():
                self.count("duplicate", rows.point[same])
                rows = rows.select(~same)
        return rows

    def _mend_skew(self, rows: Rows, last: I64, behind: Bool, table: PointTable) -> tuple[Rows, Bool | None]:
        """Semantics 1.7: a clock that stepped back is replaced by received_at until it has caught up."""
        was_skewed = self.skewed[rows.point]
        as_is = True if rows.as_is is None else rows.as_is
        caught_up = was_skewed & as_is & ~behind
        silent = rows.received - self.last_received[rows.point] > table.gap_ms[rows.point]
        stepped = behind & ~was_skewed & silent
        mend = (was_skewed & ~caught_up) | stepped
        if was_skewed.any() or stepped.any():
            self.skewed[rows.point] = mend
            self.some_skewed = True if mend.any() else bool(self.skewed.any())
        if mend.any():
            self.count("skewed", rows.point[mend])
            t = np.where(mend, np.maximum(rows.received, last), rows.t)
            quality: U8 = np.where(mend & (rows.quality == _GOOD), _UNCERTAIN, rows.quality).astype(np.uint8)
            rows = Rows(rows.point, t, rows.value, quality, rows.received, rows.as_is)
        late = behind & ~mend
        return rows, late if late.any() else None

    def count_odd(self, taken: Rows, table: PointTable) -> None:
        """Count what the taken readings tell of their instruments: bad, over range, under range."""
        at, value = taken.point, taken.value
        self.count("bad", at[taken.quality == _BAD])
        self.count("over_range", at[(value > table.range_high[at]) & (value < np.inf)])
        self.count("under_range", at[(value < table.under[at]) & (value > -np.inf)])

    def commit(self, taken: Rows, usable: Rows, finite: Rows) -> None:
        """Remember the rows as each point's last taken, last usable and last finite ones."""
        at = taken.point
        self.last_t[at] = taken.t
        self.last_value[at] = taken.value
        self.last_quality[at] = taken.quality
        self.last_received[at] = taken.received
        self.usable_t[usable.point] = usable.t
        self.usable_value[usable.point] = usable.value
        self.heard_usable[usable.point] = usable.received
        self.finite_t[finite.point] = finite.t


def judge(readings: Intake, state: PointState, table: PointTable) -> tuple[Rows, bool]:
    """Taken time and quality of readings as they came in (semantics 1.5 and 2); points may repeat.

    The second value says whether some of them are bad or out of range (`PointState.count_odd`).
    """
    quality: U8 = readings.quality & np.uint8(QUALITY_MASK)
    t, received, point, value = readings.measured_at_ms, readings.received, readings.point, readings.value
    as_is: Bool | None = None
    if len(t) and (int(t.min()) < OLDEST_TIME_MS or bool((t - received > AHEAD_MS).any())):
        none = t == NO_TIME_MS
        old = (t < OLDEST_TIME_MS) & ~none
        # An absent or ancient time is far below zero: subtract only where it can't wrap around.
        ahead = np.where(old | none, 0, t) - received > AHEAD_MS
        fault = old | ahead
        as_is = ~(fault | none)
        t = np.where(as_is, t, received)
        np.add.at(state.counters["clock_fault"], point[fault], 1)
        np.add.at(state.counters["ahead"], point[ahead], 1)
        quality = np.where(fault & (quality == _GOOD), _UNCERTAIN, quality).astype(np.uint8)
    under = value < table.under[point]
    some_odd = bool(quality.any()) or bool(under.any()) or not np.isfinite(value).all()
    if some_odd:
        quality = np.where(under | ~np.isfinite(value) | (quality > _UNCERTAIN), _BAD, quality).astype(np.uint8)
    some_odd |= bool((value > table.range_high[point]).any())
    return Rows(point, t, value, quality, received, as_is), some_odd
