"""Panes (semantics 3.3): a span W is cut into twelfths; the current one and the 11 before it are looked at."""

from collections.abc import Iterator
from typing import ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from rules.engine.columns import I64, LONG_AGO_MS, Bool, Index
from rules.engine.series import Series
from rules.engine.view import View

PANES = 12

T = TypeVar("T", np.float64, np.int64)


class Panes:
    """Which pane each slot is in, and which of the panes before it hold something.

    current  the pane of the slot's last reading (LONG_AGO_MS before the first)
    first    the pane of its first reading
    next_t   the first ms that lies beyond the current pane
    ids      by place in a ring of 12 and slot: the closed pane that lies there
    """

    COLUMNS: ClassVar[tuple[str, ...]] = ("current", "first", "next_t", "ids")

    def __init__(self, over_ms: I64) -> None:
        n = len(over_ms)
        self.over_ms = over_ms
        self.current: I64 = np.full(n, LONG_AGO_MS)
        self.first: I64 = np.full(n, LONG_AGO_MS)
        self.next_t: I64 = np.full(n, LONG_AGO_MS)
        self.ids: I64 = np.full((PANES, n), LONG_AGO_MS)

    def walk(self, view: View, t: I64) -> "Walk":
        """Move the slots of a view through the panes of their rows."""
        return Walk(self, view, t)


class Walk:
    """How series go through panes. A *stay* is the rows of a series in one pane.

    stays     the rows cut into stays
    entered   the stays that begin in a new pane; the others go on in the slot's current one
    slots     the slots of the series
    slot      those that come into new panes
    last      the place among `entered` of each such slot's last one

    For each of those slots, the 12 panes of its ring (the current one last) and the new ones are *listed* below each
    other, so that the 11 panes before a new one are always among the 11 entries before it.
    """

    def __init__(self, panes: Panes, view: View, t: I64) -> None:
        self._panes, self.slots, self.series = panes, view.slot, view.series
        slot, series = view.slot, view.series
        if series.start is None:
            self.stays = series
            self.entered: Index = (t >= panes.next_t.take(slot)).nonzero()[0]
            self._pane: I64 = t[self.entered] * PANES // panes.over_ms[slot[self.entered]]
            self._series_of_stay: Index | None = None
            self._stay_pane: I64 | None = None
            by_slot, self.slot = Series(len(self.entered)), slot[self.entered]
        else:
            current = panes.current[slot]
            pane = t * PANES // series.per_row(panes.over_ms[slot])
            enters = pane != series.before(pane, current)
            self.stays = series.cut(enters)
            self.entered = self.stays.first(enters).nonzero()[0]
            self._stay_pane = self.stays.first(pane)
            self._pane = self._stay_pane[self.entered]
            self._series_of_stay = self.stays.first(series.per_row(np.arange(len(slot))))
            series_entered = self._series_of_stay[self.entered]
            by_slot = Series.of_keys(series_entered)
            self.slot = slot[by_slot.first(series_entered)]
        self.last: Index = by_slot.last
        if len(self.entered):
            self._lay_out(by_slot)
            self._move_on(by_slot)

    def pane(self) -> I64:
        """The pane of each row."""
        if self._stay_pane is None:
            return self._panes.current.take(self.slots)
        return self.stays.per_row(self._stay_pane)

    def begin(self, state: NDArray[T], fresh: NDArray[T] | float) -> NDArray[T]:
        """By stay: `fresh` (one, or by entered stay) in a new pane, else the slot's state."""
        column = state.take(self.slots if self._series_of_stay is None else self.slots[self._series_of_stay])
        column[self.entered] = fresh
        return column

    def listed(self, ring: NDArray[T], state: NDArray[T], content: NDArray[T]) -> NDArray[T]:
        """A list of what panes hold: the ring's, the current pane's state, and by stay what it came to hold."""
        column = np.empty(len(self._id), dtype=state.dtype)
        column[self._ring_at] = ring[self._ring, self.slot[:, None]]
        current = state[self.slot]
        current[self._goes_on] = content[self._goes_on_stay]
        column[self._ring_at[:, -1]] = current
        column[self._new_at] = content[self.entered]
        return column

    def before(self) -> Iterator[tuple[Index, Bool]]:
        """For each entered stay the 11 panes before it, oldest first: (place in a list, whether it counts)."""
        for back in range(PANES - 1, 0, -1):
            at = self._new_at - back
            yield at, self._id[at] > self._pane - PANES

    def put_away(self, ring: NDArray[T], listed: NDArray[T]) -> None:
        """Put what closed panes hold into their ring."""
        ring[self._id[self._closed] % PANES, self._closed_slot] = listed[self._closed]

    def _lay_out(self, by_slot: Series) -> None:
        panes, count = self._panes, len(self.slot)
        self._new_at = np.arange(len(self.entered)) + PANES * by_slot.per_row(np.arange(1, count + 1))
        self._ring_at = by_slot.first(self._new_at)[:, None] + np.arange(-PANES, 0)
        current = panes.current[self.slot]
        self._ring = (current[:, None] + np.arange(1, PANES + 1)) % PANES
        self._id: I64 = np.empty(len(self.entered) + PANES * count, dtype=np.int64)
        self._id[self._ring_at] = panes.ids[self._ring, self.slot[:, None]]
        self._id[self._ring_at[:, -1]] = current
        self._id[self._new_at] = self._pane
        # The stay in the current pane that comes before a slot's first new one.
        of_stay, first = self._series_of_stay, by_slot.first(self.entered)
        if of_stay is None:
            self._goes_on = self._goes_on_stay = first[:0]
        else:
            self._goes_on = ((first > 0) & (of_stay[first] == of_stay[first - 1])).nonzero()[0]
            self._goes_on_stay = first[self._goes_on] - 1

    def _move_on(self, by_slot: Series) -> None:
        """Close all but the last pane of each slot."""
        panes, last = self._panes, self._pane[self.last]
        not_last = np.ones(len(self.entered), dtype=np.bool_)
        not_last[self.last] = False
        closed = np.concatenate([self._ring_at[:, -1], self._new_at[not_last]])
        of_slot = np.concatenate([np.arange(len(self.slot)), by_slot.per_row(np.arange(len(self.slot)))[not_last]])
        counts = self._id[closed] > last[of_slot] - PANES
        self._closed, self._closed_slot = closed[counts], self.slot[of_slot[counts]]
        self.put_away(panes.ids, self._id)
        fresh = panes.current[self.slot] == LONG_AGO_MS
        panes.first[self.slot[fresh]] = by_slot.first(self._pane)[fresh]
        panes.current[self.slot] = last
        panes.next_t[self.slot] = -(-((last + 1) * panes.over_ms[self.slot]) // PANES)


def run_panes(
    walk: Walk,
    combine: np.ufunc,
    nothing: float,
    column: NDArray[T],
    pane: NDArray[T],
    closed: NDArray[T],
    ring: NDArray[T],
) -> NDArray[T]:
    """By row: what the 11 panes before its own and its own so far combine to, one by one from the oldest.

    `pane`, `closed` (the panes before it) and `ring` are the state by slot, which moves on; `column` is by row.
    """
    stays, entered = walk.stays, walk.entered
    so_far = stays.fold(combine, column, walk.begin(pane, nothing))
    if len(entered):
        listed = walk.listed(ring, pane, stays.final(so_far))
        folded = np.full(len(entered), nothing, dtype=pane.dtype)
        for at, counts in walk.before():
            folded = np.where(counts, combine(folded, listed[at]), folded)
        before = walk.begin(closed, folded)
        walk.put_away(ring, listed)
        closed[walk.slot] = folded[walk.last]
    else:
        before = walk.begin(closed, nothing)
    pane[walk.slots] = walk.series.final(so_far)
    return combine(stays.per_row(before), so_far)  # type: ignore[no-any-return]
