"""window (semantics 3.4): mean, min, max or count of the readings of a span against levels."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from rules.conditions.panes import PANES, Panes
from rules.engine.bank import LevelBank
from rules.engine.columns import F64, Index, to_ms
from rules.engine.group import settle_screened, spread
from rules.engine.levels_of_slots import levels_used, per_slot, rule_values
from rules.engine.output import Output
from rules.engine.point_table import PointTable
from rules.engine.points import PointState, Rows
from rules.engine.slots import make_slots
from rules.engine.thresholds import HIGH, Thresholds
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
        self.bank.limits = on
        self._partial = np.array([g.partial for g in given], dtype=np.bool_)[self.slots.rule]
        self.panes = Panes(np.array([to_ms(g.over_s) for g in given], dtype=np.int64)[self.slots.rule])
        self.pane_value: F64 = np.full(n, self._nothing)
        self.pane_count: F64 = np.zeros(n)
        self.closed_value: F64 = np.full(n, self._nothing)
        self.closed_count: F64 = np.zeros(n)
        self.ring_value: F64 = np.zeros((PANES, n))
        self.ring_count: F64 = np.zeros((PANES, n))

    def update(self, rows: Rows, points: PointState, out: Output) -> None:
        """Take usable readings in."""
        row, slot = self.slots.of(rows.point)
        value, t = spread(rows.value, row), spread(rows.t, row)
        at = self.panes.entering(slot, t)
        if len(at):
            self._enter(slot[at], t[at])
        count = self.pane_count[slot] + 1
        self.pane_count[slot] = count
        count = count + self.closed_count[slot]
        with np.errstate(over="ignore", invalid="ignore"):
            stat = count if self._stat == "count" else self._add(slot, value)
            if self._stat == "mean":
                stat = stat / count
        full = self._partial[slot] | (self.panes.current[slot] - self.panes.first[slot] >= PANES - 1)
        stat = np.where(full, stat, np.nan)
        settle_screened(self.bank, self._thresholds, rows, row, slot, stat, points.usable_t, out)

    def _add(self, slot: Index, value: F64) -> F64:
        pane: F64 = self._combine(self.pane_value[slot], value)
        self.pane_value[slot] = pane
        whole: F64 = self._combine(self.closed_value[slot], pane)
        return whole

    def _enter(self, slot: Index, t: np.typing.NDArray[np.int64]) -> None:
        closing, place = self.panes.close(slot)
        self.ring_value[place, closing] = self.pane_value[closing]
        self.ring_count[place, closing] = self.pane_count[closing]
        self.panes.enter(slot, t)
        self.pane_value[slot] = self._nothing
        self.pane_count[slot] = 0
        value, count = np.full(len(slot), self._nothing), np.zeros(len(slot))
        with np.errstate(over="ignore", invalid="ignore"):
            for place, holds in self.panes.closed(slot):
                value = np.where(holds, self._combine(value, self.ring_value[place, slot]), value)
                count = np.where(holds, count + self.ring_count[place, slot], count)
        self.closed_value[slot] = value
        self.closed_count[slot] = count


def window_of(rule: Rule) -> Window:
    """The window condition of a rule of that kind."""
    assert rule.condition.window is not None  # noqa: S101 - rules come grouped by kind
    return rule.condition.window
