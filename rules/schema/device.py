"""Conditions on instruments and their links (docs/reference/instrument-conditions.md)."""

from typing import Annotated

from pydantic import Field

from rules.schema.base import Finite, Model, PositiveSeconds, Severity, WindowSeconds


class Clock(Model):
    skew_over_s: PositiveSeconds = 60.0
    severity: Severity | None = None


class Flapping(Model):
    n: Annotated[int, Field(strict=True, ge=2, le=100)]
    within_s: WindowSeconds
    after_s: PositiveSeconds | None = None
    """The silence that counts. Absent: three times the point's period."""
    severity: Severity | None = None


class Calibration(Model):
    days_before: Annotated[int, Field(strict=True, ge=0, le=366)] = 0
    severity: Severity | None = None


class Drift(Model):
    half_life_s: WindowSeconds
    over: Annotated[Finite, Field(gt=0)]
    """In the point's unit."""
    min_neighbours: Annotated[int, Field(strict=True, ge=1, le=1000)] = 2
    severity: Severity | None = None
