"""From keys to what belongs to each: a compressed list of pairs."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from rules.engine.columns import Index


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """The values of key k are `value[start[k]:start[k + 1]]`. Keys beyond the last one have none."""

    start: Index
    value: Index
    one_each: bool
    """Whether every key has exactly one value."""

    @classmethod
    def of(cls, key: Index, value: Index) -> Self:
        """Pairs in any order; the values of a key keep theirs."""
        order = np.argsort(key, kind="stable")
        size = int(key.max()) + 1 if len(key) else 0
        count = np.bincount(key, minlength=size)
        start = np.concatenate([np.zeros(1, dtype=np.intp), np.cumsum(count)]).astype(np.intp)
        return cls(start, value[order], bool((count == 1).all()))

    def look_up(self, key: Index) -> tuple[Index | None, Index]:
        """(place among `key`, value) of every pair, ordered by place; None where both are one to one."""
        size = len(self.start) - 1
        inside = key < size
        if not inside.all():
            at = np.flatnonzero(inside)
            place, value = self.look_up(key[at])
            return at if place is None else at[place], value
        if self.one_each:
            return None, self.value.take(key)
        first = self.start.take(key)
        count = self.start.take(key + 1) - first
        place = np.repeat(np.arange(len(key)), count)
        ends = np.cumsum(count)
        return place, self.value.take(np.repeat(first - (ends - count), count) + np.arange(len(place)))
