"""Conditions of the one level `on`, on one point."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rules.schema.base import Finite, Model, PositiveSeconds, Severity, WindowSeconds


class Discrete(Model):
    equals: Finite | None = None
    not_equals: Finite | None = None
    in_: Annotated[tuple[Finite, ...], Field(min_length=1)] | None = Field(default=None, alias="in")
    severity: Severity | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(v is not None for v in (self.equals, self.not_equals, self.in_)) != 1:
            raise ValueError("needs exactly one of equals, not_equals, in")
        return self


class Frozen(Model):
    for_s: WindowSeconds
    epsilon: Annotated[Finite, Field(ge=0)] = 0.0
    ignore: tuple[Finite, Finite] | None = None
    severity: Severity | None = None


class Stale(Model):
    after_s: PositiveSeconds | None = None
    """Absent: three times the point's period."""
    of: Literal["any", "usable"] = "any"
    severity: Severity | None = None


class Range(Model):
    is_: Literal["over", "under"] = Field(alias="is")
    severity: Severity | None = None
