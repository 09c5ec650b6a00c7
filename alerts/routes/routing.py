"""What routes.yaml means on a site: which routes an alarm enters, and who is told then, over what (pure).

Everything is a function of the files and of the times passed in (docs/reference/routes.md).
"""

from collections.abc import Sequence

from alerts.call import Way
from alerts.place import Place, Places
from alerts.record import AlarmRecord
from alerts.routes.directory import Directory
from alerts.routes.duty import Duty
from alerts.routes.matching import Matcher
from alerts.routes.schema import RouteSettings, RoutesFile, Who
from alerts.routes.times import FullSpans, QuietHours
from plant.entries import Tier
from plant.site import Site


class Routing:
    """Made once for each version of the configuration."""

    def __init__(self, file: RoutesFile, site: Site, places: Places | None = None) -> None:
        self.file = file
        self.site = site
        self.places = places if places is not None else Places(site)
        self.routes: dict[str, RouteSettings] = {route.id: route for route in file.routes}
        """By id, in the order of the file."""
        self.rosters: dict[str, Duty] = {roster.id: Duty(roster, site) for roster in file.rosters}
        self._matcher = Matcher(file.routes, site)
        self._directory = Directory(site)
        self._quiet = QuietHours(site)
        self._spans = FullSpans(site.timezone)

    def matching(self, alarm: AlarmRecord, place: Place) -> tuple[RouteSettings, ...]:
        """The routes that the alarm enters, in the order of the file, up to one with `last`.

        By its peak severity and peak level, and for `hours` by when it was raised.
        """
        return self._matcher.matching(alarm, place)

    def people(self, who: Who, place: Place, at_ms: int) -> tuple[str, ...]:
        """The contacts that `who` names at that time, each once; nobody where there is none."""
        if who.contact is not None:
            return (who.contact,) if who.contact in self.site.contacts else ()
        if who.roster is not None:
            duty = self.rosters.get(who.roster)
            return () if duty is None else tuple(c for c in duty.at(at_ms).contacts if c in self.site.contacts)
        if who.within_m is not None:
            return tuple(contact for contact, _ in self.neighbours(who.within_m, who.neighbour_role, place))
        return self._directory.with_role(who.role or "", who.of or "enterprise", place)

    def neighbours(self, within_m: float, role: str, place: Place) -> tuple[tuple[str, float], ...]:
        """(contact, metres) of a role at other enterprises no further away than that, the nearest first."""
        return self._directory.neighbours(within_m, role, place)

    def ways(self, contact: str, over: Sequence[str] = ()) -> tuple[Way, ...]:
        """How to reach a contact, first choice first; `over` takes the place of their own channels."""
        return self._directory.ways(contact, over)

    def quiet_until(self, contact: str, at_ms: int) -> int:
        """When the contact's quiet hours that hold at `at_ms` end; `at_ms` itself where none hold (ms)."""
        return self._quiet.until(contact, at_ms)

    def next_full_span(self, span_s: float, at_ms: int) -> int:
        """The first full span after `at_ms` since local midnight of the site (ms); every midnight is one.

        With a span of 0 `at_ms` itself.
        """
        return self._spans.next(span_s, at_ms)

    def tier_of(self, by: str) -> Tier:
        """A contact of an enterprise answers for it; everybody else, known or not, is the centre's."""
        return self._directory.tier_of(by)

    def name_of(self, contact: str) -> str:
        """What people call the contact; the id of one who is not in the site."""
        return self._directory.name_of(contact)
