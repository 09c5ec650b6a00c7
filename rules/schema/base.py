"""What every part of the rule file stands on: spans, names, severities, and levels that a condition names."""

from itertools import pairwise
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

LONGEST_S: Final = 10 * 366 * 86_400.0
"""Ten years. Spans below a millisecond would round to nothing, spans beyond this are slips of the pen."""

LONGEST_WINDOW_S: Final = 30 * 86_400.0
"""Thirty days: for so long, at least, the log keeps readings. What looks further back could not be decided again."""

Level = Literal["ll", "l", "h", "hh"]
AnyLevel = Literal["ll", "l", "h", "hh", "on"]
Severity = Literal["red", "orange", "yellow", "blue"]
RuleId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
Finite = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Seconds = Annotated[float, Field(strict=True, ge=0, le=LONGEST_S, allow_inf_nan=False)]
WindowSeconds = Annotated[float, Field(strict=True, ge=0.001, le=LONGEST_WINDOW_S, allow_inf_nan=False)]
"""How far back a condition looks."""
PositiveSeconds = Annotated[float, Field(strict=True, ge=0.001, le=LONGEST_S, allow_inf_nan=False)]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Levels(Model):
    """Levels that a condition names. `h:` without a value means: from the point's cell (limit only)."""

    ll: Finite | None = None
    l: Finite | None = None  # noqa: E741 - the level's standard name
    h: Finite | None = None
    hh: Finite | None = None

    @property
    def named(self) -> tuple[Level, ...]:
        """The levels that stand in the file, with or without a value, from ll to hh."""
        levels: tuple[Level, ...] = ("ll", "l", "h", "hh")
        return tuple(level for level in levels if level in self.model_fields_set)

    @model_validator(mode="after")
    def _some_level(self) -> Self:
        if not self.named:
            raise ValueError("names no level, allowed are ll, l, h, hh")
        order = [v for level in ("ll", "l", "h", "hh") if (v := getattr(self, level)) is not None]
        if any(a > b for a, b in pairwise(order)):
            raise ValueError("levels out of order, allowed is ll <= l <= h <= hh")
        if self.l is not None and self.h is not None and self.l >= self.h:
            raise ValueError(f"l {self.l} is not below h {self.h}")
        return self
