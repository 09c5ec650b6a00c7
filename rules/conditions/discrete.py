"""discrete (semantics 3.2): exact comparison of a reading."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from rules.engine.bank import LevelBank
from rules.engine.columns import Bool, Index
from rules.engine.group import settle_one
from rules.engine.output import Output
from rules.engine.point_table import PointTable
from rules.engine.points import PointState, Rows
from rules.engine.slots import make_slots
from rules.engine.view import look
from rules.schema import Discrete, Rule


class DiscreteGroup:
    """All slots of discrete rules."""

    name = "discrete"
    COLUMNS: ClassVar[tuple[str, ...]] = ()

    def __init__(self, rules: list[Rule], subjects: Sequence[Index], table: PointTable) -> None:
        self.slots = make_slots(rules, list(subjects), table.size)
        self.bank = LevelBank(self.slots, ("on",), table, timers=True)
        given = [_discrete(rule) for rule in rules]
        sets = [
            () if d is None else d.in_ or tuple(x for x in (d.equals, d.not_equals) if x is not None) for d in given
        ]
        self._values = np.full((max(map(len, sets)), len(rules)), np.nan)
        """By place in the list and rule; NaN fills up, which equals nothing."""
        for r, values in enumerate(sets):
            self._values[: len(values), r] = values
        self._inverted: Bool = np.array([d.not_equals is not None for d in given])

    def update(self, rows: Rows, points: PointState, out: Output) -> None:
        """Take usable readings in."""
        view = look(self.slots, rows)
        value, rule = view.of(rows.value), self.slots.rule.take(view.slot)
        inverted = view.series.per_row(self._inverted[rule])
        equal = np.zeros(len(value), dtype=np.bool_)
        for column in self._values:
            equal |= value == view.series.per_row(column[rule])
        settle_one(self.bank, equal != inverted, rows, view, value, points.usable_t, out)


def _discrete(rule: Rule) -> Discrete:
    assert rule.condition.discrete is not None  # noqa: S101 - rules come grouped by kind
    return rule.condition.discrete
