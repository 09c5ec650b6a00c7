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


def ring_of(slots: int, fill: float, dtype: type[T]) -> NDArray[T]:
    """A ring of 12 for each slot: by place and slot, while a slot's places lie side by side in memory."""
    return np.full((slots, PANES), fill, dtype=dtype).T


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
        self.ids: I64 = ring_of(n, LONG_AGO_MS, np.int64)

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

    A *list* holds the 12 panes of the ring of each of those slots, from the oldest to the current one, and then all
    new ones. So the 11 panes before a new one are always among the 11 entries before it: new ones of its slot, and
    where these end, those at the end of its slot's ring.
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
        current = state[self.slot]
        current[self._goes_on] = content[self._goes_on_stay]
        return self._list(ring, current, content[self.entered])

    def before(self) -> Iterator[tuple[Index | slice, Bool]]:
        """For each entered stay the 11 panes before it, oldest first: (place in a list, whether it counts)."""
        of_ring = PANES * len(self.slot)
        for back in range(PANES - 1, 0, -1):
            at: Index | slice = slice(PANES - back, of_ring, PANES)
            if self._nth is not None:
                of_new = np.arange(of_ring - back, of_ring - back + len(self._nth))
                at = np.where(self._nth >= back, of_new, self._ring_end + self._nth - back)
            yield at, self._id[at] > self._pane - PANES

    def put_away(self, ring: NDArray[T], listed: NDArray[T]) -> None:
        """Put what closed panes hold into their ring."""
        ring[self._id[self._closed] % PANES, self._closed_slot] = listed[self._closed]

    def _list(self, ring: NDArray[T], current: NDArray[T], new: NDArray[T]) -> NDArray[T]:
        of_ring = PANES * len(self.slot)
        column = np.empty(of_ring + len(new), dtype=ring.dtype)
        by_slot = column[:of_ring].reshape(-1, PANES)
        np.take(ring.T.ravel(), self._ring_at, out=by_slot, mode="clip")
        by_slot[:, -1] = current
        column[of_ring:] = new
        return column

    def _lay_out(self, by_slot: Series) -> None:
        panes, count = self._panes, len(self.slot)
        current = panes.current[self.slot]
        place = (current[:, None] + np.arange(1, PANES + 1)) % PANES
        self._ring_at: Index = self.slot[:, None] * PANES + place
        # Where each slot comes into one new pane only, what is before it is the ring alone.
        self._nth = None if by_slot.start is None else by_slot.place()
        """By entered stay: how many new panes its slot has had before; None: none."""
        self._ring_end = by_slot.per_row(np.arange(PANES, PANES * (count + 1), PANES))
        self._id: I64 = self._list(panes.ids, current, self._pane)
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
        new_at = PANES * len(self.slot) + not_last.nonzero()[0]
        closed = np.concatenate([np.arange(len(self.slot)) * PANES + PANES - 1, new_at])
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
