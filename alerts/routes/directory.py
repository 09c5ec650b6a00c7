"""The contacts of a site by what routes ask for: role, whom they answer for, and how near they are."""

from collections.abc import Sequence
from math import asin, cos, radians, sin, sqrt
from typing import Final

from alerts.call import Way
from alerts.place import Place
from plant.entries import Tier
from plant.site import Enterprise, Site, Unit

EARTH_RADIUS_M: Final = 6_371_008.8
"""The mean radius of WGS 84 (IUGG)."""


class Directory:
    """Made once for a site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._by_role: dict[tuple[str, str], tuple[str, ...]] = {}
        """(role, the region or enterprise answered for, empty: none) -> contacts in the order of the file."""
        for contact in site.contacts.values():
            if contact.role is not None:
                key = (contact.role, contact.region_or_enterprise or "")
                self._by_role[key] = (*self._by_role.get(key, ()), contact.contact)
        self._roots = tuple(region.region for region in site.regions.values() if region.parent is None)
        self._ways: dict[tuple[str, tuple[str, ...]], tuple[Way, ...]] = {}
        self._positions = positions(site)
        self._near: dict[tuple[float, float], tuple[tuple[float, str], ...]] = {}

    def with_role(self, role: str, of: str, place: Place) -> tuple[str, ...]:
        """The contacts of a role. `of` is enterprise, region, nearest (docs/reference/routes.md) or an id."""
        if of == "enterprise":
            return self._at(role, place.enterprise)
        if of == "region":
            return self._at(role, place.regions[0] if place.regions else "")
        if of == "nearest":
            for region in place.regions or self._roots:
                if found := self._at(role, region):
                    return found
            return self._by_role.get((role, ""), ())
        return self._at(role, of)

    def neighbours(self, within_m: float, role: str, place: Place) -> tuple[tuple[str, float], ...]:
        """(contact, metres) of a role at other enterprises no further away than that, the nearest first.

        An enterprise is as far away as the nearest of its own position and those of its units.
        """
        if place.lat is None or place.lon is None:
            return ()
        at = (place.lat, place.lon)
        near = self._near.get(at)
        if near is None:
            near = self._near[at] = self._distances(at)
        return tuple(
            (contact, metres)
            for metres, enterprise in near
            if metres <= within_m and enterprise != place.enterprise
            for contact in self._at(role, enterprise)
        )

    def ways(self, contact: str, over: Sequence[str] = ()) -> tuple[Way, ...]:
        """How to reach a contact, first choice first; `over` takes the place of their own channels."""
        key = (contact, tuple(over))
        found = self._ways.get(key)
        if found is None:
            known = self._site.contacts.get(contact)
            channels = dict.fromkeys(over or known.channels) if known is not None else ()
            found = self._ways[key] = tuple(Way(contact, channel) for channel in channels)
        return found

    def tier_of(self, by: str) -> Tier:
        """A contact of an enterprise answers for it; everybody else is the centre's."""
        return tier_of(self._site, by)

    def name_of(self, contact: str) -> str:
        """What people call the contact; the id of one who is not in the site."""
        known = self._site.contacts.get(contact)
        return contact if known is None else known.name

    def _at(self, role: str, place: str) -> tuple[str, ...]:
        return self._by_role.get((role, place), ()) if place else ()

    def _distances(self, at: tuple[float, float]) -> tuple[tuple[float, str], ...]:
        """Every enterprise that has a position, the nearest first."""
        return tuple(
            sorted(
                (min(distance_m(at, position) for position in there), enterprise)
                for enterprise, there in self._positions.items()
            )
        )


def tier_of(site: Site, by: str) -> Tier:
    """A contact of an enterprise answers for it; everybody else, known or not, is the centre's."""
    known = site.contacts.get(by)
    return "enterprise" if known and known.region_or_enterprise in site.enterprises else "centre"


def distance_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Metres between two (latitude, longitude) in degrees, on a sphere (the haversine formula)."""
    lat_1, lon_1, lat_2, lon_2 = map(radians, (*one, *other))
    half = sin((lat_2 - lat_1) / 2) ** 2 + cos(lat_1) * cos(lat_2) * sin((lon_2 - lon_1) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(half)))


def positions(site: Site) -> dict[str, set[tuple[float, float]]]:
    """The (latitude, longitude) of each enterprise that has any: its own and its units'."""
    found: dict[str, set[tuple[float, float]]] = {}
    things: list[Enterprise | Unit] = [*site.enterprises.values(), *site.units.values()]
    for thing in things:
        if thing.lat is not None and thing.lon is not None:
            found.setdefault(thing.enterprise, set()).add((thing.lat, thing.lon))
    return found
