"""`count: {n, within_s}` (semantics 4.2): the times of each level's last rises, for the slots whose rule counts."""

from typing import ClassVar, Self

import numpy as np

from rules.engine.columns import I64, LONG_AGO_MS, Bool, Index, to_ms
from rules.engine.rounds import rounds
from rules.engine.series import Series
from rules.engine.slots import Slots
from rules.engine.view import View


class RiseCounter:
    """A ring of rise times per level and counting slot."""

    COLUMNS: ClassVar[tuple[str, ...]] = ("ring", "rises", "last")

    def __init__(self, slot_n: I64, slot_within_ms: I64, levels: int) -> None:
        counting = np.flatnonzero(slot_n)
        self._row: Index = np.full(len(slot_n), -1, dtype=np.intp)
        self._row[counting] = np.arange(len(counting))
        self._n = slot_n[counting]
        self._within_ms = slot_within_ms[counting]
        self._length = int(self._n.max())
        self.ring: I64 = np.full((levels, len(counting), self._length), LONG_AGO_MS)
        self.rises: I64 = np.zeros((levels, len(counting)), dtype=np.int64)
        self.last: I64 = np.full((levels, len(counting)), LONG_AGO_MS)

    @classmethod
    def of(cls, slots: Slots, levels: int) -> Self | None:
        """A counter for the slots of a group, or None where no rule counts."""
        n = np.array([r.count.n if r.count else 0 for r in slots.rules], dtype=np.int64)
        within = np.array([to_ms(r.count.within_s) if r.count else 0 for r in slots.rules], dtype=np.int64)
        return cls(n[slots.rule], within[slots.rule], levels) if n[slots.rule].any() else None

    def rise(self, level: int, view: View, t: I64, rise: Bool) -> tuple[Bool, I64]:
        """Note the rises of the view's rows: (the n-th or later within the span, from when a level may go off)."""
        series, row = view.series, self._row[view.slot]
        last = series.since(rise, t, self.last[level][row])
        calm_from = np.where(series.per_row(row >= 0), last + series.per_row(self._within_ms[row]), LONG_AGO_MS)
        often = np.zeros(len(t), dtype=np.bool_)
        at = (rise & series.per_row(row >= 0)).nonzero()[0]
        if len(at):
            row = series.per_row(row)[at]
            for turn in rounds(Series.of_keys(row).place(), np.arange(len(at))):
                often[at[turn]] = self._rise(level, row[turn], t[at[turn]])
        return often, calm_from

    def _rise(self, level: int, row: Index, t: I64) -> Bool:
        count = self.rises[level, row]
        self.ring[level, row, count % self._length] = t
        nth_last = count - self._n[row] + 1
        then = self.ring[level, row, nth_last % self._length]
        self.rises[level, row] = count + 1
        self.last[level, row] = t
        often: Bool = (nth_last >= 0) & (t - then <= self._within_ms[row])
        return often

    def calm_from(self, level: int, slot: Index) -> I64:
        """The time from which a level may go off: last rise + within_s; long ago where the rule does not count."""
        row = self._row[slot]
        calm = self.last[level, row] + self._within_ms[row]
        return np.where(row >= 0, calm, LONG_AGO_MS)

    def carry(self, old: "RiseCounter", source: Index, target: Index, levels: list[tuple[int, int]]) -> None:
        """Go on from the rises that `old` has counted for slots whose rule is the same (and counts alike)."""
        before, after = old._row[source], self._row[target]
        both = (before >= 0) & (after >= 0)
        before, after = before[both], after[both]
        for i, j in levels:
            rises = old.rises[i, before]
            for back in range(1, min(old._length, self._length) + 1):
                place = rises - back
                held = place >= 0
                ring = old.ring[i, before[held], place[held] % old._length]
                self.ring[j, after[held], place[held] % self._length] = ring
            self.rises[j, after] = rises
            self.last[j, after] = old.last[i, before]
