"""rate (semantics 3.3): the change per second against the first reading of the oldest pane of a span."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from rules.conditions.panes import Panes, Walk, ring_of
from rules.engine.bank import LevelBank
from rules.engine.columns import F64, I64, Index, to_ms
from rules.engine.group import settle_levels
from rules.engine.levels_of_slots import levels_used, per_slot, rule_values
from rules.engine.output import Output
from rules.engine.point_table import PointTable
from rules.engine.points import PointState, Rows
from rules.engine.slots import make_slots
from rules.engine.thresholds import Thresholds
from rules.engine.view import look
from rules.schema import Rate, Rule


class RateGroup:
    """All slots of rate rules. Each pane keeps its first reading; `base` is that of the oldest pane."""

    name = "rate"
    COLUMNS: ClassVar[tuple[str, ...]] = ("pane_t", "pane_value", "base_t", "base_value", "ring_t", "ring_value")

    def __init__(self, rules: list[Rule], subjects: Sequence[Index], table: PointTable) -> None:
        self.slots = make_slots(rules, list(subjects), table.size)
        n = len(self.slots)
        levels = levels_used(rules)
        self.bank = LevelBank(self.slots, levels, table, timers=False)
        given = [_rate(rule) for rule in rules]
        on = rule_values(self.slots, levels)
        off = on * (1 - per_slot(self.slots, [g.deadband_fraction for g in given]))
        self._thresholds = Thresholds(levels, on, off)
        self.bank.alarms.limits = on
        self.panes = Panes(np.array([to_ms(g.over_s) for g in given], dtype=np.int64)[self.slots.rule])
        self.pane_t: I64 = np.zeros(n, dtype=np.int64)
        self.pane_value: F64 = np.zeros(n)
        self.base_t: I64 = np.zeros(n, dtype=np.int64)
        self.base_value: F64 = np.zeros(n)
        self.ring_t: I64 = ring_of(n, 0, np.int64)
        self.ring_value: F64 = ring_of(n, 0, np.float64)

    def update(self, rows: Rows, points: PointState, out: Output) -> None:
        """Take usable readings in."""
        view = look(self.slots, rows)
        value, t = view.of(rows.value), view.of(rows.t)
        walk = self.panes.walk(view, t)
        base_t, base_value = self._base(walk, t, value)
        span = t - base_t
        known = 2 * span >= view.series.per_row(self.panes.over_ms.take(view.slot))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            rate = np.where(known, (value - base_value) / (span / 1000), np.nan)
        settle_levels(self.bank, self._thresholds, rows, view, rate, points.usable_t, out)

    def _base(self, walk: Walk, t: I64, value: F64) -> tuple[I64, F64]:
        """The base of each row."""
        stays, entered = walk.stays, walk.entered
        if not len(entered):
            return stays.per_row(walk.begin(self.base_t, 0)), stays.per_row(walk.begin(self.base_value, 0.0))
        # What a pane holds is its first reading, of which a stay that goes on knows through the state.
        first_t = walk.begin(self.pane_t, stays.first(t)[entered])
        first_value = walk.begin(self.pane_value, stays.first(value)[entered])
        all_t = walk.listed(self.ring_t, self.pane_t, first_t)
        all_value = walk.listed(self.ring_value, self.pane_value, first_value)
        base_t, base_value = first_t[entered], first_value[entered]
        missing = np.ones(len(entered), dtype=np.bool_)
        for at, counts in walk.before():
            oldest = missing & counts
            base_t = np.where(oldest, all_t[at], base_t)
            base_value = np.where(oldest, all_value[at], base_value)
            missing &= ~counts
        by_stay = walk.begin(self.base_t, base_t), walk.begin(self.base_value, base_value)
        walk.put_away(self.ring_t, all_t)
        walk.put_away(self.ring_value, all_value)
        slot, last = walk.slot, walk.last
        self.pane_t[slot], self.pane_value[slot] = first_t[entered[last]], first_value[entered[last]]
        self.base_t[slot], self.base_value[slot] = base_t[last], base_value[last]
        return stays.per_row(by_stay[0]), stays.per_row(by_stay[1])


def _rate(rule: Rule) -> Rate:
    assert rule.condition.rate is not None  # noqa: S101 - rules come grouped by kind
    return rule.condition.rate
