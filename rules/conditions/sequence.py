"""sequence (docs/reference/several-points.md): one condition, then another within a time, in one unit."""

from typing import ClassVar

import numpy as np

from rules.engine.columns import I64, LONG_AGO_MS, Bool, to_ms
from rules.engine.output import Output
from rules.engine.series import Series
from rules.engine.several.counting import Turns, difference
from rules.engine.several.group import Decided, Happened, SubjectGroup
from rules.engine.several.group_layout import GroupLayout
from rules.engine.several.happenings import SourceChanges
from rules.engine.several.standing import Standing
from rules.schema import Rule


class SequenceGroup(SubjectGroup):
    """All subjects of sequences.

    first_on, then_on   the sides at the last decision
    first_t             when `first` last turned true
    """

    COLUMNS: ClassVar[tuple[str, ...]] = (*SubjectGroup.COLUMNS, "first_on", "then_on", "first_t")

    def __init__(self, layout: GroupLayout) -> None:
        super().__init__(layout)
        size = layout.table.size
        self._within_ms: I64 = np.array([_within_ms(rule) for rule in layout.rules], dtype=np.int64)[self.slots.rule]
        self.first_on: Bool = np.zeros(size, dtype=np.bool_)
        self.then_on: Bool = np.zeros(size, dtype=np.bool_)
        self.first_t: I64 = np.full(size, LONG_AGO_MS)
        self._on: I64 = np.zeros((2, size), dtype=np.int64)
        """By side and subject: how many members are on."""

    def begin(self, standing: Standing) -> None:
        """Count the members that are on."""
        layout = self.layout
        on = (standing.bits[layout.stream] & layout.counts) > 0
        for side in range(2):
            here = layout.subject[on & (layout.role == side)]
            self._on[side] = np.bincount(here, minlength=layout.table.size)

    def take(self, happened: Happened, standing: Standing, out: Output) -> SourceChanges:
        """Decide every subject concerned; one at which nothing can change is only remembered as decided."""
        layout = self.layout
        turns = Turns(layout, happened, standing)
        concern = self.pass_over(self.concerned(happened), self.active(layout.subject[turns.member]))
        found = turns.moments(layout, concern)
        counts, role = layout.counts[turns.member], layout.role[turns.member]
        turned = difference((turns.bits & counts) > 0, (turns.bits_before & counts) > 0)
        sides: list[Bool] = []
        for side in range(2):
            step = np.zeros(len(found.order), dtype=np.int64)
            step[len(concern) :] = np.where(role == side, turned, 0)
            total, base = found.events.sums(step[found.order])
            count = total + found.events.per_row(self._on[side, found.subject] - base)
            self._on[side, found.subject] = found.events.final(count)
            sides.append(count[found.row] > 0)
        first_on, then_on = sides
        t, series = self.decision_times(found), Series.of_keys(found.at)
        subject = series.first(found.at)
        first_rises = first_on & ~series.before(first_on, self.first_on[subject])
        then_rises = then_on & ~series.before(then_on, self.then_on[subject])
        first_t = series.since(first_rises, t, self.first_t[subject])
        self.first_on[subject], self.then_on[subject] = series.final(first_on), series.final(then_on)
        self.first_t[subject] = series.final(first_t)
        no = np.zeros(len(t), dtype=np.bool_)
        nothing = np.full(len(t), np.nan)
        decided = Decided(
            at=found.at,
            t=t,
            received=found.received,
            turns_true=then_rises & (t - first_t <= self._within_ms[found.at]),
            turns_false=~then_on,
            unknown=no,
            value=nothing,
            limit=None,
            degraded=no,
            lost=nothing,
        )
        return self.settle(decided, out)


def _within_ms(rule: Rule) -> int:
    assert rule.condition.sequence is not None  # noqa: S101 - rules come grouped by kind
    return to_ms(rule.condition.sequence.within_s)
