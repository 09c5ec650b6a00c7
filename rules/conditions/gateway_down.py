"""gateway_down (docs/reference/instrument-conditions.md): nothing usable comes through a gateway any more."""

import numpy as np

from rules.engine.columns import I64
from rules.engine.output import Output
from rules.engine.several.counting import Turns, difference
from rules.engine.several.group import Decided, Happened, SubjectGroup
from rules.engine.several.group_layout import GroupLayout
from rules.engine.several.happenings import SourceChanges
from rules.engine.several.standing import Standing


class GatewayDownGroup(SubjectGroup):
    """All gateways of gateway_down rules; the members are the points behind each."""

    def __init__(self, layout: GroupLayout) -> None:
        super().__init__(layout)
        self._silent: I64 = np.zeros(layout.table.size, dtype=np.int64)
        """By subject: members silent."""

    def begin(self, standing: Standing) -> None:
        """Count the members."""
        layout = self.layout
        silent = standing.silent[layout.source]
        self._silent[:] = np.bincount(layout.subject[silent], minlength=layout.table.size)

    def take(self, happened: Happened, standing: Standing, out: Output) -> SourceChanges:
        """Decide every gateway concerned; one at which nothing can change is only remembered as decided."""
        layout = self.layout
        turns = Turns(layout, happened, standing)
        concern = self.pass_over(self.concerned(happened), self.active(layout.subject[turns.member]))
        found = turns.moments(layout, concern)
        step = np.zeros(len(found.order), dtype=np.int64)
        step[len(concern) :] = difference(turns.silent, turns.silent_before)
        total, base = found.events.sums(step[found.order])
        count = total + found.events.per_row(self._silent[found.subject] - base)
        self._silent[found.subject] = found.events.final(count)
        silent = count[found.row]
        down, no = silent == layout.members[found.at], np.zeros(len(silent), dtype=np.bool_)
        decided = Decided(
            at=found.at,
            t=self.decision_times(found),
            received=found.received,
            turns_true=down,
            turns_false=~down,
            unknown=no,
            value=silent.astype(np.float64),
            limit=None,
            degraded=no,
            lost=silent.astype(np.float64),
        )
        return self.settle(decided, out)
