"""flapping: a link that falls silent and comes back, again and again (docs/reference/instrument-conditions.md)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np

from rules.engine.bank import LevelBank
from rules.engine.columns import I64, LONG_AGO_MS, Bool, Index, to_ms
from rules.engine.group import settle_one
from rules.engine.output import Output
from rules.engine.point_table import PointTable
from rules.engine.points import PointState, Rows
from rules.engine.rounds import rounds
from rules.engine.series import Series
from rules.engine.slots import make_slots
from rules.engine.view import View, look
from rules.schema import Flapping, Rule


class FlappingGroup:
    """All slots of flapping rules of one n. Its rows are all readings that arrive; their time is the received_at.

    returns  by place and slot: when the last n silences ended, the latest first
    """

    COLUMNS: ClassVar[tuple[str, ...]] = ("returns",)

    def __init__(self, n: int, rules: list[Rule], subjects: Sequence[Index], table: PointTable) -> None:
        self.name = f"flapping.{n}"
        self.slots = make_slots(rules, list(subjects), table.size)
        self.bank = LevelBank(self.slots, ("on",), table, timers=False)
        given = [flapping_of(rule) for rule in rules]
        own = np.array([-1 if g.after_s is None else to_ms(g.after_s) for g in given], dtype=np.int64)[self.slots.rule]
        self._after_ms: I64 = np.where(own < 0, table.gap_ms[self.slots.point], own)
        self._within_ms: I64 = np.array([to_ms(g.within_s) for g in given], dtype=np.int64)[self.slots.rule]
        self.returns: I64 = np.full((n, len(self.slots)), LONG_AGO_MS)
        self.bank.alarms.limits = np.full((1, len(self.slots)), float(n))

    def update(self, rows: Rows, points: PointState, out: Output) -> None:
        """Take readings in, before `points` remembers their arrival."""
        view = look(self.slots, rows)
        slot, series, received = view.slot, view.series, view.of(rows.received)
        at = self.slots.point[slot]
        silence = received - series.before(received, points.heard_any[at])
        returned = silence > series.per_row(self._after_ms.take(slot))
        if points.some_down:
            returned |= series.at_first(points.down[at])
        oldest = self.returns[-1].take(slot)
        oldest = self._note(view, returned, received, oldest) if returned.any() else series.per_row(oldest)
        raw = received - oldest <= series.per_row(self._within_ms.take(slot))
        arrived = replace(rows, t=rows.received)
        settle_one(self.bank, raw, arrived, view, np.full((1, len(raw)), np.nan), points.arrived, out)

    def _note(self, view: View, returned: Bool, received: I64, oldest: I64) -> I64:
        """Note the ends of silences; by row: the n-th last one up to it."""
        slot, at = view.series.per_row(view.slot), returned.nonzero()[0]
        by_row = np.full(len(returned), LONG_AGO_MS)
        for turn in rounds(Series.of_keys(slot[at]).place(), at):
            s = slot[turn]
            self.returns[1:, s] = self.returns[:-1, s]
            self.returns[0, s] = received[turn]
            by_row[turn] = self.returns[-1, s]
        return view.series.since(returned, by_row, oldest)


def flapping_of(rule: Rule) -> Flapping:
    """The condition of a flapping rule."""
    assert rule.condition.flapping is not None  # noqa: S101 - rules come grouped by kind
    return rule.condition.flapping
