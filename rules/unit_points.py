"""The points of a unit that a rule speaks of by name: a point id, or a glob over point kinds."""

from fnmatch import fnmatchcase

from plant.site import Point, Site


class UnitPoints:
    """The points of each unit. Make it once, ask it for every rule."""

    def __init__(self, site: Site) -> None:
        self._points = site.points
        self._of_unit: dict[str, list[Point]] = {}
        for point in site.points.values():
            self._of_unit.setdefault(point.unit, []).append(point)
        self._found: dict[tuple[str, str], tuple[Point, ...]] = {}

    def matching(self, unit: str, what: str) -> tuple[Point, ...]:
        """The points of the unit that `what` means, in the order of points.csv: at most one where it is a point id."""
        found = self._found.get((unit, what))
        if found is None:
            points = self._of_unit.get(unit, [])
            if what in self._points:
                found = tuple(point for point in points if point.point == what)
            else:
                found = tuple(point for point in points if fnmatchcase(point.kind, what))
            self._found[unit, what] = found
        return found
