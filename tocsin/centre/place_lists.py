"""Lists of places in sight, page by page: enterprise after enterprise, its units, their points."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

from plant.site import Point, Region, Site, Unit
from tocsin.accounts.roles import Permission, Principal
from tocsin.centre.grounds import Grounded, Grounds
from tocsin.centre.sight import demand

_T = TypeVar("_T", Unit, Point)


class PlacePage(NamedTuple, Generic[_T]):
    """`more` is the id to go on behind; None: there is nothing behind."""

    places: list[_T]
    more: str | None


class SiteHead(NamedTuple):
    """The site, and how much of it is in sight."""

    site: Site
    enterprises: int
    units: int
    points: int


class PlaceLists:
    """Thread-safe."""

    def __init__(self, grounds: Grounds) -> None:
        self._grounds = grounds

    def head(self, principal: Principal) -> SiteHead:
        """What the site is called, and the counts of what is seen."""
        now, seen = self._seen(principal)
        units = [unit for enterprise in seen for unit in now.units_of.get(enterprise, ())]
        return SiteHead(now.site, len(seen), len(units), sum(len(now.points_of.get(u.unit, ())) for u in units))

    def regions(self, principal: Principal) -> list[Region]:
        """All of the site: they say nothing about anybody."""
        demand(principal, Permission.VIEW)
        return list(self._grounds.now().site.regions.values())

    def units(
        self, principal: Principal, enterprise: str | None = None, after: str | None = None, limit: int = 100
    ) -> PlacePage[Unit]:
        """Of one enterprise, or of all in sight. ValueError: `after` is no unit in sight."""
        now, seen = self._seen(principal, enterprise)
        begin = now.site.units.get(after) if after is not None else None
        if after is not None and (begin is None or begin.enterprise not in seen):
            raise ValueError(f"after is {after}, which is no cursor of this list")
        found = (u for e in _from(seen, begin.enterprise if begin else None) for u in now.units_of.get(e, ()))
        return _page(_behind(found, begin), limit, lambda unit: unit.unit)

    def points(
        self,
        principal: Principal,
        *,
        enterprise: str | None = None,
        unit: str | None = None,
        kind: str | None = None,
        text: str = "",
        after: str | None = None,
        limit: int = 100,
    ) -> PlacePage[Point]:
        """Those of a unit, an enterprise, a kind (`gas.*`: all that begin so), with `text` in their id."""
        now, seen = self._seen(principal, enterprise)
        begin = now.site.points.get(after) if after is not None else None
        if after is not None and (begin is None or begin.enterprise not in seen):
            raise ValueError(f"after is {after}, which is no cursor of this list")
        found = (p for p in _behind(_points(now, seen, unit, begin), begin) if _fits(p, kind, text.lower()))
        return _page(found, limit, lambda point: point.point)

    def _seen(self, principal: Principal, enterprise: str | None = None) -> tuple[Grounded, list[str]]:
        demand(principal, Permission.VIEW)
        now = self._grounds.now()
        sight = now.sight(principal)
        only = [enterprise] if enterprise is not None else list(now.site.enterprises)
        return now, [e for e in only if e in sight.enterprises]


def _points(now: Grounded, seen: list[str], unit: str | None, begin: Point | None) -> Iterator[Point]:
    for enterprise in _from(seen, begin.enterprise if begin else None):
        for each in now.units_of.get(enterprise, ()):
            if unit in (None, each.unit):
                yield from now.points_of.get(each.unit, ())


def _fits(point: Point, kind: str | None, text: str) -> bool:
    if kind is not None and (not point.kind.startswith(kind[:-1]) if kind.endswith("*") else point.kind != kind):
        return False
    return not text or text in point.point.lower()


def _from(names: list[str], first: str | None) -> list[str]:
    return names if first is None else names[names.index(first) :]


def _behind(found: Iterator[_T], last: _T | None) -> Iterator[_T]:
    """What comes after `last`, which is among what is found."""
    if last is not None:
        for each in found:
            if each == last:
                break
    return found


def _page(found: Iterator[_T], limit: int, name: Callable[[_T], str]) -> PlacePage[_T]:
    places = list(islice(found, limit + 1))
    more = name(places[limit - 1]) if len(places) > limit else None
    return PlacePage(places[:limit], more)
