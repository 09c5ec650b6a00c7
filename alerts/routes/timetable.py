"""Which shifts are in force at an instant (docs/reference/schedules.md, shift and calendar)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from plant.site import CalendarDay
from rules.schema import Shift
from rules.shift_times import Calendar, instants, is_day_of, shift_span


class InForce(NamedTuple):
    """What holds from `since` until just before `until` (ms)."""

    since: int
    until: int
    shifts: tuple[tuple[int, date], ...]
    """(position in the timetable, day on which it began)."""
    day: date
    """The day of the instants, on the clocks of the time zone; midnight always ends a span."""


class Timetable:
    """Shifts, each on the days of a calendar. The span asked for last is kept: most asks are for now."""

    def __init__(self, zone: str, shifts: Sequence[tuple[Shift, Calendar]], listed: Mapping[str, CalendarDay]) -> None:
        self.zone = ZoneInfo(zone)
        self._shifts = tuple(shifts)
        self._listed = listed
        self._last: InForce | None = None

    def at(self, t: int) -> InForce:
        """What is in force at t (ms)."""
        last = self._last
        if last is None or not last.since <= t < last.until:
            last = self._last = self._look_up(t)
        return last

    def _look_up(self, t: int) -> InForce:
        day = datetime.fromtimestamp(t / 1000, self.zone).date()
        # No shift is longer than a day, so what began two days before is over, whatever the clocks did.
        days = [day + timedelta(days=n) for n in (-2, -1, 0, 1)]
        spans = [
            (span, position, begun)
            for position, (shift, calendar) in enumerate(self._shifts)
            for begun in days
            if is_day_of(calendar, begun, self._listed) and (span := shift_span(self.zone, begun, shift)) is not None
        ]
        midnights = {at for n in (0, 1, 2) for at in instants(self.zone, day + timedelta(days=n), "00:00")}
        edges = midnights | {edge for span, *_ in spans for edge in span}
        return InForce(
            since=max((edge for edge in edges if edge <= t), default=t),
            until=min(edge for edge in edges if edge > t),
            shifts=tuple((position, begun) for (start, end), position, begun in spans if start <= t < end),
            day=day,
        )
