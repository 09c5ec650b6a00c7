"""The places in sight: regions, enterprises, units and points, with names and limits."""

from dataclasses import dataclass, replace

from alerts.place import Place
from plant.site import Enterprise, Point, Site, Unit
from tocsin.accounts.roles import Permission, Principal
from tocsin.centre.errors import NotFoundError
from tocsin.centre.grounds import Grounded, Grounds
from tocsin.centre.latest import Latest, LatestValues
from tocsin.centre.sight import demand, demand_sight


@dataclass(frozen=True, slots=True)
class UnitWhole:
    """A unit, its enterprise and its points, in the order of points.csv."""

    unit: Unit
    enterprise: Enterprise
    points: tuple[Point, ...]


class SitePlaces:
    """Thread-safe. NotFoundError for what is not there or not seen."""

    def __init__(self, grounds: Grounds, latest: LatestValues) -> None:
        self._grounds = grounds
        self._latest = latest

    def site(self, principal: Principal) -> Site:
        """The site's name, time zone, regions and calendar; its enterprises and what is below them only in sight.

        Contacts are left out: they are people's telephone numbers.
        """
        now = self._now(principal)
        sight = now.sight(principal)
        site = now.site
        if sight.whole:
            return replace(site, contacts={})
        units = {name: unit for name, unit in site.units.items() if sight.sees(unit.enterprise)}
        return Site(
            name=site.name,
            timezone=site.timezone,
            centre=site.centre,
            packs=site.packs,
            regions=site.regions,
            enterprises={name: e for name, e in site.enterprises.items() if name in sight.enterprises},
            units=units,
            points={name: p for name, p in site.points.items() if p.unit in units},
            calendar=site.calendar,
            devices={name: d for name, d in site.devices.items() if sight.sees(d.enterprise)},
        )

    def enterprises(self, principal: Principal) -> list[Enterprise]:
        """In the order of enterprises.csv."""
        now = self._now(principal)
        sight = now.sight(principal)
        return [e for e in now.site.enterprises.values() if e.enterprise in sight.enterprises]

    def enterprise(self, principal: Principal, enterprise: str) -> tuple[Enterprise, list[Unit]]:
        """One, with its units."""
        now = self._now(principal)
        found = now.site.enterprises.get(enterprise)
        if found is None:
            raise NotFoundError(f"there is no enterprise {enterprise}")
        demand_sight(now.sight(principal), enterprise, f"enterprise {enterprise}")
        return found, list(now.units_of.get(enterprise, ()))

    def unit(self, principal: Principal, unit: str) -> UnitWhole:
        now = self._now(principal)
        found = now.site.units.get(unit)
        if found is None:
            raise NotFoundError(f"there is no unit {unit}")
        demand_sight(now.sight(principal), found.enterprise, f"unit {unit}")
        return UnitWhole(found, now.site.enterprises[found.enterprise], now.points_of.get(unit, ()))

    def point(self, principal: Principal, point: str) -> tuple[Point, Place]:
        now = self._now(principal)
        found = now.site.points.get(point)
        if found is None:
            raise NotFoundError(f"there is no point {point}")
        demand_sight(now.sight(principal), found.enterprise, f"point {point}")
        return found, now.places.of(point)

    def latest(self, principal: Principal, points: list[str]) -> dict[str, Latest]:
        """The last readings of those points that are in sight; others, and those not heard lately, are left out."""
        return self._latest.of(self.in_sight(principal, points))

    def latest_since(self, principal: Principal, points: list[str], turn: int) -> tuple[int, dict[str, Latest]]:
        """(turn of now, those heard after `turn`): for streams."""
        return self._latest.since(self.in_sight(principal, points), turn)

    def in_sight(self, principal: Principal, points: list[str]) -> list[str]:
        """Those of the points that the principal sees."""
        now = self._now(principal)
        sight, known = now.sight(principal), now.site.points
        return [p for p in points if p in known and sight.sees(known[p].enterprise)]

    def _now(self, principal: Principal) -> Grounded:
        demand(principal, Permission.VIEW)
        return self._grounds.now()
