"""Panes (semantics 3.3): a span W is cut into twelfths; the current one and the 11 before it are looked at."""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from rules.engine.columns import I64, LONG_AGO_MS, Bool, Index

PANES = 12


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

    def entering(self, slot: Index, t: I64) -> Index:
        """The rows at which a slot comes into a new pane."""
        return np.flatnonzero(t >= self.next_t[slot])

    def close(self, slot: Index) -> tuple[Index, Index]:
        """Put the current panes of these slots away: (slots, places in the ring), without those that have none."""
        slot = slot[self.current[slot] != LONG_AGO_MS]
        pane = self.current[slot]
        place = pane % PANES
        self.ids[place, slot] = pane
        return slot, place

    def enter(self, slot: Index, t: I64) -> None:
        """Move these slots to the panes of t."""
        over = self.over_ms[slot]
        pane = t * PANES // over
        fresh = slot[self.current[slot] == LONG_AGO_MS]
        self.current[slot] = pane
        self.first[fresh] = self.current[fresh]
        self.next_t[slot] = -(-((pane + 1) * over) // PANES)

    def closed(self, slot: Index) -> Iterator[tuple[Index, Bool]]:
        """The 11 panes before the current one, oldest first: (place in the ring, whether it holds something)."""
        for back in range(PANES - 1, 0, -1):
            pane = self.current[slot] - back
            place = pane % PANES
            yield place, self.ids[place, slot] == pane
