"""twa (semantics 3.5): the time-weighted average of a span, proven whatever is missing, or on enough data."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from rules.conditions.panes import Panes, ring_of, run_panes
from rules.engine.bank import LevelBank
from rules.engine.columns import F64, I64, LONG_AGO_MS, Bool, Index, to_ms
from rules.engine.gate import Gated, latch
from rules.engine.levels_of_slots import levels_used, per_slot, rule_values
from rules.engine.output import Output
from rules.engine.point_table import PointTable
from rules.engine.points import PointState, Rows
from rules.engine.slots import make_slots
from rules.engine.thresholds import Thresholds
from rules.engine.view import View, look
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
        self.bank.alarms.limits = on
        self.panes = Panes(np.array([to_ms(g.over_s) for g in given], dtype=np.int64)[self.slots.rule])
        self._max_gap_ms: I64 = np.array([to_ms(g.max_gap_s) for g in given], dtype=np.int64)[self.slots.rule]
        self.pane_sum: F64 = np.zeros(n)
        self.pane_ms: I64 = np.zeros(n, dtype=np.int64)
        self.closed_sum: F64 = np.zeros(n)
        self.closed_ms: I64 = np.zeros(n, dtype=np.int64)
        self.ring_sum: F64 = ring_of(n, 0, np.float64)
        self.ring_ms: I64 = ring_of(n, 0, np.int64)
        self.first_t: I64 = np.full(n, LONG_AGO_MS)
        self.incomplete: Bool = np.zeros(n, dtype=np.bool_)
        """Where the first span is over and less than three quarters of the last one is covered."""

    def update(self, rows: Rows, points: PointState, out: Output) -> None:
        """Take usable readings in."""
        view = look(self.slots, rows)
        slot, series = view.slot, view.series
        value, t, at = view.of(rows.value), view.of(rows.t), self.slots.point.take(slot)
        fresh = self.first_t.take(slot) == LONG_AGO_MS
        if fresh.any():
            self.first_t[slot[fresh]] = series.first(t)[fresh]
        walk = self.panes.walk(view, t)
        over_ms = series.per_row(self.panes.over_ms.take(slot))
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            step = t - series.before(t, points.usable_t.take(at))
            step = np.minimum(step, series.per_row(self._max_gap_ms.take(slot)))
            added = series.before(value, points.usable_value.take(at)) * step
            if fresh.any():
                first = series.at_first(fresh)
                step[first], added[first] = 0, 0.0
            total = run_panes(walk, np.add, 0.0, added, self.pane_sum, self.closed_sum, self.ring_sum)
            covered = run_panes(walk, np.add, 0, step, self.pane_ms, self.closed_ms, self.ring_ms)
            enough = 4 * covered >= 3 * over_ms
            # True at S/W >= L, or with enough data at S/C >= L: both at once as one number held against L.
            score = total / over_ms
            score = np.where(enough, np.maximum(score, total / covered), score)
        self.incomplete[slot] = series.final(~enough & (t - series.per_row(self.first_t.take(slot)) >= over_ms))
        screened = view.pick(series.some(self._thresholds.beyond(view, score)) | self.bank.busy.take(slot))
        if screened is not None:
            view, rows_at = screened
            score = score[rows_at]
            gated = self.bank.gated(rows, view)
            raws = self._raws(view, score, enough[rows_at], gated)
            self.bank.settle(rows, view, raws, score, points.usable_t, out, gated=gated)

    def _raws(self, view: View, score: F64, enough: Bool, gated: Gated | None) -> list[Bool]:
        slot, series, raws = view.slot, view.series, []
        for k, before in enumerate(self.bank.raw):
            on, off = self._thresholds.on[k], self._thresholds.off[k]
            # Sums that overflowed both ways are no number, and hold against nothing (3.5: false when neither holds).
            to_false = enough & ~(score >= series.per_row(off[slot]))
            raws.append(latch(series, score >= series.per_row(on[slot]), to_false, before[slot], gated, k))
        return raws


def _twa(rule: Rule) -> Twa:
    assert rule.condition.twa is not None  # noqa: S101 - rules come grouped by kind
    return rule.condition.twa
