"""A small site for tests of the gate: E1 and E2, a point known by id, and some known by (topic, key)."""

from ingest.lookup import PointLookup
from plant.registry import PointRegistry
from plant.site import Enterprise, Point, Site, Unit

MAPPED_TOPIC = "tocsin/v1/E1/D9/up"
FREE_TOPIC = "plc7/values"
"""Not of the native form, but named in points.csv."""


def make_point(point: str, enterprise: str, topic: str | None = None, key: str | None = None) -> Point:
    return Point(
        point=point, unit=f"{enterprise}-U", enterprise=enterprise, kind="gas.combustible", unit_symbol="%LEL",
        range_low=0.0, range_high=100.0, period_s=1.0, report="periodic", ll=None, l=None, h=25.0, hh=50.0,
        deadband=2.0, topic=topic, key=key, device=None, gas=None, ref_temp_c=None, principle=None,
        calibration_due=None, tags=(),
    )  # fmt: skip


def make_site(*extra: Point) -> Site:
    """Points E1-P1 .. E1-P3 and E2-P1 by id; M1 by (MAPPED_TOPIC, "ns=2;s=Tank:Level"), X2 of E2 mapped into a topic
    of E1, and F1 of E1 by (FREE_TOPIC, "f")."""
    site = Site("test", "Asia/Shanghai", None, None)
    for enterprise in ("E1", "E2"):
        site.enterprises[enterprise] = Enterprise(enterprise, enterprise, "R")
        site.units[f"{enterprise}-U"] = Unit(f"{enterprise}-U", enterprise, "hall", "workshop")
    points = [
        *(make_point(f"E1-P{n}", "E1") for n in (1, 2, 3)),
        make_point("E2-P1", "E2"),
        make_point("M1", "E1", MAPPED_TOPIC, "ns=2;s=Tank:Level"),
        make_point("X2", "E2", MAPPED_TOPIC, "x"),
        make_point("F1", "E1", FREE_TOPIC, "f"),
        *extra,
    ]
    for point in points:
        site.points[point.point] = point
    return site


def make_lookup(site: Site | None = None) -> tuple[PointLookup, PointRegistry]:
    """A lookup and the registry that names its numbers. Numbers don't start at 0."""
    site = site or make_site()
    registry = PointRegistry(["gone-1", "gone-2"])
    registry.assign(site.points)
    return PointLookup(site, registry), registry
