"""Which points an incident hits, and how hard: names and percentages of a scenario made concrete for a site."""

from fnmatch import fnmatchcase

from plant.site import Point, Site
from simulators.family import USUAL_LIMIT, range_of
from simulators.gas import is_gas
from simulators.scenario import Incident


def pool(incident: Incident, site: Site) -> list[Point]:
    """The points among which the incident finds those it hits, in the order of points.csv."""
    if incident.point is not None:
        named = [site.points[incident.point]] if incident.point in site.points else []
        return [p for p in named if concerns(incident, p)]
    wanted = incident.pick.kind if incident.pick else incident.points_wanted
    within = (p for p in site.points.values() if incident.unit is None or p.unit == incident.unit)
    return [p for p in within if concerns(incident, p) and fnmatchcase(p.kind, wanted)]


def targets(incident: Incident, among: list[Point], occurrence: int = 0) -> list[Point]:
    """The points of the pool that the n-th occurrence (0, 1, ...) hits, the first one hardest."""
    if incident.pick is None or not among:
        return among
    return [among[(incident.pick.nth - 1 + occurrence) % len(among)]]


def concerns(incident: Incident, point: Point) -> bool:
    """Whether this kind of incident can happen to this kind of point."""
    if incident.kind == "leak":
        return is_gas(point.kind)
    if incident.kind == "ember":
        return point.kind in {"dust.spark", "dust.inlet_temperature", "dust.hopper_temperature"}
    wanted = {"overfill": "tank.level", "bag_blinding": "dust.dp"}.get(incident.kind)
    return wanted is None or point.kind == wanted


def magnitude_of(incident: Incident, point: Point) -> float | None:
    """The magnitude in the point's unit, None where the incident has none. ValueError: a percentage without a base."""
    if point.kind == "dust.spark":
        return 1.0
    given = incident.magnitude
    low, high = range_of(point)
    if given is None:
        return high + 0.05 * (high - low) if incident.kind == "over_range" else None
    if isinstance(given, float | int):
        return float(given)
    percent, base = given.split(" % of ")
    fraction = float(percent) / 100.0
    if base == "range":
        return low + fraction * (high - low)
    limit: float | None = getattr(point, base)
    if limit is None:
        raise ValueError(f"magnitude {given!r}: point {point.point} has no {base}")
    return fraction * limit


def danger_of(incident: Incident, point: Point) -> float | None:
    """The value from which a rule should speak; for oxygen, and below it."""
    if incident.danger is not None:
        return incident.danger
    cells = (point.l, point.ll) if point.kind == "gas.oxygen" else (point.h, point.hh)
    return next((c for c in cells if c is not None), USUAL_LIMIT.get(point.kind))


def impossible(incident: Incident, site: Site) -> list[str]:
    """What of the incident can't be done in this site."""
    if incident.point is not None and incident.point not in site.points:
        return [f"the site has no point {incident.point}"]
    if incident.unit is not None and incident.unit not in site.units:
        return [f"the site has no unit {incident.unit}"]
    among = pool(incident, site)
    if not among:
        where = incident.point or incident.unit or (incident.pick.kind if incident.pick else "")
        return [f"the site has no point that {incident.kind} can happen to ({where})"]
    for point in among if incident.every_s else targets(incident, among):
        try:
            magnitude_of(incident, point)
        except ValueError as error:
            return [str(error)]
    return []
