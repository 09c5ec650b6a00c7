"""Quiet hours and full spans on the clocks of a site (docs/reference/routes.md, 8)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.routes.timetable import Timetable
from plant.site import Site
from rules.schema import Shift
from rules.shift_times import instants


class QuietHours:
    """The quiet hours of the site's contacts; contacts with the same hours share their table."""

    def __init__(self, site: Site) -> None:
        tables: dict[str, Timetable] = {}
        self._of: dict[str, Timetable] = {}
        for contact in site.contacts.values():
            if contact.quiet is not None:
                if contact.quiet not in tables:
                    start, _, end = contact.quiet.partition("-")
                    shift = Shift.model_validate({"from": start, "to": end})
                    tables[contact.quiet] = Timetable(site.timezone, [(shift, None)], {})
                self._of[contact.contact] = tables[contact.quiet]

    def until(self, contact: str, at_ms: int) -> int:
        """When the contact's quiet hours that hold at `at_ms` end; `at_ms` itself where none hold."""
        table = self._of.get(contact)
        while table is not None and (found := table.at(at_ms)).shifts:
            at_ms = found.until
        return at_ms


class FullSpans:
    """Full spans of the day: 10:00, 11:00, ... for an hour. The day asked for last is kept."""

    def __init__(self, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)
        self._day = (0, 0)
        """[midnight, next midnight) in ms."""

    def next(self, span_s: float, at_ms: int) -> int:
        """The first full span after `at_ms`, counted from local midnight; every midnight is one. 0 s: `at_ms`."""
        span_ms = round(span_s * 1000)
        if span_ms <= 0:
            return at_ms
        start, end = self._day_of(at_ms)
        return min(start + ((at_ms - start) // span_ms + 1) * span_ms, end)

    def _day_of(self, at_ms: int) -> tuple[int, int]:
        if not self._day[0] <= at_ms < self._day[1]:
            day = datetime.fromtimestamp(at_ms / 1000, self._zone).date()
            midnights = [at for n in (-1, 0, 1, 2) for at in instants(self._zone, day + timedelta(days=n), "00:00")]
            self._day = (max(at for at in midnights if at <= at_ms), min(at for at in midnights if at > at_ms))
        return self._day
