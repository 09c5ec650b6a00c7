"""Places: the site, regions, enterprises, units and points, and what was last read at points."""

from typing import Self

from plant.quality import Quality
from plant.site import Enterprise, Point, Region, Unit
from tocsin.api.forms.form import Form
from tocsin.centre.latest import Latest


class SiteForm(Form):
    """The site, and how much of it is in sight."""

    name: str
    timezone: str
    lat: float | None
    """Of its centre."""
    lon: float | None
    enterprises: int
    units: int
    points: int


class RegionList(Form):
    regions: list[Region]


class EnterpriseList(Form):
    enterprises: list[Enterprise]


class EnterpriseWhole(Form):
    """An enterprise with its units."""

    enterprise: Enterprise
    units: list[Unit]


class UnitPage(Form):
    """`more` is the `after` of the next page; null: there is none."""

    units: list[Unit]
    more: str | None


class PointForm(Form):
    """One measured quantity. Limits, range and deadband are in the point's unit; what points.csv leaves out is null."""

    point: str
    unit: str
    enterprise: str
    kind: str
    unit_symbol: str | None
    range_low: float | None
    range_high: float | None
    period_s: float
    report: str
    ll: float | None
    l: float | None  # noqa: E741 - the level's standard name
    h: float | None
    hh: float | None
    deadband: float | None
    device: str | None
    gas: str | None
    principle: str | None
    calibration_due: str | None
    tags: tuple[str, ...]

    @classmethod
    def of(cls, point: Point) -> Self:
        return cls(**{name: getattr(point, name) for name in cls.__struct_fields__})


class PointPage(Form):
    points: list[PointForm]
    more: str | None


class UnitWhole(Form):
    """A unit with its points. `unit.camera` is the link to its camera, null where it has none."""

    unit: Unit
    enterprise: Enterprise
    points: list[PointForm]


class LimitForm(Form):
    """A limit on the value, as the rules in force have it."""

    level: str
    limit: float
    severity: str
    deadband: float
    rule: str


class PointWhole(Form):
    """A point, where it stands, and what watches it."""

    point: PointForm
    regions: tuple[str, ...]
    """From the enterprise's own region up to the root."""
    park: str
    limits: list[LimitForm]
    rules: list[str]


class LatestForm(Form):
    """The last reading of a point. Times are ms; `value` is null where it is missing."""

    point: str
    value: float | None
    quality: str
    """good, uncertain or bad."""
    measured_at: int | None
    received_at: int

    @classmethod
    def of(cls, latest: Latest) -> Self:
        return cls(
            point=latest.point,
            value=latest.value,
            quality=Quality(latest.quality).name.lower(),
            measured_at=latest.measured_at_ms,
            received_at=latest.received_at_ms,
        )


class LatestList(Form):
    """Those of the points that were heard lately."""

    values: list[LatestForm]


class TrendForm(Form):
    """One point over [from, to) as columns of equal length; a gap is a row of nulls. Times are ms."""

    point: str
    from_ms: int
    to_ms: int
    resolution: str
    step_ms: int
    source: str
    at_ms: list[int]
    low: list[float | None]
    mean: list[float | None]
    high: list[float | None]
    last: list[float | None]
    bad: list[float]
    cut_at_ms: int | None
    note: str
