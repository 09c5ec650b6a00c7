"""rate (semantics 3.3): the change per second against the first reading of the oldest pane of a span."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from rules.conditions.panes import PANES, Panes
from rules.engine.bank import LevelBank
from rules.engine.columns import F64, I64, Index, to_ms
from rules.engine.group import settle_screened, spread
from rules.engine.levels_of_slots import levels_used, per_slot, rule_values
from rules.engine.output import Output
from rules.engine.point_table import PointTable
from rules.engine.points import PointState, Rows
from rules.engine.slots import make_slots
from rules.engine.thresholds import Thresholds
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
        self.bank.limits = on
        self.panes = Panes(np.array([to_ms(g.over_s) for g in given], dtype=np.int64)[self.slots.rule])
        self.pane_t: I64 = np.zeros(n, dtype=np.int64)
        self.pane_value: F64 = np.zeros(n)
        self.base_t: I64 = np.zeros(n, dtype=np.int64)
        self.base_value: F64 = np.zeros(n)
        self.ring_t: I64 = np.zeros((PANES, n), dtype=np.int64)
        self.ring_value: F64 = np.zeros((PANES, n))

    def update(self, rows: Rows, points: PointState, out: Output) -> None:
        """Take usable readings in."""
        row, slot = self.slots.of(rows.point)
        value, t = spread(rows.value, row), spread(rows.t, row)
        at = self.panes.entering(slot, t)
        if len(at):
            self._enter(slot[at], t[at], value[at])
        span = t - self.base_t[slot]
        known = 2 * span >= self.panes.over_ms[slot]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            rate = np.where(known, (value - self.base_value[slot]) / (span / 1000), np.nan)
        settle_screened(self.bank, self._thresholds, rows, row, slot, rate, points.usable_t, out)

    def _enter(self, slot: Index, t: I64, value: F64) -> None:
        closing, place = self.panes.close(slot)
        self.ring_t[place, closing] = self.pane_t[closing]
        self.ring_value[place, closing] = self.pane_value[closing]
        self.panes.enter(slot, t)
        self.pane_t[slot] = t
        self.pane_value[slot] = value
        base_t, base_value = t.copy(), value.copy()
        missing = np.ones(len(slot), dtype=np.bool_)
        for place, holds in self.panes.closed(slot):
            oldest = missing & holds
            base_t = np.where(oldest, self.ring_t[place, slot], base_t)
            base_value = np.where(oldest, self.ring_value[place, slot], base_value)
            missing &= ~holds
        self.base_t[slot] = base_t
        self.base_value[slot] = base_value


def _rate(rule: Rule) -> Rate:
    assert rule.condition.rate is not None  # noqa: S101 - rules come grouped by kind
    return rule.condition.rate
