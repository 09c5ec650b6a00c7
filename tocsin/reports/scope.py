"""Which enterprises a report is about."""

from typing import NamedTuple

from plant.site import Site
from tocsin.inventory.regions import regions_of


class Scope(NamedTuple):
    """`words` names what was asked for; empty: the whole site, alarms that are about no enterprise included."""

    enterprises: frozenset[str]
    words: str

    @property
    def is_all(self) -> bool:
        return not self.words


def scope_of(site: Site, region: str | None, park: str | None, enterprise: str | None) -> Scope:
    """The enterprises that lie in all that is given; a region with those below it. LookupError: there is none."""
    regions = regions_of(site)
    found = frozenset(
        e.enterprise
        for e in site.enterprises.values()
        if (region is None or region in regions[e.enterprise])
        and (park is None or park == e.park)
        and (enterprise is None or enterprise == e.enterprise)
    )
    asked = {"region": region, "park": park, "enterprise": enterprise}
    words = ", ".join(f"{kind} {name}" for kind, name in asked.items() if name is not None)
    if words and not found:
        raise LookupError(f"no enterprise of the site lies in {words}")
    return Scope(found, words)


def names_of(site: Site) -> dict[str, dict[str, str]]:
    """What places are called: kind -> id -> name."""
    return {
        "region": {r.region: r.name for r in site.regions.values()},
        "park": {},
        "enterprise": {e.enterprise: e.name for e in site.enterprises.values()},
    }


def members_of(site: Site, enterprises: frozenset[str]) -> dict[tuple[str, str], list[str]]:
    """(kind, id) -> enterprises, of every region, park and enterprise among these; regions hold those below them."""
    regions = regions_of(site)
    found: dict[tuple[str, str], list[str]] = {}
    for name in sorted(enterprises):
        for region in regions[name]:
            found.setdefault(("region", region), []).append(name)
        if park := site.enterprises[name].park:
            found.setdefault(("park", park), []).append(name)
        found["enterprise", name] = [name]
    return found
