"""window (semantics 3.4): mean, min, max or count of the readings of a span against levels."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from rules.conditions.panes import PANES, Panes, ring_of, run_panes
from rules.engine.bank import LevelBank
from rules.engine.columns import F64, I64, Index, to_ms
from rules.engine.group import settle_levels
from rules.engine.levels_of_slots import levels_used, per_slot, rule_values
from rules.engine.output import Output
from rules.engine.point_table import PointTable
from rules.engine.points import PointState, Rows
from rules.engine.slots import make_slots
from rules.engine.thresholds import HIGH, Thresholds
from rules.engine.view import look
from rules.schema import Rule, Window

_COMBINE: dict[str, tuple[np.ufunc, float]] = {
    "mean": (np.add, 0.0),
    "min": (np.minimum, np.inf),
    "max": (np.maximum, -np.inf),
    "count": (np.add, 0.0),
}


class WindowGroup:
    """All slots of window rules of one statistic.

    pane_*    of the current pane: its sum (or least, or greatest) and its number of readings
    closed_*  the same of the panes before it, put together from the oldest
    ring_*    of each of those, by place in the ring
    """

    COLUMNS: ClassVar[tuple[str, ...]] = (
        "pane_value",
        "pane_count",
        "closed_value",
        "closed_count",
        "ring_value",
        "ring_count",
    )

    def __init__(self, stat: str, rules: list[Rule], subjects: Sequence[Index], table: PointTable) -> None:
        self.name = f"window.{stat}"
        self._stat = stat
        self._combine, self._nothing = _COMBINE[stat]
        self.slots = make_slots(rules, list(subjects), table.size)
        n = len(self.slots)
        levels = levels_used(rules)
        self.bank = LevelBank(self.slots, levels, table, timers=False)
        given = [window_of(rule) for rule in rules]
        on = rule_values(self.slots, levels)
        deadband = per_slot(self.slots, [g.deadband for g in given])
        off = np.stack([on[k] - deadband if lv in HIGH else on[k] + deadband for k, lv in enumerate(levels)])
        self._thresholds = Thresholds(levels, on, off)
        self.bank.alarms.limits = on
        self._partial = np.array([g.partial for g in given], dtype=np.bool_)[self.slots.rule]
        self.panes = Panes(np.array([to_ms(g.over_s) for g in given], dtype=np.int64)[self.slots.rule])
        self.pane_value: F64 = np.full(n, self._nothing)
        self.pane_count: I64 = np.zeros(n, dtype=np.int64)
        self.closed_value: F64 = np.full(n, self._nothing)
        self.closed_count: I64 = np.zeros(n, dtype=np.int64)
        self.ring_value: F64 = ring_of(n, 0, np.float64)
        self.ring_count: I64 = ring_of(n, 0, np.int64)

    def update(self, rows: Rows, points: PointState, out: Output) -> None:
        """Take usable readings in."""
        view = look(self.slots, rows)
        value = view.of(rows.value)
        walk = self.panes.walk(view, view.of(rows.t))
        one = np.ones(len(value), dtype=np.int64)
        count = run_panes(walk, np.add, 0, one, self.pane_count, self.closed_count, self.ring_count)
        stat = count.astype(np.float64)
        if self._stat != "count":
            with np.errstate(over="ignore", invalid="ignore"):
                whole = run_panes(
                    walk, self._combine, self._nothing, value, self.pane_value, self.closed_value, self.ring_value
                )
                stat = whole / stat if self._stat == "mean" else whole
        per_row = view.series.per_row
        full = walk.pane() - per_row(self.panes.first.take(view.slot)) >= PANES - 1
        full |= per_row(self._partial.take(view.slot))
        stat = np.where(full, stat, np.nan)
        settle_levels(self.bank, self._thresholds, rows, view, stat, points.usable_t, out)


def window_of(rule: Rule) -> Window:
    """The window condition of a rule of that kind."""
    assert rule.condition.window is not None  # noqa: S101 - rules come grouped by kind
    return rule.condition.window
