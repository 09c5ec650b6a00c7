"""What the configuration in force says of alarms: its rules, its places, its routes (pure)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from alerts.place import Place, Places
from alerts.policy import policy_of
from alerts.record import AlarmRecord, Policy
from alerts.risk.nodes import Nodes
from alerts.routes.routing import Routing
from alerts.routes.schema import RoutesFile
from plant.site import Site
from rules.schema import Rule

_NOWHERE = Site("", "UTC", None, None)


def _nothing_silent(_rule: str) -> bool:
    return False


@dataclass(frozen=True)
class Ground:
    """Made once for each version of the configuration; without arguments that of a site with nothing in it."""

    policy: Policy = field(default_factory=Policy)
    site: Site = _NOWHERE
    routes: RoutesFile = field(default_factory=RoutesFile)
    silent: Callable[[str], bool] = _nothing_silent
    """Whether alarms of the rule say that a point brings no data."""
    digest: str = ""
    """The version's name."""

    @cached_property
    def places(self) -> Places:
        return Places(self.site)

    @cached_property
    def routing(self) -> Routing:
        return Routing(self.routes, self.site, self.places)

    @cached_property
    def nodes(self) -> Nodes:
        return Nodes(self.site, self.places)

    def warm(self) -> None:
        """Make what is made when it is first asked for."""
        _ = self.routing, self.nodes

    @property
    def incident_ms(self) -> int:
        return round(self.routes.incident_s * 1000)

    def place_of(self, record: AlarmRecord) -> Place:
        """Where an alarm's subject stands."""
        return self.places.of(record.subject, record.enterprise)


def ground_of(rules: Sequence[Rule], site: Site, routes: RoutesFile, digest: str) -> Ground:
    """The ground of a configuration."""
    silent = {rule.id for rule in rules if rule.condition.kind == "stale"}
    return Ground(policy_of(rules, site), site, routes, silent.__contains__, digest)
