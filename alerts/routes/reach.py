"""Which enterprises of a site a route can match, and where a role has nobody: for checks (pure)."""

from collections.abc import Iterable
from functools import cached_property

from alerts.place import Places
from alerts.routes.directory import Directory, positions
from alerts.routes.matching import glob_fits
from alerts.routes.schema import Match
from plant.site import Site


class Reach:
    """Made once for a site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._places = Places(site)
        self._directory = Directory(site)
        self._lacking: dict[tuple[str, str], frozenset[str]] = {}
        self._globbed: dict[tuple[str, ...], frozenset[str]] = {}

    def enterprises(self, match: Match) -> list[str]:
        """Those where an alarm can stand that fits all that the match says of places."""
        site = self._site
        globs = None if match.enterprise is None else self._fitting(match.enterprise)
        owners = None
        if match.unit is not None or match.unit_kind:
            owners = {
                unit.enterprise
                for unit in site.units.values()
                if (match.unit is None or any(glob_fits(unit.unit, glob) for glob in match.unit))
                and (not match.unit_kind or unit.kind in match.unit_kind)
            }
        return [
            enterprise.enterprise
            for enterprise in site.enterprises.values()
            if (globs is None or enterprise.enterprise in globs)
            and (owners is None or enterprise.enterprise in owners)
            and (not match.park or enterprise.park in match.park)
            and (not match.industry or enterprise.industry in match.industry)
            and (not match.region or not set(match.region).isdisjoint(self._places.regions_of(enterprise.region)))
        ]

    def lacking(self, role: str, of: str) -> frozenset[str]:
        """The enterprises for whose alarms nobody has the role; `of` as in a route's `to`."""
        found = self._lacking.get((role, of))
        if found is None:
            found = self._lacking[role, of] = frozenset(
                enterprise
                for enterprise in self._site.enterprises
                if not self._directory.with_role(role, of, self._places.of(enterprise, enterprise))
            )
        return found

    @cached_property
    def roles(self) -> frozenset[str]:
        """Those that somebody has."""
        return frozenset(contact.role for contact in self._site.contacts.values() if contact.role is not None)

    @cached_property
    def regions(self) -> frozenset[str]:
        """Ids of regions.csv, or what enterprises.csv calls them where there is none."""
        known = self._site.regions or {enterprise.region for enterprise in self._site.enterprises.values()}
        return frozenset(known) - {""}

    @property
    def located(self) -> int:
        """How many enterprises have a position, of their own or of a unit."""
        return len(positions(self._site))

    def _fitting(self, globs: Iterable[str]) -> frozenset[str]:
        key = tuple(globs)
        found = self._globbed.get(key)
        if found is None:
            found = self._globbed[key] = frozenset(
                enterprise for enterprise in self._site.enterprises if any(glob_fits(enterprise, glob) for glob in key)
            )
        return found
