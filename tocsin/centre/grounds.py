"""The configuration in force, read again only when another one has come into force."""

import threading
from collections import defaultdict
from dataclasses import dataclass

from alerts.ground import Ground
from alerts.place import Places
from alerts.wording.facts import FactsOf
from plant.site import Point, Site, Unit
from rules.schema import Rule
from tocsin.accounts.roles import Principal
from tocsin.centre.errors import UnavailableError
from tocsin.centre.sight import Sight, sight_of
from tocsin.configuration import Configured
from tocsin.records import UNREADABLE, Records


@dataclass(frozen=True, slots=True)
class Grounded:
    """One configuration and what is made of it once."""

    configured: Configured
    ground: Ground
    places: Places
    facts: FactsOf
    rules: dict[str, Rule]
    units_of: dict[str, tuple[Unit, ...]]
    """By enterprise, in the order of units.csv; an enterprise without units is not in it."""
    points_of: dict[str, tuple[Point, ...]]
    """By unit, in the order of points.csv."""

    @property
    def site(self) -> Site:
        return self.configured.site

    def sight(self, principal: Principal) -> Sight:
        """What the principal sees of this site."""
        return sight_of(principal, self.site, self.places)


class Grounds:
    """Thread-safe."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._lock = threading.Lock()
        self._version: object = None
        self._now: Grounded | None = None

    def now(self) -> Grounded:
        """UnavailableError while there is no configuration that can be read."""
        with self._lock:
            try:
                version = self._records.version()
                if version != self._version or self._now is None:
                    self._now = _grounded(self._records.configured())
                    self._version = version
            except UNREADABLE as error:
                raise UnavailableError(str(error)) from error
            return self._now


def _grounded(configured: Configured) -> Grounded:
    ground = configured.ground()
    rules = {rule.id: rule for rule in configured.rules}
    facts = FactsOf(configured.site, configured.rules, ground.places)
    units: defaultdict[str, list[Unit]] = defaultdict(list)
    for unit in configured.site.units.values():
        units[unit.enterprise].append(unit)
    points: defaultdict[str, list[Point]] = defaultdict(list)
    for point in configured.site.points.values():
        points[point.unit].append(point)
    units_of = {name: tuple(these) for name, these in units.items()}
    points_of = {name: tuple(these) for name, these in points.items()}
    return Grounded(configured, ground, ground.places, facts, rules, units_of, points_of)
