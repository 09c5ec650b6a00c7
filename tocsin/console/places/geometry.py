"""Outlines of regions where nobody has drawn any: around the enterprises that lie in them (pure)."""

import math
from collections.abc import Iterable, Sequence
from typing import Final

LatLon = tuple[float, float]

_CORNERS: Final = 16
_KM_PER_DEGREE: Final = 111.32


def outline(places: Iterable[LatLon], margin_km: float) -> list[LatLon]:
    """The convex hull of circles of `margin_km` around the places; [] where there is none."""
    rim = [corner for place in set(places) for corner in _circle(place, margin_km)]
    return _hull(rim)


def bounds(places: Sequence[LatLon]) -> tuple[LatLon, LatLon] | None:
    """(south-west, north-east) of places; None where there is none."""
    if not places:
        return None
    lats, lons = [lat for lat, _ in places], [lon for _, lon in places]
    return (min(lats), min(lons)), (max(lats), max(lons))


def spread_km(places: Sequence[LatLon]) -> float:
    """The diagonal of what holds them all."""
    found = bounds(places)
    if found is None:
        return 0.0
    (south, west), (north, east) = found
    return math.hypot(north - south, (east - west) * _squeeze((south + north) / 2)) * _KM_PER_DEGREE


def _circle(place: LatLon, radius_km: float) -> list[LatLon]:
    lat, lon = place
    degrees = radius_km / _KM_PER_DEGREE
    angles = [2 * math.pi * n / _CORNERS for n in range(_CORNERS)]
    return [(lat + degrees * math.sin(a), lon + degrees * math.cos(a) / _squeeze(lat)) for a in angles]


def _squeeze(lat: float) -> float:
    """How much shorter a degree of longitude is there; never 0."""
    return max(math.cos(math.radians(lat)), 0.01)


def _hull(places: list[LatLon]) -> list[LatLon]:
    """Andrew's monotone chain, anticlockwise."""
    ordered = sorted(set(places))
    if len(ordered) < 3:
        return ordered
    return [*_chain(ordered), *_chain(ordered[::-1])]


def _chain(places: list[LatLon]) -> list[LatLon]:
    chain: list[LatLon] = []
    for place in places:
        while len(chain) > 1 and _turn(chain[-2], chain[-1], place) <= 0:
            chain.pop()
        chain.append(place)
    return chain[:-1]


def _turn(a: LatLon, b: LatLon, c: LatLon) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
