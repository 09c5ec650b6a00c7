"""Which points an incident hits, and how hard: names and percentages of a scenario made concrete for a site."""

from fnmatch import fnmatchcase

from plant.site import Point, Site
from simulators.family import USUAL_LIMIT, range_of
from simulators.incident import Incident
from simulators.kinds import KINDS
from simulators.steady import is_switch


def pool(incident: Incident, site: Site) -> list[list[Point]]:
    """What the incident can hit, in the order of the site's files: each entry is the points of one occurrence."""
    pick = incident.pick
    if incident.point is not None:
        named = site.points.get(incident.point)
        return [[named]] if named is not None and concerns(incident, named) else []
    if incident.unit is not None:
        wanted = [p for p in site.points.values() if p.unit == incident.unit and _wanted(incident, p)]
        return [wanted] if wanted else []
    assert pick is not None  # noqa: S101 - the model demands one of the three
    within = [p for p in site.points.values() if pick.unit_kind in (None, site.units[p.unit].kind)]
    if pick.kind is not None:
        return [[p] for p in within if concerns(incident, p) and fnmatchcase(p.kind, pick.kind)]
    units: dict[str, list[Point]] = {}
    for p in within:
        if _wanted(incident, p):
            units.setdefault(p.unit, []).append(p)
    return list(units.values())


def targets(incident: Incident, among: list[list[Point]], occurrence: int = 0) -> list[Point]:
    """The points of the pool that the n-th occurrence (0, 1, ...) hits, the first one hardest."""
    if not among:
        return []
    nth = incident.pick.nth - 1 + occurrence if incident.pick is not None else 0
    return among[nth % len(among)]


def concerns(incident: Incident, point: Point) -> bool:
    """Whether this kind of incident can happen to this kind of point."""
    return any(fnmatchcase(point.kind, glob) for glob in KINDS[incident.kind].points)


def is_low(incident: Incident, point: Point) -> bool:
    """Whether the incident brings the value down, so that a rule should speak below a limit."""
    return any(fnmatchcase(point.kind, glob) for glob in KINDS[incident.kind].low)


def magnitude_of(incident: Incident, point: Point) -> float | None:
    """The magnitude in the point's unit, None where the incident has none. ValueError: a percentage without a base."""
    if point.kind == "dust.spark" and KINDS[incident.kind].sort == "process":
        return 1.0
    given = incident.magnitude
    if given is None:
        low, high = range_of(point)
        return high + 0.05 * (high - low) if incident.kind == "over_range" else None
    if isinstance(given, float | int):
        return float(given)
    value = relative(given, point)
    low = range_of(point)[0]
    # An offset, a drift or a noise is a difference: the bottom of the range does not count in it.
    return value - low if incident.kind in _DIFFERENCES and given.endswith("range") else value


_DIFFERENCES = frozenset({"offset", "drift", "noise", "spikes"})


def relative(given: str, point: Point) -> float:
    """`N % of range|l|ll|h|hh` in the point's unit. ValueError where the point lacks the limit."""
    percent, base = given.split(" % of ")
    fraction = float(percent) / 100.0
    if base == "range":
        low, high = range_of(point)
        return low + fraction * (high - low)
    limit: float | None = getattr(point, base)
    if limit is None:
        raise ValueError(f"magnitude {given!r}: point {point.point} has no {base}")
    return fraction * limit


def danger_of(incident: Incident, point: Point) -> float | None:
    """The value from which a rule should speak; where the incident brings the value down, the one below which."""
    if incident.danger is not None:
        return incident.danger
    if incident.kind == "permit":
        return None
    if is_switch(point):
        return 0.0 if is_low(incident, point) else 1.0
    low = is_low(incident, point)
    cells = (point.l, point.ll) if low else (point.h, point.hh)
    found = next((c for c in cells if c is not None), None)
    if found is None and low == (point.kind == "gas.oxygen"):
        return USUAL_LIMIT.get(point.kind)
    return found


def impossible(incident: Incident, site: Site) -> list[str]:
    """What of the incident can't be done in this site."""
    if incident.point is not None and incident.point not in site.points:
        return [f"the site has no point {incident.point}"]
    if incident.unit is not None and incident.unit not in site.units:
        return [f"the site has no unit {incident.unit}"]
    among = pool(incident, site)
    if not among:
        pick = incident.pick
        where = incident.point or incident.unit or (pick and (pick.kind or pick.unit_kind))
        return [f"the site has no point that {incident.kind} can happen to ({where})"]
    for points in among if incident.every_s else [targets(incident, among)]:
        for point in points:
            try:
                if _has_magnitude(incident, point):
                    magnitude_of(incident, point)
                if incident.heating is not None and isinstance(incident.heating.relief_at, str):
                    _ = relative(incident.heating.relief_at, point) if point.kind == "tank.pressure" else 0.0
            except ValueError as error:
                return [str(error)]
    return []


def _has_magnitude(incident: Incident, point: Point) -> bool:
    """Of what a unit-wide incident does to several kinds of points, the magnitude names the first kind's."""
    first = KINDS[incident.kind].points[0]
    return incident.kind not in _OF_FIRST or fnmatchcase(point.kind, first)


_OF_FIRST = frozenset({"cleaning_failure", "water_loss"})


def _wanted(incident: Incident, point: Point) -> bool:
    return concerns(incident, point) and any(fnmatchcase(point.kind, glob) for glob in incident.points_wanted)
