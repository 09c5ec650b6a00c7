"""What the engine must know of each point, as columns indexed by point number."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from plant.registry import PointRegistry
from plant.site import Point, Site
from rules.engine.columns import F64, I64, NEVER_MS, Bool


@dataclass(frozen=True, slots=True)
class PointTable:
    """Columns of length `size`; rows of numbers that are not in the site are not `known`."""

    size: int
    points: list[Point | None]
    known: Bool
    all_known: bool
    gap_ms: I64
    """Three times the period: the longest step that a delay counts, and the silence after which a clock may step."""
    step_cap_ms: I64
    """`gap_ms`, or no cap where the point reports on change (semantics 4.1, 4.3)."""
    on_change: Bool
    range_high: F64
    """+inf where a bound is empty."""
    under: F64
    """Below this a value is under range (semantics 2); -inf where a bound is empty."""
    cells: dict[str, F64]
    """ll, l, h, hh, deadband of points.csv; NaN where empty."""
    calibration_day: I64
    """The day of calibration_due as a proleptic ordinal; 0 where empty."""
    timezone: str
    """Of the site: its days begin there."""

    def identity(self, number: int) -> tuple[str, str]:
        """(point, enterprise) of a number, as events name them."""
        point = self.points[number]
        assert point is not None  # noqa: S101 - a slot stands on a point of the site
        return point.point, point.enterprise


def point_table(site: Site, registry: PointRegistry) -> PointTable:
    """The table of a site's points. KeyError if a point has no number in the registry."""
    numbers = registry.numbers
    of_site = list(site.points.values())
    at = np.array([numbers[p.point] for p in of_site], dtype=np.intp)
    size = int(at.max()) + 1 if len(at) else 0

    def column(values: list[float | None], empty: float) -> F64:
        whole = np.full(size, empty)
        whole[at] = [empty if v is None else v for v in values]
        return whole

    points: list[Point | None] = [None] * size
    for number, point in zip(at.tolist(), of_site, strict=True):
        points[number] = point
    known = np.zeros(size, dtype=np.bool_)
    known[at] = True
    on_change = np.zeros(size, dtype=np.bool_)
    on_change[at] = [p.report == "on_change" for p in of_site]
    period_ms = np.rint(column([p.period_s for p in of_site], 1.0) * 1000).astype(np.int64)
    due_day = np.zeros(size, dtype=np.int64)
    due_day[at] = [date.fromisoformat(p.calibration_due).toordinal() if p.calibration_due else 0 for p in of_site]
    low = column([p.range_low for p in of_site], np.nan)
    high = column([p.range_high for p in of_site], np.nan)
    both = ~(np.isnan(low) | np.isnan(high))
    return PointTable(
        size=size,
        points=points,
        known=known,
        all_known=bool(known.all()),
        gap_ms=3 * period_ms,
        step_cap_ms=np.where(on_change, NEVER_MS, 3 * period_ms),
        on_change=on_change,
        range_high=np.where(both, high, np.inf),
        under=np.where(both, low - 0.05 * (high - low), -np.inf),
        cells={
            name: column([getattr(p, name) for p in of_site], np.nan) for name in ("ll", "l", "h", "hh", "deadband")
        },
        calibration_day=due_day,
        timezone=site.timezone,
    )
