"""Conditions with levels, on one point."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rules.schema.base import Finite, Level, Levels, Model, PositiveSeconds, WindowSeconds


class Limit(Levels):
    deadband: Annotated[Finite, Field(ge=0)] = 0.0


class Rate(Levels):
    over_s: WindowSeconds
    deadband_fraction: Annotated[float, Field(strict=True, ge=0, lt=1)] = 0.0

    @model_validator(mode="after")
    def _signs(self) -> Self:
        for level in self.named:
            value = getattr(self, level)
            if value is None:
                raise ValueError(f"{level} needs a value, in units per second")
            if level in ("l", "ll") and value >= 0:
                raise ValueError(f"{level} is {value}: a low rate is written negative")
            if level in ("h", "hh") and value <= 0:
                raise ValueError(f"{level} is {value}: a high rate is written positive")
        return self


class Window(Levels):
    stat: Literal["mean", "min", "max", "count"]
    over_s: WindowSeconds
    deadband: Annotated[Finite, Field(ge=0)] = 0.0
    partial: bool = False

    @model_validator(mode="after")
    def _values(self) -> Self:
        if any(getattr(self, level) is None for level in self.named):
            raise ValueError("a level without a value, allowed in limit alone")
        return self


class Twa(Model):
    over_s: WindowSeconds
    h: Finite | None = None
    hh: Finite | None = None
    deadband: Annotated[Finite, Field(ge=0)] = 0.0
    max_gap_s: PositiveSeconds = 300.0

    @property
    def named(self) -> tuple[Level, ...]:
        """The levels that stand in the file."""
        levels: tuple[Level, ...] = ("h", "hh")
        return tuple(level for level in levels if level in self.model_fields_set)

    @model_validator(mode="after")
    def _values(self) -> Self:
        if not self.named:
            raise ValueError("names no level, allowed are h, hh")
        if any(getattr(self, level) is None for level in self.named):
            raise ValueError("a level without a value, allowed in limit alone")
        if self.h is not None and self.hh is not None and self.h > self.hh:
            raise ValueError("levels out of order, allowed is h <= hh")
        return self
