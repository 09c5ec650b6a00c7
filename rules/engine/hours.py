"""Shifts and calendars as spans of time: when a schedule is in force (docs/reference/schedules.md)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

import numpy as np

from plant.site import CalendarDay
from rules.engine.columns import I64, NEVER_MS, Bool
from rules.schema import Shift
from rules.shift_times import is_day_of, shift_span

_DAY_MS: Final = 86_400_000
_AROUND: Final = timedelta(days=40)
"""More than a week is looked at beyond what was asked for: there the weekly pattern shows whether anything follows."""
_FIRST, _LAST = date(1972, 1, 1), date(2999, 1, 1)
_ALL_DAY: Final = Shift.model_validate({"from": "00:00", "to": "24:00"})


@dataclass(slots=True, eq=False)
class Hours:
    """The spans in which shifts on days of a calendar are in force. `edges` are their starts and ends, by turns."""

    zone: str
    shifts: tuple[Shift, ...]
    """Empty: all day."""
    calendar: Literal["workdays", "holidays"] | None
    days: Mapping[str, CalendarDay]
    edges: I64 = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    _first: date = _LAST
    _last: date = _FIRST

    def in_force(self, t: I64) -> Bool:
        """Whether each time (ms) lies in a span."""
        if not len(t):
            return np.zeros(0, dtype=np.bool_)
        earliest, latest = int(t.min()), int(t.max())
        self._cover(earliest, latest)
        low, high = np.searchsorted(self.edges, (earliest, latest), side="right").tolist()
        if low == high:
            return np.full(len(t), low % 2 == 1)
        inside: Bool = np.searchsorted(self.edges, t, side="right") % 2 == 1
        return inside

    def next_in_force(self, t: I64) -> I64:
        """Each time itself where it lies in a span, else the start of the next one (NEVER_MS: there is none)."""
        if not len(t):
            return t
        self._cover(int(t.min()), int(t.max()))
        place = np.searchsorted(self.edges, t, side="right")
        following: I64 = np.append(self.edges, NEVER_MS)[place]
        return np.where(place % 2 == 1, t, following)

    def _cover(self, earliest: int, latest: int) -> None:
        """Lay out the spans around these times, and those of before too."""
        first, last = _utc_date(earliest), _utc_date(latest)
        if self._first <= first - timedelta(days=3) and last + timedelta(days=10) <= self._last:
            return
        listed = [date.fromisoformat(day) for day in self.days]
        self._first = min(self._first, first - _AROUND)
        self._last = max([self._last, last + _AROUND, *(day + _AROUND for day in listed if self.calendar)])
        edges: list[int] = []
        for start, end in sorted(self._spans()):
            if edges and start <= edges[-1]:
                edges[-1] = max(edges[-1], end)
            else:
                edges += [start, end]
        self.edges = np.array(edges, dtype=np.int64)

    def _spans(self) -> Iterator[tuple[int, int]]:
        zone = ZoneInfo(self.zone)
        for n in range((self._last - self._first).days + 1):
            day = self._first + timedelta(days=n)
            if not is_day_of(self.calendar, day, self.days):
                continue
            for shift in self.shifts or (_ALL_DAY,):
                span = shift_span(zone, day, shift)
                if span is not None:
                    yield span


def _utc_date(t: int) -> date:
    return min(max(_day_of(t // _DAY_MS), _FIRST + 2 * _AROUND), _LAST - 2 * _AROUND)


def _day_of(days: int) -> date:
    most = (_LAST - date(1970, 1, 1)).days
    return date(1970, 1, 1) + timedelta(days=min(max(days, 0), most))
