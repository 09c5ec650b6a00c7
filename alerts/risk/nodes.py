"""The places that risk is rolled up over: points, units, enterprises, parks, regions of any depth, the site (pure)."""

from collections.abc import Iterator
from functools import cached_property
from typing import Final, Literal, NamedTuple

from alerts.place import Place, Places
from plant.site import Site

NodeKind = Literal["point", "unit", "enterprise", "park", "region", "site"]


class Node(NamedTuple):
    """A place by kind and id."""

    kind: NodeKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


SITE: Final = Node("site", "site")


class Nodes:
    """The tree of a site: what lies in what. An enterprise lies in its region and, beside that, in its park."""

    def __init__(self, site: Site, places: Places) -> None:
        self.site = site
        self._places = places
        self._paths: dict[tuple[str, str], tuple[Node, ...]] = {}
        self.all: list[Node] = list(dict.fromkeys(self._every()))
        """Every place of the site, those above before those below."""

    def path_of(self, subject: str, enterprise: str) -> tuple[Node, ...]:
        """The subject of an alarm and everything above it, the lowest first, the site last."""
        found = self._paths.get((subject, enterprise))
        if found is None:
            found = self._paths[subject, enterprise] = self._path(self._places.of(subject, enterprise))
        return found

    def path_of_enterprise(self, enterprise: str) -> tuple[Node, ...]:
        """An enterprise and everything above it."""
        return self.path_of("", enterprise)

    def children(self, node: Node) -> list[Node]:
        """What lies directly in a place, in the order of the site folder."""
        return self._below.get(node, [])

    def of_id(self, name: str) -> list[Node]:
        """The places of that id: at most one of each kind."""
        return self._by_id.get(name, [])

    @property
    def parks(self) -> list[Node]:
        """They lie beside the regions: what is in one is in a region too."""
        return [node for node in self.all if node.kind == "park"]

    @cached_property
    def _by_id(self) -> dict[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        for node in self.all:
            found.setdefault(node.id, []).append(node)
        return found

    @cached_property
    def _below(self) -> dict[Node, list[Node]]:
        site, below = self.site, dict[Node, list[Node]]()
        for region in site.regions.values():
            above = Node("region", region.parent) if region.parent in site.regions and region.parent else SITE
            below.setdefault(above, []).append(Node("region", region.region))
        for enterprise in site.enterprises.values():
            node = Node("enterprise", enterprise.enterprise)
            if enterprise.park:
                below.setdefault(Node("park", enterprise.park), []).append(node)
            if not enterprise.region:
                below.setdefault(SITE, []).append(node)
                continue
            region_node = Node("region", enterprise.region)
            if enterprise.region not in site.regions and region_node not in below:
                below.setdefault(SITE, []).append(region_node)
            below.setdefault(region_node, []).append(node)
        for unit in site.units.values():
            below.setdefault(Node("enterprise", unit.enterprise), []).append(Node("unit", unit.unit))
        for point in site.points.values():
            below.setdefault(Node("unit", point.unit), []).append(Node("point", point.point))
        return below

    def name_of(self, node: Node) -> str:
        """What people call it."""
        site = self.site
        match node.kind:
            case "site":
                return site.name
            case "region" if node.id in site.regions:
                return site.regions[node.id].name
            case "enterprise" if node.id in site.enterprises:
                return site.enterprises[node.id].name
            case "unit" if node.id in site.units:
                return site.units[node.id].name
            case _:
                return node.id

    def _every(self) -> Iterator[Node]:
        site = self.site
        yield SITE
        for region in site.regions.values():
            yield from reversed([Node("region", r) for r in self._places.regions_of(region.region)])
        for enterprise in site.enterprises.values():
            yield from reversed(self.path_of_enterprise(enterprise.enterprise))
        yield from (Node("unit", unit) for unit in site.units)
        yield from (Node("point", point) for point in site.points)

    def _path(self, place: Place) -> tuple[Node, ...]:
        path: list[Node] = []
        if place.point:
            path.append(Node("point", place.point))
        if place.unit:
            path.append(Node("unit", place.unit))
        if place.enterprise:
            path.append(Node("enterprise", place.enterprise))
        if place.park:
            path.append(Node("park", place.park))
        path += [Node("region", region) for region in place.regions]
        return (*path, SITE)
