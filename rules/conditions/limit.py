"""limit (semantics 3.1): a reading against up to four levels with a deadband."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from rules.engine.bank import LevelBank
from rules.engine.columns import Index
from rules.engine.group import settle_levels
from rules.engine.levels_of_slots import levels_used, per_slot, rule_values, with_cells
from rules.engine.output import Output
from rules.engine.point_table import PointTable
from rules.engine.points import PointState, Rows
from rules.engine.slots import make_slots
from rules.engine.thresholds import HIGH, Thresholds
from rules.engine.view import look
from rules.schema import Rule


class LimitGroup:
    """All slots of limit rules."""

    name = "limit"
    COLUMNS: ClassVar[tuple[str, ...]] = ()

    def __init__(self, rules: list[Rule], subjects: Sequence[Index], table: PointTable) -> None:
        self.slots = make_slots(rules, list(subjects), table.size)
        levels = levels_used(rules)
        self.bank = LevelBank(self.slots, levels, table, timers=True)
        on = rule_values(self.slots, levels)
        deadband = per_slot(self.slots, [r.condition.limit.deadband if r.condition.limit else 0.0 for r in rules])
        with_cells(on, deadband, self.slots, levels, table)
        off = np.stack([on[k] - deadband if lv in HIGH else on[k] + deadband for k, lv in enumerate(levels)])
        self._thresholds = Thresholds(levels, on, off)
        self.bank.alarms.limits = on

    def update(self, rows: Rows, points: PointState, out: Output) -> None:
        """Take usable readings in."""
        view = look(self.slots, rows)
        settle_levels(self.bank, self._thresholds, rows, view, view.of(rows.value), points.usable_t, out)
