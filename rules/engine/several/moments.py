"""When subjects are decided: every (instant, time) at which something concerns them, in order."""

from dataclasses import dataclass

import numpy as np

from rules.engine.columns import I64, Bool, Index
from rules.engine.series import Series


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Events of subjects put in order, and the rows that come of them: one for each decision.

    order    the events, by subject, instant and time, stable
    events   the ordered events as series of subjects
    subject  by series
    row      by decision: the place in `order` of the last event of its moment
    at, t, received   of each decision: its subject, the time at which it happened, the instant
    """

    order: Index
    events: Series
    subject: Index
    row: Index
    at: Index
    t: I64
    received: I64


def moments(subject: Index, t: I64, received: I64, concerns: Bool) -> Moments:
    """Put events in order. Those that concern nobody only change what a later decision sees."""
    order = _order(subject, received, t)
    at, when, instant = subject[order], t[order], received[order]
    last = np.ones(len(order), dtype=np.bool_)
    last[:-1] = (at[1:] != at[:-1]) | (when[1:] != when[:-1]) | (instant[1:] != instant[:-1])
    row = last.nonzero()[0]
    if not concerns.all():
        start = np.concatenate([np.zeros(1, dtype=np.intp), row[:-1] + 1])
        row = row[np.logical_or.reduceat(concerns[order], start)] if len(row) else row
    events = Series.of_keys(at)
    return Moments(order, events, events.first(at), row, at[row], when[row], instant[row])


def _order(subject: Index, received: I64, t: I64) -> Index:
    """A stable order by subject, instant and time: by one key where it has room."""
    if not len(subject):
        return np.zeros(0, dtype=np.intp)
    instants = np.unique(received) if received[0] != received[-1] or (received != received[0]).any() else received[:1]
    base = int(t.min())
    span = int(t.max()) - base + 1
    if (int(subject.max()) + 1) * len(instants) * span < 2**62:
        key = subject.astype(np.int64)
        if len(instants) > 1:
            key = key * len(instants) + np.searchsorted(instants, received)
        return np.argsort(key * span + (t - base), kind="stable")
    return np.lexsort((t, received, subject))


def greatest(series: Series, column: I64, initial: I64) -> I64:
    """The greatest so far of each series, from `initial` on."""
    if series.start is None:
        return np.maximum(initial, column)
    base = int(column.min()) - 1
    # Before all these is as good as long before them.
    first = np.maximum(initial, base) - base
    span = int(max(column.max() - base, first.max())) + 1
    lift = series.per_row(np.arange(len(first)) * span)
    running: I64 = np.maximum.accumulate(np.maximum(column - base, series.per_row(first)) + lift) - lift
    return running + base
