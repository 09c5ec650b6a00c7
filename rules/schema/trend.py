"""Conditions that look ahead or compare with the point's own past."""

from typing import Annotated, Literal

from pydantic import Field

from rules.schema.base import Finite, Levels, Model, PositiveSeconds, Severity, WindowSeconds


class Forecast(Levels):
    """The exponentially weighted least-squares line reaches a level within `within_s`.

    A level without a value is the point's cell; one with a value takes no cell.
    """

    within_s: PositiveSeconds
    half_life_s: WindowSeconds
    confidence: Annotated[Finite, Field(gt=0)] = 3.0
    """The slope's t statistic must exceed this."""
    min_readings: Annotated[int, Field(strict=True, ge=3, le=100_000)] = 8


class Deviation(Model):
    """More than `k` standard deviations from the exponentially weighted mean."""

    k: Annotated[Finite, Field(gt=0)]
    half_life_s: WindowSeconds
    min_count: Annotated[int, Field(strict=True, ge=2, le=1_000_000)] = 30
    min_sd: Annotated[Finite, Field(ge=0)] = 0.0
    """The standard deviation counts as at least this, in the point's unit."""
    side: Literal["both", "high", "low"] = "both"
    severity: Severity | None = None
