"""vote (docs/reference/several-points.md): how many members have the condition of a named rule."""

import numpy as np

from rules.engine.columns import F64, I64, Index
from rules.engine.output import Output
from rules.engine.series import Series
from rules.engine.several.counting import Turns, difference
from rules.engine.several.group import Decided, Happened, SubjectGroup
from rules.engine.several.group_layout import GroupLayout
from rules.engine.several.happenings import SourceChanges
from rules.engine.several.standing import Standing
from rules.schema import Rule


class VoteGroup(SubjectGroup):
    """All subjects of votes."""

    def __init__(self, layout: GroupLayout) -> None:
        super().__init__(layout)
        self._n: I64 = np.array([_n(rule) for rule in layout.rules], dtype=np.int64)[self.slots.rule]
        self._counts: I64 = np.zeros((4, layout.table.size), dtype=np.int64)
        """By subject: members known, known and on, known and on at the lone level, silent."""
        self._need: F64 = self._n.astype(np.float64)[None, :]
        self.bank.alarms.limits = self._need

    def begin(self, standing: Standing) -> None:
        """Count the members."""
        layout = self.layout
        known, silent = standing.known[layout.source], standing.silent[layout.source]
        bits = standing.bits[layout.stream]
        on, lone = known & (bits & layout.counts > 0), known & (bits & layout.lone > 0)
        size = layout.table.size
        for row, mark in enumerate((known, on, lone, silent)):
            self._counts[row] = np.bincount(layout.subject[mark], minlength=size)
        self._need[0] = self._needed(np.arange(size), self._counts[0])

    def take(self, happened: Happened, standing: Standing, out: Output) -> SourceChanges:
        """Decide every subject concerned; one at which nothing can change is only remembered as decided."""
        layout = self.layout
        turns = Turns(layout, happened, standing)
        concern = self.pass_over(self.concerned(happened), self.active(layout.subject[turns.member]))
        found = turns.moments(layout, concern)
        steps = np.zeros((4, len(found.order)), dtype=np.int64)
        counts, lone = layout.counts[turns.member], layout.lone[turns.member]
        for row, mask in enumerate((None, counts, lone)):
            after, before = turns.known, turns.known_before
            if mask is not None:
                after, before = after & (turns.bits & mask > 0), before & (turns.bits_before & mask > 0)
            steps[row, len(concern) :] = difference(after, before)
        steps[3, len(concern) :] = difference(turns.silent, turns.silent_before)
        standing_at = [self._follow(found.events, steps[row][found.order], found.subject, row) for row in range(4)]
        known, on, alone, silent = (column[found.row] for column in standing_at)
        need = self._needed(found.at, known)
        raw = (on >= need) | (alone > 0)
        decided = Decided(
            at=found.at,
            t=self.decision_times(found),
            received=found.received,
            turns_true=raw & (known > 0),
            turns_false=~raw & (known > 0),
            unknown=known == 0,
            value=on.astype(np.float64),
            limit=need.astype(np.float64),
            degraded=silent > 0,
            lost=silent.astype(np.float64),
        )
        changes = self.settle(decided, out)
        last = Series.of_keys(found.at).last
        self._need[0, found.at[last]] = need[last]
        return changes

    def _needed(self, subject: Index, known: I64) -> I64:
        needed: I64 = np.maximum(1, self._n[subject] - (self.layout.members[subject] - known))
        return needed

    def _follow(self, events: Series, step: I64, subject: Index, row: int) -> I64:
        """A count after each event."""
        total, base = events.sums(step)
        count: I64 = total + events.per_row(self._counts[row, subject] - base)
        self._counts[row, subject] = events.final(count)
        return count


def _n(rule: Rule) -> int:
    assert rule.condition.vote is not None  # noqa: S101 - rules come grouped by kind
    return rule.condition.vote.n
