"""frozen (semantics 3.6): a value that has not moved by more than epsilon for a time."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from rules.engine.bank import LevelBank
from rules.engine.columns import F64, I64, LONG_AGO_MS, Bool, Index, to_ms
from rules.engine.group import settle_one
from rules.engine.levels_of_slots import per_slot
from rules.engine.output import Output
from rules.engine.point_table import PointTable
from rules.engine.points import PointState, Rows
from rules.engine.slots import make_slots
from rules.engine.view import View, look
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
        view = look(self.slots, rows)
        slot, series = view.slot, view.series
        value, t = view.of(rows.value), view.of(rows.t)
        moved = self._moved(view, value)
        first_t = series.since(moved, t, self.first_t.take(slot))
        first_value = series.since(moved, value, self.first_value.take(slot))
        self.first_t[slot], self.first_value[slot] = series.final(first_t), series.final(first_value)
        raw = ~moved & (t - first_t >= series.per_row(self._for_ms.take(slot)))
        if raw.any():
            low, high = series.per_row(self._ignore_low[slot]), series.per_row(self._ignore_high[slot])
            raw &= ~((first_value >= low) & (first_value <= high))
        settle_one(self.bank, raw, rows, view, value, points.usable_t, out)

    def _moved(self, view: View, value: F64) -> Bool:
        """Where a run starts. NaN stands for no run yet, and differs from everything."""
        series, epsilon, first = view.series, self._epsilon.take(view.slot), self.first_value.take(view.slot)
        # Without an epsilon all values of a run are equal, so the one before is as good as the first.
        moved = ~(np.abs(value - series.before(value, first)) <= series.per_row(epsilon))
        if series.start is not None:
            for i in epsilon.nonzero()[0].tolist():
                rows = slice(int(series.start[i]), int(series.last[i]) + 1)
                moved[rows] = _run_starts(value[rows].tolist(), float(first[i]), float(epsilon[i]))
        return moved


def _run_starts(values: list[float], first: float, epsilon: float) -> list[bool]:
    starts = []
    for value in values:
        moved = not abs(value - first) <= epsilon
        if moved:
            first = value
        starts.append(moved)
    return starts


def _frozen(rule: Rule) -> Frozen:
    assert rule.condition.frozen is not None  # noqa: S101 - rules come grouped by kind
    return rule.condition.frozen
