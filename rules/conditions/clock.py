"""clock: the device's clock is off, or writes nothing usable (docs/reference/instrument-conditions.md)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np

from rules.engine.bank import LevelBank
from rules.engine.columns import I64, Index, to_ms
from rules.engine.group import settle_one
from rules.engine.levels_of_slots import per_slot
from rules.engine.output import Output
from rules.engine.point_table import PointTable
from rules.engine.points import PointState, Rows, Stamp
from rules.engine.slots import make_slots
from rules.engine.view import look
from rules.schema import Clock, Rule


class ClockGroup:
    """All slots of clock rules. Its rows are the taken readings, bad ones too; their time is the received_at."""

    name = "clock"
    COLUMNS: ClassVar[tuple[str, ...]] = ()

    def __init__(self, rules: list[Rule], subjects: Sequence[Index], table: PointTable) -> None:
        self.slots = make_slots(rules, list(subjects), table.size)
        self.bank = LevelBank(self.slots, ("on",), table, timers=False)
        limits = per_slot(self.slots, [_clock(rule).skew_over_s for rule in rules])
        self._over_ms: I64 = np.array([to_ms(_clock(r).skew_over_s) for r in rules], dtype=np.int64)[self.slots.rule]
        self.bank.alarms.limits = limits[None, :]

    def update(self, rows: Rows, points: PointState, out: Output) -> None:
        """Take readings in."""
        view = look(self.slots, rows)
        behind = view.of(rows.received) - view.of(rows.t)
        raw = np.abs(behind) > view.series.per_row(self._over_ms.take(view.slot))
        seconds = behind / 1000
        if rows.stamp is not None:
            stamp = view.of(rows.stamp)
            as_is = stamp == Stamp.AS_IS
            unusable = (stamp == Stamp.FAULT) | (stamp == Stamp.SKEWED)
            raw = view.series.latch(unusable | (as_is & raw), as_is & ~raw, self.bank.raw[0][view.slot])
            seconds[~as_is] = np.nan
        # What the device says of time is in doubt here, so delays and events go by arrival.
        arrived = replace(rows, t=rows.received)
        settle_one(self.bank, raw, arrived, view, seconds[None, :], points.taken_received, out)


def _clock(rule: Rule) -> Clock:
    assert rule.condition.clock is not None  # noqa: S101 - rules come grouped by kind
    return rule.condition.clock
