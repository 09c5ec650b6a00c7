"""The directory of one configuration: contacts.csv, the words of rules and routes, links to answer by."""

from collections.abc import Mapping

from alerts.channels.port import Facts, Recipient
from alerts.links import Links
from alerts.place import Places
from alerts.record import AlarmRecord
from alerts.routes.directory import distance_m, positions
from alerts.wording.facts import FactsOf
from tocsin.answers.desk import EXERCISE_MARK
from tocsin.clock import Clock
from tocsin.configuration import Configured


class SiteDirectory:
    """Made anew for each configuration. Without links, messages carry none."""

    def __init__(self, configured: Configured, links: Links | None, clock: Clock, *, exercise: bool = False) -> None:
        """`exercise`: links and reply codes are of alarms of exercises, whose ids are in a book of their own."""
        self._site = configured.site
        self._facts = FactsOf(configured.site, configured.rules)
        self._texts: dict[str, Mapping[str, str]] = {
            route.id: {str(language): text for language, text in route.text.items()}
            for route in configured.routes.routes
            if route.text
        }
        self._links = links
        self._mark = EXERCISE_MARK if exercise else ""
        self._places = Places(configured.site)
        self._positions = positions(configured.site)
        self._clock = clock

    def recipient(self, contact: str, channel: str) -> Recipient | None:
        """Who a contact is; None if the site has nobody of that id."""
        known = self._site.contacts.get(contact)
        if known is None:
            return None
        return Recipient(
            contact=contact,
            name=known.name,
            phone=known.phone,
            email=known.email,
            handles=dict(known.handles),
            language=known.language or "zh",
        )

    def facts(self, record: AlarmRecord, event: Mapping[str, object], route: str) -> Facts:
        """What a text says of an event; a route's own words take the place of the rule's."""
        return self._facts.of(record, event, self._texts.get(route))

    def distance_m(self, contact: str, record: AlarmRecord) -> float | None:
        """From the alarm's place to the nearest position of the contact's enterprise."""
        known = self._site.contacts.get(contact)
        place = self._places.of(record.subject, record.enterprise)
        if known is None or place.lat is None or place.lon is None:
            return None
        there = self._positions.get(known.region_or_enterprise or "", set())
        return min((distance_m((place.lat, place.lon), position) for position in there), default=None)

    def link(self, contact: str, alarm: str, level: str) -> str:
        """Where the contact answers; empty without links."""
        if self._links is None or contact not in self._site.contacts:
            return ""
        return self._links.link(contact, f"{self._mark}{alarm}", level, self._clock.now_ms())

    def reply_code(self, contact: str, alarm: str, level: str) -> str:
        """What the contact sends back to acknowledge; empty without links."""
        if self._links is None or contact not in self._site.contacts:
            return ""
        return self._links.reply_code(contact, f"{self._mark}{alarm}", level)
