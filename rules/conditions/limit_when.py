"""limit with `when`: other limits while something is the case at another point (docs/reference/schedules.md)."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from rules.engine.bank import LevelBank
from rules.engine.circumstances import Circumstances
from rules.engine.columns import F64, Index
from rules.engine.gate import Timing, latch
from rules.engine.levels_of_slots import levels_used, per_slot, rule_values, with_cells
from rules.engine.output import Output
from rules.engine.point_table import PointTable
from rules.engine.points import PointState, Rows
from rules.engine.slots import make_slots
from rules.engine.surroundings import Surroundings
from rules.engine.thresholds import HIGH
from rules.engine.view import View, look
from rules.schema import Rule


class LimitWhenGroup:
    """All slots of limit rules with `when`; `limits` are those of each slot's last reading, by level and slot."""

    name = "limit.when"
    COLUMNS: ClassVar[tuple[str, ...]] = ("limits",)

    def __init__(
        self,
        rules: list[Rule],
        subjects: Sequence[Index],
        table: PointTable,
        timings: Sequence[Timing],
        surroundings: Surroundings,
    ) -> None:
        self.slots = make_slots(rules, list(subjects), table.size)
        self.levels = levels_used(rules)
        self.bank = LevelBank(self.slots, self.levels, table, timers=True)
        self._own = rule_values(self.slots, self.levels)
        self._deadband = per_slot(self.slots, [r.condition.limit.deadband if r.condition.limit else 0.0 for r in rules])
        with_cells(self._own, self._deadband, self.slots, self.levels, table)
        self._tighter = [np.fmin if level in HIGH else np.fmax for level in self.levels]
        most = max(len(timing.when) for timing in timings)
        self._entries = [
            (
                Circumstances(
                    self.slots, [t.when[e] if e < len(t.when) else None for t in timings], surroundings, absent=False
                ),
                self._entry_values(rules, e, table),
            )
            for e in range(most)
        ]
        self.limits: F64 = self._own.copy()
        self.bank.alarms.limits = self.limits

    def update(self, rows: Rows, points: PointState, out: Output) -> None:
        """Take usable readings in."""
        view = look(self.slots, rows)
        value = view.of(rows.value)
        limits = self._limits_at(rows, view)
        self.limits[:, view.slot] = limits if view.series.start is None else limits[:, view.series.last]
        hit = np.zeros(len(value), dtype=np.bool_)
        for level, limit in zip(self.levels, limits, strict=True):
            hit |= value >= limit if level in HIGH else value <= limit
        screened = view.pick(view.series.some(hit) | self.bank.busy.take(view.slot))
        if screened is not None:
            view, at = screened
            value, limits = value[at], limits[:, at]
            gated = self.bank.gated(rows, view)
            deadband = view.series.per_row(self._deadband[view.slot])
            raws = []
            for k, (level, limit) in enumerate(zip(self.levels, limits, strict=True)):
                high, before = level in HIGH, self.bank.raw[k][view.slot]
                to_true = value >= limit if high else value <= limit
                to_false = value < limit - deadband if high else value > limit + deadband
                raws.append(latch(view.series, to_true, to_false, before, gated, k))
            self.bank.settle(rows, view, raws, value, points.usable_t, out, limits=limits, gated=gated)

    def _entry_values(self, rules: list[Rule], e: int, table: PointTable) -> F64:
        """By level and slot: what the e-th entry makes of the limit, a tighter cell put in its place."""
        values = np.full((len(self.levels), len(rules)), np.nan)
        for r, rule in enumerate(rules):
            for k, level in enumerate(self.levels):
                if e < len(rule.when) and level in rule.levels:
                    values[k, r] = getattr(rule.when[e].levels, level)
        by_slot = values[:, self.slots.rule]
        takes = np.array([rule.cells for rule in rules], dtype=np.bool_)[self.slots.rule]
        for k, level in enumerate(self.levels):
            cell = np.where(takes, table.cells[level][self.slots.point], np.nan)
            tighter = self._tighter[k](by_slot[k], cell)
            # A level that the point lacks stays lacking; so does one that the rule does not name.
            by_slot[k] = np.where(np.isnan(self._own[k]) | np.isnan(by_slot[k]), np.nan, tighter)
        return by_slot

    def _limits_at(self, rows: Rows, view: View) -> F64:
        """The limits in force, by level and row."""
        slot, received = view.series.per_row(view.slot), view.of(rows.received)
        bound = np.full((len(self.levels), len(slot)), np.nan)
        """The tightest so far of entries whose formula is unknown."""
        found = self._own[:, slot]
        searching = np.ones(len(slot), dtype=np.bool_)
        for circumstances, values in self._entries:
            truth, of_entry = circumstances.truth(view, received), values[:, slot]
            np.copyto(found, of_entry, where=searching & truth.true)
            unknown = searching & ~truth.true & ~truth.false
            for k, tighter in enumerate(self._tighter):
                bound[k] = np.where(unknown, tighter(bound[k], of_entry[k]), bound[k])
            searching &= ~truth.true
        for k, tighter in enumerate(self._tighter):
            found[k] = tighter(found[k], bound[k])
        # Cells can put hh below h, or ll above l: hh true makes h true.
        for inner, outer, tighter in (("h", "hh", np.fmin), ("l", "ll", np.fmax)):
            if inner in self.levels and outer in self.levels:
                i, o = self.levels.index(inner), self.levels.index(outer)
                found[i] = np.where(np.isnan(found[i]), np.nan, tighter(found[i], found[o]))
        return found
