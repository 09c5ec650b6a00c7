"""By which rules a reading is taken or not, when, and with which quality (semantics 1.5 to 1.7, 2)."""

from dataclasses import replace

import numpy as np

from plant.quality import AHEAD_MS, NO_TIME_MS, OLDEST_TIME_MS, QUALITY_MASK, Quality
from rules.engine.columns import F64, I64, U8, Bool, Index
from rules.engine.intake import Intake
from rules.engine.point_table import PointTable
from rules.engine.points import PointState, Rows, Stamp
from rules.engine.rounds import rounds
from rules.engine.series import Series

_GOOD, _UNCERTAIN, _BAD = int(Quality.GOOD), int(Quality.UNCERTAIN), int(Quality.BAD)


def judge(readings: Intake, state: PointState, table: PointTable) -> tuple[Rows, bool]:
    """Taken time and quality of readings as they came in (1.5 and 2); points may repeat, in no order.

    The second value says whether some of them are bad or out of range (`count_odd`).
    """
    quality: U8 = readings.quality & np.uint8(QUALITY_MASK)
    t, received, point, value = readings.measured_at_ms, readings.received, readings.point, readings.value
    stamp: U8 | None = None
    if len(t) and (int(t.min()) < OLDEST_TIME_MS or bool((t - received > AHEAD_MS).any())):
        none = t == NO_TIME_MS
        old = (t < OLDEST_TIME_MS) & ~none
        # An absent or ancient time is far below zero: subtract only where it can't wrap around.
        ahead = np.where(old | none, 0, t) - received > AHEAD_MS
        fault = old | ahead
        t = np.where(fault | none, received, t)
        stamp = np.where(fault, Stamp.FAULT, np.where(none, Stamp.MISSING, Stamp.AS_IS)).astype(np.uint8)
        state.count("clock_fault", point[fault])
        state.count("ahead", point[ahead])
        quality = np.where(fault & (quality == _GOOD), _UNCERTAIN, quality).astype(np.uint8)
    under = value < table.under.take(point)
    some_odd = bool(quality.any()) or bool(under.any()) or not np.isfinite(value).all()
    if some_odd:
        quality = np.where(under | ~np.isfinite(value) | (quality > _UNCERTAIN), _BAD, quality).astype(np.uint8)
    some_odd = some_odd or bool((value > table.range_high.take(point)).any())
    return Rows(point, t, value, quality, received, readings.source, stamp, Series(len(t))), some_odd


def take(rows: Rows, state: PointState, table: PointTable) -> tuple[Rows, Bool | None]:
    """(the rows with final time and quality, which of them are taken; None: all); remembers and counts them."""
    if rows.series.start is None:
        rows, taken = _take_single(rows, state, table)
    else:
        rows, taken = _take_series(rows, state, table)
    state.remember_taken(rows if taken is None else rows.select(taken))
    return rows, taken


def count_odd(taken: Rows, state: PointState, table: PointTable) -> None:
    """Count what taken readings tell of their instruments: bad, over range, under range."""
    at, value = taken.point, taken.value
    state.count("bad", at[taken.quality == _BAD])
    state.count("over_range", at[(value > table.range_high[at]) & (value < np.inf)])
    state.count("under_range", at[(value < table.under[at]) & (value > -np.inf)])


def _take_single(rows: Rows, state: PointState, table: PointTable) -> tuple[Rows, Bool | None]:
    """One reading for each point."""
    last = state.last_t.take(rows.point)
    late = rows.t < last
    if state.some_skewed or late.any():
        rows, late = _mend_skew(rows, last, late, state, table)
    doubt = (rows.t == last).nonzero()[0]
    duplicate = np.zeros(len(rows), dtype=np.bool_)
    if len(doubt):
        at = rows.point[doubt]
        duplicate[doubt] = _equal(rows.select(doubt), state.last_value[at], state.last_quality[at])
    elif not late.any():
        return rows, None
    state.count("late", rows.point[late])
    state.count("duplicate", rows.point[duplicate])
    return rows, ~(late | duplicate)


def _equal(rows: Rows, value: F64, quality: U8) -> Bool:
    same: Bool = (rows.value == value) | (np.isnan(rows.value) & np.isnan(value))
    same &= rows.quality == quality
    return same


def _mend_skew(rows: Rows, last: I64, behind: Bool, state: PointState, table: PointTable) -> tuple[Rows, Bool]:
    """Semantics 1.7: a clock that stepped back is replaced by received_at until it has caught up."""
    was_skewed = state.skewed[rows.point]
    as_is = True if rows.stamp is None else rows.stamp == Stamp.AS_IS
    caught_up = was_skewed & as_is & ~behind
    silent = rows.received - state.last_received[rows.point] > table.gap_ms[rows.point]
    stepped = behind & ~was_skewed & silent
    mend = (was_skewed & ~caught_up) | stepped
    if was_skewed.any() or stepped.any():
        state.skewed[rows.point] = mend
        state.some_skewed = True if mend.any() else bool(state.skewed.any())
    if mend.any():
        state.count("skewed", rows.point[mend])
        t = np.where(mend, np.maximum(rows.received, last), rows.t)
        quality: U8 = np.where(mend & (rows.quality == _GOOD), _UNCERTAIN, rows.quality).astype(np.uint8)
        stamp: U8 = np.where(mend, Stamp.SKEWED, 0 if rows.stamp is None else rows.stamp).astype(np.uint8)
        rows = replace(rows, t=t, quality=quality, stamp=stamp)
    return rows, behind & ~mend


def _take_series(rows: Rows, state: PointState, table: PointTable) -> tuple[Rows, Bool]:
    """Whole series at once; those of points whose clock steps back go reading by reading."""
    series, at = rows.series, rows.points
    assert series.start is not None  # noqa: S101 - the caller asked
    newest = _newest_before(rows, state)
    late = rows.t < newest
    kept = (~late).nonzero()[0]
    on_time = rows.select(kept)
    # A duplicate equals its predecessor, so the reading before it is as good as the one taken last.
    value = on_time.series.before(on_time.value, state.last_value[on_time.points])
    quality = on_time.series.before(on_time.quality, state.last_quality[on_time.points])
    duplicate = np.zeros(len(rows), dtype=np.bool_)
    duplicate[kept] = (on_time.t == newest[kept]) & _equal(on_time, value, quality)
    taken = ~(late | duplicate)
    stepping = state.skewed[at]
    if late.any():
        last_received = series.before(
            series.since(taken, rows.received, state.last_received[at]), state.last_received[at]
        )
        silent = rows.received - last_received > series.per_row(table.gap_ms[at])
        stepping = stepping | series.some(late & silent)
    if stepping.any():
        mended = series.per_row(stepping)
        stamp = np.zeros(len(rows), dtype=np.uint8) if rows.stamp is None else rows.stamp.copy()
        rows = replace(rows, t=rows.t.copy(), quality=rows.quality.copy(), stamp=stamp)
        _take_one_by_one(rows, mended.nonzero()[0], taken, state, table)
        late &= ~mended
        duplicate &= ~mended
    state.count("late", rows.point[late])
    state.count("duplicate", rows.point[duplicate])
    return rows, taken


def _newest_before(rows: Rows, state: PointState) -> I64:
    """The largest time of each row's predecessors in its series and of what was taken before."""
    series = rows.series
    base = int(rows.t.min()) - 1
    # Before all these readings is as good as long before them.
    last = np.maximum(state.last_t[rows.points], base) - base
    span = int(max(rows.t.max() - base, last.max())) + 1
    lift = series.per_row(np.arange(len(last)) * span)
    running = np.maximum.accumulate(np.maximum(rows.t - base, series.per_row(last)) + lift) - lift
    return series.before(running, last) + base


def _take_one_by_one(rows: Rows, index: Index, taken: Bool, state: PointState, table: PointTable) -> None:
    """Take these rows, which are whole series, in order; sets time, quality, stamp and `taken` in place."""
    assert rows.stamp is not None  # noqa: S101 - the caller made one
    place = rows.series.place()[index]
    for turn in rounds(place, index):
        some, kept = _take_single(rows.select(turn, single=True), state, table)
        rows.t[turn], rows.quality[turn] = some.t, some.quality
        rows.stamp[turn] = Stamp.AS_IS if some.stamp is None else some.stamp
        taken[turn] = True if kept is None else kept
        state.remember_taken(some if kept is None else some.select(kept))
