"""Delays that run on the clock between the readings of one hand-over (semantics 4.3)."""

from typing import Self

import numpy as np

from rules.engine.alarms import Changes
from rules.engine.columns import F64, I64, LONG_AGO_MS, Bool, Index
from rules.engine.output import Output
from rules.engine.view import View


class TimerRun:
    """The timers that fire between a row and the next one of its series: when the next one is received at the latest.

    What is due after a series' last row is left to `LevelBank.run_timers`.
    """

    def __init__(self, view: View, timed: Bool, received: I64) -> None:
        self._series = view.series
        self._upto = np.where(view.series.per_row(timed), view.series.after(received, LONG_AGO_MS), LONG_AGO_MS)
        self._no: Bool = np.zeros(len(view.slot), dtype=np.bool_)
        self.on: list[Bool] = []
        self.later: list[Bool] = []
        """By level: on at each row, and on when the timers after it have fired."""
        self.due: list[I64] = []
        self.fired = False

    @classmethod
    def of(cls, timed: Bool | None, view: View, received: I64) -> Self | None:
        """None where no timer can fire between rows."""
        if timed is None or view.series.start is None or not timed[view.slot].any():
            return None
        return cls(view, timed[view.slot], view.of(received))

    def latch(self, raw: Bool, turns_on: Bool, turns_off: Bool, due: I64, initial: Bool) -> tuple[Bool, Bool]:
        """Add a level: (on at each row, on when the timers after it have fired)."""
        series, ripe = self._series, due <= self._upto
        fires_on, fires_off = ripe & raw, ripe & ~raw
        fired_on, fired_off = series.before(fires_on, self._no), series.before(fires_off, self._no)
        on = series.latch(turns_on | (fired_on & ~turns_off), turns_off | fired_off, initial)
        later = fires_on | (on & ~fires_off)
        self.on.append(on)
        self.later.append(later)
        self.due.append(due)
        self.fired |= bool((on != later).any())
        return on, later


def timer_changes(
    run: TimerRun,
    changes: Changes,
    at: Index,
    view: View,
    t: I64,
    reading: F64,
    received: I64,
    since: list[I64],
    limits: F64 | None,
    idle: Bool | None,
    out: Output,
) -> Changes:
    """`changes`, which are those at the rows `at`, with those by timers put in between."""
    moved = [on != later for on, later in zip(run.on, run.later, strict=True)]
    row: list[int] = []
    due: list[int] = []
    on: list[list[bool]] = []
    levels = range(len(moved))
    for i in np.logical_or.reduce(moved).nonzero()[0].tolist():
        for when in sorted({int(run.due[k][i]) for k in levels if moved[k][i]}):
            row.append(i)
            due.append(when)
            # Levels due at one time are taken together.
            on.append([bool((run.later if run.due[k][i] <= when else run.on)[k][i]) for k in levels])
    rows = np.array(row, dtype=np.intp)
    order = np.argsort(np.concatenate([2 * at, 2 * rows + 1]), kind="stable")
    due_t = np.array(due, dtype=np.int64)

    def joined(column: I64, added: I64) -> I64:
        return np.concatenate([column, added])[order]

    value = np.concatenate([changes.value, reading[rows]])[order]
    return Changes(
        slot=np.concatenate([changes.slot, view.series.per_row(view.slot)[rows]])[order],
        t=joined(changes.t, due_t),
        on=np.concatenate([changes.on, np.array(on, dtype=np.bool_).T], axis=1)[:, order],
        since=np.concatenate([changes.since, np.stack([column[rows] for column in since])], axis=1)[:, order],
        value=value,
        reading_t=joined(changes.reading_t, t[rows]),
        reading=np.concatenate([changes.reading, reading[rows]])[order],
        received=joined(changes.received, out.clocks_reaching(due_t, received[rows])),
        limits=None if limits is None else limits[..., np.concatenate([at, rows])[order]],
        idle=None if idle is None else idle[np.concatenate([at, rows])[order]],
    )
