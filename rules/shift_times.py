"""When a shift begins and ends: wall times of a day as instants, and which days a calendar names (schedules.md)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from plant.site import CalendarDay
from rules.schema.active import Shift, Weekday

WEEKDAYS: Final[tuple[Weekday, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Calendar = Literal["workdays", "holidays"] | None
"""Which days; None: every day."""


def shift_span(zone: ZoneInfo, day: date, shift: Shift) -> tuple[int, int] | None:
    """[start, end) in ms of the shift that begins on this day; None where none does.

    Where clocks are put forward or back, it begins at the earlier and ends at the later instant that its times can
    mean.
    """
    if WEEKDAYS[day.weekday()] not in shift.days:
        return None
    end_day = day if shift.to > shift.from_ else day + timedelta(days=1)
    return min(instants(zone, day, shift.from_)), max(instants(zone, end_day, shift.to))


def is_day_of(calendar: Calendar, day: date, listed: Mapping[str, CalendarDay]) -> bool:
    """Whether the calendar names the day. Monday to Friday are workdays where `listed` does not say otherwise."""
    return calendar is None or is_workday(day, listed) == (calendar == "workdays")


def is_workday(day: date, listed: Mapping[str, CalendarDay]) -> bool:
    """Whether it is a workday; every other day is a holiday."""
    found = listed.get(day.isoformat())
    return day.weekday() < 5 if found is None else found.kind == "workday"


def instants(zone: ZoneInfo, day: date, wall: str) -> tuple[int, int]:
    """Both instants (ms) that a time of the day can mean; they differ where clocks are put forward or back."""
    if wall == "24:00":
        day, wall = day + timedelta(days=1), "00:00"
    local = datetime.combine(day, time.fromisoformat(wall), zone)
    seconds = [local.replace(fold=fold).astimezone(UTC).timestamp() for fold in (0, 1)]
    return round(seconds[0] * 1000), round(seconds[1] * 1000)
