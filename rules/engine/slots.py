"""Slots: one per (rule, point) of a condition kind, ordered by point, found from points in one look-up."""

from dataclasses import dataclass

import numpy as np

from rules.engine.columns import I32, Index
from rules.schema import Rule


@dataclass(frozen=True, slots=True, eq=False)
class Slots:
    """The slots of one group.

    point, rule   per slot: point number, index into `rules`
    first, count  per point number: the first slot of the point (or 0) and how many it has
    """

    rules: tuple[Rule, ...]
    point: Index
    rule: I32
    first: Index
    count: I32
    most: int
    """The largest number of slots on one point."""
    one_each: bool
    """Whether every point number has just one slot, which then has its number."""

    def __len__(self) -> int:
        return len(self.point)

    def of(self, point: Index) -> tuple[Index | None, Index]:
        """For rows on `point`: (row of each slot, slot); the first is None where rows and slots are one to one."""
        if self.most <= 1:
            if self.one_each:
                return None, point
            rows = self.count.take(point).nonzero()[0]
            return (None, self.first.take(point)) if len(rows) == len(point) else (rows, self.first[point[rows]])
        counts = self.count[point]
        rows = np.repeat(np.arange(len(point)), counts)
        ends = np.cumsum(counts)
        within = np.arange(len(rows)) - np.repeat(ends - counts, counts)
        return rows, self.first[point[rows]] + within


def make_slots(rules: list[Rule], subjects: list[Index], size: int) -> Slots:
    """Slots of rules on their subjects (ascending point numbers below `size`)."""
    point = np.concatenate([np.zeros(0, dtype=np.intp), *subjects])
    rule = np.repeat(np.arange(len(rules), dtype=np.int32), [len(s) for s in subjects])
    order = np.lexsort((rule, point))
    point, rule = point[order], rule[order]
    count = np.bincount(point, minlength=size).astype(np.int32)
    first = (np.cumsum(count) - count).astype(np.intp)
    first[count == 0] = 0
    return Slots(
        rules=tuple(rules),
        point=point,
        rule=rule,
        first=first,
        count=count,
        most=int(count.max()) if size else 0,
        one_each=bool((count == 1).all()),
    )
