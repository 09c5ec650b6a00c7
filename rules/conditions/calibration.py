"""calibration: the day has come by which to calibrate the instrument (docs/reference/instrument-conditions.md)."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

import numpy as np

from rules.engine.alarms import Changes
from rules.engine.bank import LevelBank
from rules.engine.columns import I64, LONG_AGO_MS, NEVER_MS, Bool, Index
from rules.engine.output import Output
from rules.engine.point_table import PointTable
from rules.engine.points import PointState, Rows
from rules.engine.slots import make_slots
from rules.schema import Calibration, Rule


class CalibrationGroup:
    """All slots of calibration rules; raised and cleared by the clock alone.

    _due_ms  by slot: the start of the day from which the alarm is on
    """

    name = "calibration"
    COLUMNS: ClassVar[tuple[str, ...]] = ()

    def __init__(self, rules: list[Rule], subjects: Sequence[Index], table: PointTable) -> None:
        self.slots = make_slots(rules, list(subjects), table.size)
        self.bank = LevelBank(self.slots, ("on",), table, timers=False)
        before = np.array([_calibration(rule).days_before for rule in rules], dtype=np.int64)[self.slots.rule]
        day = table.calibration_day[self.slots.point]
        self._due_ms: I64 = np.full(len(self.slots), NEVER_MS)
        given = day > 0
        days, place = np.unique(day[given] - before[given], return_inverse=True)
        zone = ZoneInfo(table.timezone)
        starts = [_start_of(zone, number) for number in days.tolist()]
        self._due_ms[given] = np.array(starts, dtype=np.int64)[place]
        self._next_ms = LONG_AGO_MS
        """Nothing changes before this; at first the alarms that were carried over are looked at."""

    def update(self, rows: Rows, points: PointState, out: Output) -> None:
        """Readings change nothing."""

    def advance(self, clock: int, out: Output) -> None:
        """What the clock brings about."""
        if clock < self._next_ms:
            return
        due, on = self._due_ms <= clock, self.bank.on[0]
        turned = due != on
        if self._next_ms == LONG_AGO_MS:
            # Alarms that were carried over may have another severity now, or be of a rule that was of another kind.
            turned = due | (self.bank.alarms.sides[0].rank != 0)
        self._turn(np.flatnonzero(turned), due, out)
        self._next_ms = int(self._due_ms[~due].min(initial=NEVER_MS))

    def _turn(self, slot: Index, due: Bool, out: Output) -> None:
        if not len(slot):
            return
        on = due[slot][None, :]
        since = np.where(due[slot], self._due_ms[slot], out.entry_times[0])
        t = out.clocks_reaching(since, since)
        self.bank.on[:, slot] = self.bank.raw[:, slot] = on
        no = np.full(len(slot), np.nan)
        self.bank.alarms.change(
            Changes(
                slot=slot, t=t, on=on, since=since[None, :], value=no[None, :], reading_t=t, reading=no, received=t
            ),
            out,
        )


def _start_of(zone: ZoneInfo, day: int) -> int:
    """The first instant (ms) of a day, a proleptic ordinal, in a time zone."""
    start = datetime.combine(date.min + timedelta(days=max(day, 1) - 1), time(), zone)
    return round(start.timestamp() * 1000)


def _calibration(rule: Rule) -> Calibration:
    assert rule.condition.calibration is not None  # noqa: S101 - rules come grouped by kind
    return rule.condition.calibration
