"""twa (semantics 3.5): the time-weighted average of a span, proven whatever is missing, or on enough data."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from rules.conditions.panes import PANES, Panes
from rules.engine.bank import LevelBank
from rules.engine.columns import F64, I64, LONG_AGO_MS, Bool, Index, to_ms
from rules.engine.group import settle, spread
from rules.engine.levels_of_slots import levels_used, per_slot, rule_values
from rules.engine.output import Output
from rules.engine.point_table import PointTable
from rules.engine.points import PointState, Rows
from rules.engine.slots import make_slots
from rules.engine.thresholds import Thresholds
from rules.schema import Rule, Twa


class TwaGroup:
    """All slots of twa rules: sums of value x ms and of ms, per pane and of the panes before it."""

    name = "twa"
    COLUMNS: ClassVar[tuple[str, ...]] = (
        "pane_sum",
        "pane_ms",
        "closed_sum",
        "closed_ms",
        "ring_sum",
        "ring_ms",
        "first_t",
        "incomplete",
    )

    def __init__(self, rules: list[Rule], subjects: Sequence[Index], table: PointTable) -> None:
        self.slots = make_slots(rules, list(subjects), table.size)
        n = len(self.slots)
        levels = levels_used(rules)
        self.bank = LevelBank(self.slots, levels, table, timers=False)
        given = [_twa(rule) for rule in rules]
        on = rule_values(self.slots, levels)
        self._thresholds = Thresholds(levels, on, on - per_slot(self.slots, [g.deadband for g in given]))
        self.bank.limits = on
        self.panes = Panes(np.array([to_ms(g.over_s) for g in given], dtype=np.int64)[self.slots.rule])
        self._max_gap_ms: I64 = np.array([to_ms(g.max_gap_s) for g in given], dtype=np.int64)[self.slots.rule]
        self.pane_sum: F64 = np.zeros(n)
        self.pane_ms: I64 = np.zeros(n, dtype=np.int64)
        self.closed_sum: F64 = np.zeros(n)
        self.closed_ms: I64 = np.zeros(n, dtype=np.int64)
        self.ring_sum: F64 = np.zeros((PANES, n))
        self.ring_ms: I64 = np.zeros((PANES, n), dtype=np.int64)
        self.first_t: I64 = np.full(n, LONG_AGO_MS)
        self.incomplete: Bool = np.zeros(n, dtype=np.bool_)
        """Where the first span is over and less than three quarters of the last one is covered."""

    def update(self, rows: Rows, points: PointState, out: Output) -> None:
        """Take usable readings in."""
        row, slot = self.slots.of(rows.point)
        t = spread(rows.t, row)
        first = self.first_t[slot] == LONG_AGO_MS
        if first.any():
            self.first_t[slot[first]] = t[first]
        before = rows.point if row is None else rows.point[row]
        at = self.panes.entering(slot, t)
        if len(at):
            self._enter(slot[at], t[at])
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            step = np.minimum(t - points.usable_t[before], self._max_gap_ms[slot])
            added = points.usable_value[before] * step
            if first.any():
                step[first], added[first] = 0, 0.0
            pane_sum, pane_ms = self.pane_sum[slot] + added, self.pane_ms[slot] + step
            self.pane_sum[slot], self.pane_ms[slot] = pane_sum, pane_ms
            total, covered = self.closed_sum[slot] + pane_sum, self.closed_ms[slot] + pane_ms
            over_ms = self.panes.over_ms[slot]
            enough = 4 * covered >= 3 * over_ms
            # True at S/W >= L, or with enough data at S/C >= L: both at once as one number held against L.
            score = np.where(enough, np.maximum(total / over_ms, total / covered), total / over_ms)
        self.incomplete[slot] = ~enough & (t - self.first_t[slot] >= over_ms)
        at = np.flatnonzero(self._thresholds.beyond(slot, score) | self.bank.busy[slot])
        if len(at):
            raws = self._raws(slot[at], score[at], enough[at])
            settle(self.bank, raws, rows, row, slot, at, score, points.usable_t, out)

    def _raws(self, slot: Index, score: F64, enough: Bool) -> list[Bool]:
        on, off, before = self._thresholds.on[:, slot], self._thresholds.off[:, slot], self.bank.raw[:, slot]
        return list((score >= on) | (before & ~(enough & (score < off))))

    def _enter(self, slot: Index, t: I64) -> None:
        closing, place = self.panes.close(slot)
        self.ring_sum[place, closing] = self.pane_sum[closing]
        self.ring_ms[place, closing] = self.pane_ms[closing]
        self.panes.enter(slot, t)
        self.pane_sum[slot], self.pane_ms[slot] = 0.0, 0
        total, covered = np.zeros(len(slot)), np.zeros(len(slot), dtype=np.int64)
        with np.errstate(over="ignore", invalid="ignore"):
            for place, holds in self.panes.closed(slot):
                total = np.where(holds, total + self.ring_sum[place, slot], total)
                covered = np.where(holds, covered + self.ring_ms[place, slot], covered)
        self.closed_sum[slot] = total
        self.closed_ms[slot] = covered


def _twa(rule: Rule) -> Twa:
    assert rule.condition.twa is not None  # noqa: S101 - rules come grouped by kind
    return rule.condition.twa
