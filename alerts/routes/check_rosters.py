"""Rosters: who stands in them, stand-ins, and hours in which nobody is on duty."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from alerts.routes.placed import Placed, PlacedFile, unknown
from alerts.routes.schema import Roster
from plant.mistakes import Mistake
from plant.site import CalendarDay, Site
from plant.time_zones import time_zone_mistake
from rules.shift_times import WEEKDAYS, is_day_of

_DAY: Final = 1440
"""Minutes."""
_ANY_WEEK: Final = tuple(date(2024, 1, 1) + timedelta(days=n) for n in range(7))
"""From a Monday on."""


def check_rosters(parsed: PlacedFile, site: Site, mistakes: list[Mistake]) -> None:
    """Note what is wrong with each roster."""
    first: dict[str, int] = {}
    for placed in parsed.rosters:
        roster = placed.value
        if roster.id in first:
            placed.note(mistakes, f"{roster.id} stands twice, first on line {first[roster.id]}", "id")
        first.setdefault(roster.id, placed.line)
        if roster.timezone is not None and (message := time_zone_mistake(roster.timezone)) is not None:
            placed.note(mistakes, message, "timezone")
        _check_contacts(placed, site, mistakes)
        _check_stand_ins(placed, site, mistakes)
        gap = None if roster.otherwise else first_gap(roster, site.calendar)
        if gap is not None:
            placed.note(mistakes, f"nobody is on duty from {gap}, needed is a shift then or otherwise:", "shifts")


def first_gap(roster: Roster, listed: Mapping[str, CalendarDay]) -> str | None:
    """The first hours without a shift in any week, or around a day of the calendar: `sat 08:00 to sun 20:00`."""
    gap = _gap(roster, (*_ANY_WEEK, _ANY_WEEK[0] + timedelta(days=7)), {})
    if gap is not None:
        return " to ".join(
            f"{WEEKDAYS[(_ANY_WEEK[0] + timedelta(minute // _DAY)).weekday()]} {_wall(minute)}" for minute in gap
        )
    for day in map(date.fromisoformat, sorted(listed)):
        gap = _gap(roster, (day, day + timedelta(days=1)), listed)
        if gap is not None:
            return " to ".join(f"{day + timedelta(minute // _DAY)} {_wall(minute)}" for minute in gap)
    return None


def _gap(roster: Roster, days: Sequence[date], listed: Mapping[str, CalendarDay]) -> tuple[int, int] | None:
    """The first gap in these days, in minutes of the clock since they begin; shifts of the day before count too."""
    spans = []
    for n in range(-1, len(days)):
        day = days[0] + timedelta(days=n)
        for shift in roster.shifts:
            if WEEKDAYS[day.weekday()] in shift.days and is_day_of(shift.calendar, day, listed):
                start, end = _minutes(shift.from_), _minutes(shift.to)
                spans.append((n * _DAY + start, n * _DAY + end + (0 if shift.to > shift.from_ else _DAY)))
    gaps, covered, end_of_all = [], 0, len(days) * _DAY
    for start, end in sorted([*spans, (end_of_all, end_of_all)]):
        if start > covered:
            gaps.append((covered, start))
        covered = max(covered, end)
    # One that begins with the days is the end of one before them, which is told better from its start.
    return next((gap for gap in gaps if gap[0] > 0), gaps[0] if gaps else None)


def _check_contacts(placed: Placed[Roster], site: Site, mistakes: list[Mistake]) -> None:
    roster = placed.value
    named: list[tuple[tuple[str | int, ...], str]] = [
        (("shifts", i, "contacts", k), contact)
        for i, shift in enumerate(roster.shifts)
        for k, contact in enumerate(shift.contacts)
    ]
    named += [(("otherwise", k), contact) for k, contact in enumerate(roster.otherwise)]
    named += [(("stand_ins", i, "by"), entry.by) for i, entry in enumerate(roster.stand_ins)]
    for path, contact in named:
        if contact not in site.contacts:
            message = unknown(contact, site.contacts, "the ids of contacts.csv")
            placed.note(mistakes, message, *path)


def _check_stand_ins(placed: Placed[Roster], site: Site, mistakes: list[Mistake]) -> None:
    roster = placed.value
    members = dict.fromkeys(contact for shift in roster.shifts for contact in shift.contacts)
    members |= dict.fromkeys(roster.otherwise)
    there = members | dict.fromkeys(entry.by for entry in roster.stand_ins)
    for i, entry in enumerate(roster.stand_ins):
        if entry.for_ not in there:
            known = f"those of this roster: {', '.join(members)}"
            placed.note(mistakes, unknown(entry.for_, members, known), "stand_ins", i, "for")
        if entry.by == entry.for_:
            placed.note(mistakes, f"{entry.by} stands in for themselves", "stand_ins", i, "by")
        days = [_is_date(text) for text in (entry.from_, entry.to)]
        for name, text, fine in zip(("from", "to"), (entry.from_, entry.to), days, strict=True):
            if not fine:
                placed.note(mistakes, f"there is no day {text}", "stand_ins", i, name)
        if all(days) and entry.from_ > entry.to:
            placed.note(
                mistakes, f"{entry.to} is before {entry.from_}, allowed is that day or later", "stand_ins", i, "to"
            )
        for other in roster.stand_ins[:i]:
            if other.from_ <= entry.to and entry.from_ <= other.to:
                if other.for_ == entry.for_:
                    message = f"{entry.for_} has a stand-in on some of these days already ({other.by}), who goes first"
                    placed.note(mistakes, message, "stand_ins", i, warning=True)
                elif (other.for_, other.by) == (entry.by, entry.for_):
                    message = f"{entry.by} and {entry.for_} stand in for each other, so neither is there"
                    placed.note(mistakes, message, "stand_ins", i)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _minutes(wall: str) -> int:
    return int(wall[:2]) * 60 + int(wall[3:])


def _wall(minute: int) -> str:
    return f"{minute % _DAY // 60:02}:{minute % 60:02}"
