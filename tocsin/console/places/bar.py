"""A value drawn against its limits: where it stands between low and high, and from where on it is beyond (pure)."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from tocsin.centre.rules_of import LevelLimit

_MARGIN: Final = 0.25
"""Of the span of the limits, on both sides, where the point has no range."""


class Zone(NamedTuple):
    """Beyond a limit: shares of the width in percent."""

    start: float
    end: float
    severity: str


class Scale(NamedTuple):
    """From `low` to `high` in the point's unit, and the zones beyond its limits, mild ones first."""

    low: float
    high: float
    zones: tuple[Zone, ...]

    def at(self, value: float) -> float:
        """Where a value stands, in percent of the width; outside it stands at the edge."""
        return round(_share(value, self.low, self.high), 1)


def scale_of(low: float | None, high: float | None, limits: Sequence[LevelLimit]) -> Scale | None:
    """The scale of a point by its range, or else by its limits; None where neither says anything."""
    values = [limit.limit for limit in limits]
    if low is None or high is None or low >= high:
        if not values:
            return None
        span = max(values) - min(values) or abs(values[0]) or 1.0
        above = any(limit.level in ("h", "hh") for limit in limits)
        below = any(limit.level in ("l", "ll") for limit in limits)
        low = low if low is not None else min(values) - span * (_MARGIN if below else 1.0)
        high = high if high is not None else max(values) + span * (_MARGIN if above else 1.0)
        if low >= high:
            return None
    zones = []
    for limit in sorted(limits, key=_mild_first):
        at = round(_share(limit.limit, low, high), 1)
        zone = Zone(at, 100.0, limit.severity) if limit.level in ("h", "hh") else Zone(0.0, at, limit.severity)
        if zone.start < zone.end:
            zones.append(zone)
    return Scale(low, high, tuple(zones))


def _mild_first(limit: LevelLimit) -> tuple[bool, bool, float]:
    is_low = limit.level in ("ll", "l")
    return limit.level in ("ll", "hh"), is_low, -limit.limit if is_low else limit.limit


def _share(value: float, low: float, high: float) -> float:
    return min(max((value - low) / (high - low), 0.0), 1.0) * 100
