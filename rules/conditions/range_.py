"""range (semantics 3.13): a finite reading outside its instrument's range, bad readings included."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from rules.engine.bank import LevelBank
from rules.engine.columns import Index
from rules.engine.group import settle_one
from rules.engine.output import Output
from rules.engine.point_table import PointTable
from rules.engine.points import PointState, Rows
from rules.engine.slots import make_slots
from rules.engine.view import look
from rules.schema import Rule


class RangeGroup:
    """All slots of range rules. Its rows are the taken finite readings."""

    name = "range"
    COLUMNS: ClassVar[tuple[str, ...]] = ()

    def __init__(self, rules: list[Rule], subjects: Sequence[Index], table: PointTable) -> None:
        self.slots = make_slots(rules, list(subjects), table.size)
        self.bank = LevelBank(self.slots, ("on",), table, timers=False)
        over = np.array([r.condition.range is not None and r.condition.range.is_ == "over" for r in rules])
        over = over[self.slots.rule]
        self._above = np.where(over, table.range_high[self.slots.point], np.inf)
        self._below = np.where(over, -np.inf, table.under[self.slots.point])
        self.bank.alarms.limits = np.where(over, self._above, self._below)[None, :]

    def update(self, rows: Rows, points: PointState, out: Output) -> None:
        """Take finite readings in."""
        view = look(self.slots, rows)
        value, per_row = view.of(rows.value), view.series.per_row
        raw = value > per_row(self._above.take(view.slot))
        raw |= value < per_row(self._below.take(view.slot))
        settle_one(self.bank, raw, rows, view, value, points.finite_t, out)
