"""What a person sees of a site (pure): enterprises, and what belongs to them."""

from dataclasses import dataclass

from alerts.place import Places
from plant.site import Site
from tocsin.accounts.roles import Permission, Principal
from tocsin.centre.errors import ForbiddenError, NotFoundError


@dataclass(frozen=True, slots=True)
class Sight:
    """`enterprises` are those in sight; `whole` is true for who sees the site itself, too."""

    enterprises: frozenset[str]
    whole: bool

    def sees(self, enterprise: str) -> bool:
        """Whether something of this enterprise is seen. What belongs to no enterprise belongs to the site."""
        return enterprise in self.enterprises if enterprise else self.whole

    def narrowed(self, wanted: frozenset[str] | None) -> frozenset[str] | None:
        """The enterprises to look for: None for all of the site, which only who sees the whole may have."""
        if wanted is None:
            return None if self.whole else self.enterprises
        return wanted & self.enterprises


def sight_of(principal: Principal, site: Site, places: Places) -> Sight:
    """What the principal sees. A scope that the site does not have (any more) sees nothing."""
    scope = principal.scope
    match scope.kind:
        case "site":
            seen = frozenset(site.enterprises)
        case "enterprise":
            seen = frozenset({scope.id} & site.enterprises.keys())
        case "park":
            seen = frozenset(e.enterprise for e in site.enterprises.values() if e.park == scope.id)
        case "region":
            seen = frozenset(e.enterprise for e in site.enterprises.values() if scope.id in places.regions_of(e.region))
    whole = scope.kind == "site"
    if principal.only_enterprises is not None:
        seen, whole = seen & principal.only_enterprises, False
    return Sight(seen, whole)


def demand(principal: Principal, permission: Permission) -> None:
    """ForbiddenError unless the principal may."""
    if not principal.may(permission):
        raise ForbiddenError(f"{permission} is not allowed to a {principal.role}")


def demand_sight(sight: Sight, enterprise: str, what: str) -> None:
    """NotFoundError, as if it were not there, unless it is seen."""
    if not sight.sees(enterprise):
        raise NotFoundError(f"there is no {what}")
