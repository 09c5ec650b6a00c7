"""Enterprises and the regions they lie in, all the way up."""

from collections.abc import Mapping

from plant.site import Site


def regions_of(site: Site) -> dict[str, tuple[str, ...]]:
    """By enterprise: its region, that region's parent, and so on; () where it has none."""
    return {enterprise.enterprise: upwards(site, enterprise.region) for enterprise in site.enterprises.values()}


def upwards(site: Site, region: str) -> tuple[str, ...]:
    """The region and those above it, the nearest first. A region that is not in regions.csv stands alone."""
    found: list[str] = []
    at: str | None = region or None
    while at is not None and at not in found:
        found.append(at)
        listed = site.regions.get(at)
        at = listed.parent if listed is not None else None
    return tuple(found)


def chosen_enterprises(
    regions: Mapping[str, tuple[str, ...]], enterprise: str | None, region: str | None
) -> frozenset[str]:
    """The enterprises of a call that asks for one, or for a region with those below it. LookupError: no such."""
    if enterprise is not None and enterprise not in regions:
        raise LookupError(f"no enterprise {enterprise} in the site")
    if region is not None and not any(region in above for above in regions.values()):
        raise LookupError(f"no enterprise of the site lies in a region {region}")
    return frozenset(
        name
        for name, above in regions.items()
        if (enterprise is None or name == enterprise) and (region is None or region in above)
    )
