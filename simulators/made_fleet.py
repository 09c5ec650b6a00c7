"""Made-up sites by counts: so many units of each kind, or so many devices, always the same for the same counts."""

from collections.abc import Iterator
from itertools import cycle
from typing import Final

from plant.site import Enterprise, Point, Region, Site, Unit
from simulators.county import CENTRE
from simulators.fittings import FITTINGS, Measure
from simulators.scenario import Fleet

UNITS_AN_ENTERPRISE: Final = 12
PACKS: Final = (
    "data-health",
    "gas-combustible",
    "gas-openpath",
    "gas-oxygen",
    "gas-toxic",
    "ammonia",
    "tank",
    "dust-dry",
    "dust-wet",
    "headcount",
    "hot-work",
    "confined-space",
    "early-warning",
)
"""Packs of a made-up site; made_rules.yaml speaks for the kinds of point that they leave out."""

_TOWNS: Final = (("north", "北汀镇 North Town"), ("middle", "中汀镇 Middle Town"), ("south", "南汀镇 South Town"))


def made_site(fleet: Fleet) -> Site:
    """The site of `units` or `devices`."""
    site = Site(
        name="模拟区（虚构） Made-up District (fictional)",
        timezone="Asia/Shanghai",
        centre=CENTRE,
        packs=PACKS,
    )
    site.regions["district"] = Region("district", None, site.name)
    for region, name in _TOWNS:
        site.regions[region] = Region(region, "district", name)
    devices = fleet.devices
    for n, kind in enumerate(_unit_kinds(fleet)):
        enterprise = f"E{n // UNITS_AN_ENTERPRISE + 1:04}"
        if enterprise not in site.enterprises:
            _add_enterprise(site, enterprise, n // UNITS_AN_ENTERPRISE)
        made = _add_unit(site, enterprise, f"{enterprise}-U{n % UNITS_AN_ENTERPRISE + 1:02}", kind, fleet, devices)
        if devices is not None:
            devices -= made
            if devices <= 0:
                break
    return site


def _unit_kinds(fleet: Fleet) -> Iterator[str]:
    if fleet.units is None:
        yield from cycle(kind for kind in FITTINGS if kind != "other")
        return
    for kind, count in fleet.units.items():
        for _ in range(count):
            yield kind


def _place(number: int, across: int, spread: float) -> tuple[float, float]:
    row, column = divmod(number, across)
    return round(CENTRE[0] + spread * (row % across), 5), round(CENTRE[1] + spread * column, 5)


def _add_enterprise(site: Site, enterprise: str, number: int) -> None:
    region = _TOWNS[number % len(_TOWNS)][0]
    name = f"示例企业 {number + 1} Works {number + 1}"
    lat, lon = _place(number, 40, 0.01)
    site.enterprises[enterprise] = Enterprise(enterprise, name, region, lat=lat, lon=lon, employees=60)


def _add_unit(site: Site, enterprise: str, unit: str, kind: str, fleet: Fleet, most: int | None) -> int:
    """Add a unit with at most so many devices; returns how many it has."""
    fittings = FITTINGS[kind][:most]
    required = tuple(sorted({m.kind for _, measures in fittings for m in measures}))
    place = site.enterprises[enterprise]
    site.units[unit] = Unit(
        unit, enterprise, unit, kind, people_500m=40, required=required, lat=place.lat, lon=place.lon
    )
    for device, measures in fittings:
        for n, measure in enumerate(measures, start=1):
            point = _point(enterprise, unit, f"{unit}-{device}", n, measure, fleet.period_s)
            site.points[point.point] = point
    return len(fittings)


def _point(enterprise: str, unit: str, device: str, n: int, m: Measure, period_s: float | None) -> Point:
    return Point(
        point=f"{device}-{n}",
        unit=unit,
        enterprise=enterprise,
        kind=m.kind,
        unit_symbol=m.symbol,
        range_low=float(m.low),
        range_high=float(m.high),
        period_s=period_s or float(m.period_s),
        report="on_change" if m.on_change else "periodic",
        ll=m.ll,
        l=m.l,
        h=m.h,
        hh=m.hh,
        deadband=m.deadband,
        topic=f"tocsin/v1/{enterprise}/{device}/up",
        key=f"{m.kind.rpartition('.')[2]}{n}",
        device=device,
        gas=m.gas,
        ref_temp_c=None,
        principle=m.principle,
        calibration_due=None,
        tags=(),
    )
