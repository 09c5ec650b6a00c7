"""Who of a roster is on duty (docs/reference/routes.md)."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from alerts.routes.schema import Roster
from alerts.routes.timetable import Timetable
from plant.site import Site


class OnDuty(NamedTuple):
    """From `since` until just before `until` (ms) these contacts are on duty, nobody where there is none."""

    since: int
    until: int
    contacts: tuple[str, ...]
    otherwise: bool = False
    """No shift says so."""


class Duty:
    """One roster."""

    def __init__(self, roster: Roster, site: Site) -> None:
        self._roster = roster
        shifts = [(shift, shift.calendar) for shift in roster.shifts]
        self._table = Timetable(roster.timezone or site.timezone, shifts, site.calendar)
        self.zone = self._table.zone
        self._last: OnDuty | None = None

    def at(self, t: int) -> OnDuty:
        """Who is on duty at t (ms)."""
        last = self._last
        if last is None or not last.since <= t < last.until:
            last = self._last = self._look_up(t)
        return last

    def spans(self, since: int, until: int) -> Iterator[OnDuty]:
        """From `since` until just before `until` (ms), a span each time it changes."""
        t = since
        while t < until:
            first = last = self.at(t)
            while last.until < until and self._same(first, self.at(last.until)):
                last = self.at(last.until)
            yield first._replace(since=t, until=min(last.until, until))
            t = last.until

    def _look_up(self, t: int) -> OnDuty:
        found = self._table.at(t)
        contacts: dict[str, None] = {}
        for position, begun in found.shifts:
            for contact in self._roster.shifts[position].contacts:
                contacts[self._stands_in(contact, begun)] = None
        if contacts:
            return OnDuty(found.since, found.until, tuple(contacts))
        others = dict.fromkeys(self._stands_in(contact, found.day) for contact in self._roster.otherwise)
        return OnDuty(found.since, found.until, tuple(others), otherwise=True)

    def _stands_in(self, contact: str, day: date) -> str:
        """Who is there on a shift that began on this day: a stand-in may have one of their own."""
        text, away = day.isoformat(), set[str]()
        while contact not in away:
            away.add(contact)
            for entry in self._roster.stand_ins:
                if entry.for_ == contact and entry.from_ <= text <= entry.to:
                    contact = entry.by
                    break
        return contact

    @staticmethod
    def _same(one: OnDuty, other: OnDuty) -> bool:
        return (one.contacts, one.otherwise) == (other.contacts, other.otherwise)
