"""frozen (semantics 3.6): a value that has not moved by more than epsilon for a time."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from rules.engine.bank import LevelBank
from rules.engine.columns import F64, I64, LONG_AGO_MS, Index, to_ms
from rules.engine.group import settle, spread
from rules.engine.levels_of_slots import per_slot
from rules.engine.output import Output
from rules.engine.point_table import PointTable
from rules.engine.points import PointState, Rows
from rules.engine.slots import make_slots
from rules.schema import Frozen, Rule


class FrozenGroup:
    """All slots of frozen rules; `first_t` and `first_value` are those of the current run's first reading."""

    name = "frozen"
    COLUMNS: ClassVar[tuple[str, ...]] = ("first_t", "first_value")

    def __init__(self, rules: list[Rule], subjects: Sequence[Index], table: PointTable) -> None:
        self.slots = make_slots(rules, list(subjects), table.size)
        self.bank = LevelBank(self.slots, ("on",), table, timers=False)
        given = [_frozen(rule) for rule in rules]
        self._for_ms: I64 = np.array([to_ms(g.for_s) for g in given], dtype=np.int64)[self.slots.rule]
        self._epsilon = per_slot(self.slots, [g.epsilon for g in given])
        self._ignore_low = per_slot(self.slots, [g.ignore[0] if g.ignore else np.nan for g in given])
        self._ignore_high = per_slot(self.slots, [g.ignore[1] if g.ignore else np.nan for g in given])
        self.first_t: I64 = np.full(len(self.slots), LONG_AGO_MS)
        self.first_value: F64 = np.full(len(self.slots), np.nan)

    def update(self, rows: Rows, points: PointState, out: Output) -> None:
        """Take usable readings in."""
        row, slot = self.slots.of(rows.point)
        value, t = spread(rows.value, row), spread(rows.t, row)
        first = self.first_value[slot]
        # NaN stands for no run yet, and differs from everything.
        moved = ~(np.abs(value - first) <= self._epsilon[slot])
        at = np.flatnonzero(moved)
        self.first_t[slot[at]] = t[at]
        self.first_value[slot[at]] = value[at]
        raw = ~moved & (t - self.first_t[slot] >= self._for_ms[slot])
        at = np.flatnonzero(raw)
        raw[at] = ~((first[at] >= self._ignore_low[slot[at]]) & (first[at] <= self._ignore_high[slot[at]]))
        at = np.flatnonzero(raw | self.bank.busy[slot])
        if len(at):
            settle(self.bank, [raw[at]], rows, row, slot, at, value, points.usable_t, out)


def _frozen(rule: Rule) -> Frozen:
    assert rule.condition.frozen is not None  # noqa: S101 - rules come grouped by kind
    return rule.condition.frozen
