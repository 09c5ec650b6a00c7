"""The site that a test file makes of the points written in it."""

from plant.site import Device, Enterprise, Point, Site, Unit
from rules.trial.schema import FileForm, PointRow


def own_site(form: FileForm, points: dict[str, PointRow]) -> Site:
    """The site that a test file makes of its own points."""
    units = {}
    for name in sorted({row.unit for row in points.values()}):
        row = form.units.get(name)
        units[name] = Unit(name, row.enterprise if row else "E1", name, row.kind if row else "other")
    enterprises = {unit.enterprise: Enterprise(unit.enterprise, unit.enterprise, "") for unit in units.values()}
    return Site(
        name="rule tests",
        timezone=form.timezone,
        centre=None,
        packs=(),
        regions={},
        enterprises=enterprises,
        units=units,
        devices={name: Device(name, row.enterprise, name, row.gateway) for name, row in form.devices.items()},
        points={name: _point(name, row, units[row.unit].enterprise) for name, row in points.items()},
    )


def _point(name: str, row: PointRow, enterprise: str) -> Point:
    low, high = row.range or (None, None)
    return Point(
        point=name,
        unit=row.unit,
        enterprise=enterprise,
        kind=row.kind,
        unit_symbol=row.unit_symbol,
        range_low=low,
        range_high=high,
        period_s=row.period_s,
        report=row.report,
        ll=row.ll,
        l=row.l,
        h=row.h,
        hh=row.hh,
        deadband=row.deadband,
        topic=None,
        key=None,
        device=row.device,
        gas=row.gas,
        ref_temp_c=None,
        principle=row.principle,
        calibration_due=row.calibration_due.isoformat() if row.calibration_due else None,
        tags=row.tags,
    )
