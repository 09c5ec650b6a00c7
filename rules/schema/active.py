"""When a rule is active, and limits that depend on another point (docs/reference/schedules.md)."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator
from pydantic_core.core_schema import ValidationInfo

from rules.expression import parse
from rules.schema.base import Levels, Model
from rules.schema.several import Name

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WallTime = Annotated[str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
"""HH:MM."""
Formula = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Named = Annotated[dict[Name, str], Field(min_length=1, max_length=64)]
"""Name -> a point id, or a glob over point kinds that matches one point of the unit."""


class Shift(Model):
    """From one time of the day to another, which is on the next day where it is not later."""

    from_: WallTime = Field(alias="from")
    to: WallTime
    days: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    """The days on which it begins."""

    @field_validator("from_")
    @classmethod
    def _begins_within_a_day(cls, text: str) -> str:
        if text == "24:00":
            raise ValueError("24:00 ends a day, allowed is 00:00 to 23:59")
        return text

    @field_validator("days")
    @classmethod
    def _some_day(cls, days: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
        if not days:
            raise ValueError("names no day, allowed are mon, tue, wed, thu, fri, sat, sun")
        return days


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, Mapping | Shift) else value


class Active(Model):
    """All that is given must hold."""

    shift: Annotated[
        tuple[Shift, ...] | None, BeforeValidator(_listed, json_schema_input_type=Shift | tuple[Shift, ...] | None)
    ] = None
    """Any one of them."""
    calendar: Literal["workdays", "holidays"] | None = None
    points: Named | None = None
    while_: Formula | None = Field(default=None, alias="while")

    @field_validator("while_")
    @classmethod
    def _formula(cls, text: str | None, info: ValidationInfo) -> str | None:
        return _parsed(text, info)

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.shift is None and self.calendar is None and self.while_ is None:
            raise ValueError("says nothing, allowed are shift, calendar, while")
        if (self.while_ is None) != (self.points is None):
            raise ValueError("while and points come together")
        if self.shift == ():
            raise ValueError("shift is empty, needed is a map with from and to, or a list of such")
        return self


class When(Model):
    """Limits in the place of the rule's own."""

    points: Named
    while_: Formula = Field(alias="while")
    levels: Levels

    @field_validator("while_")
    @classmethod
    def _formula(cls, text: str, info: ValidationInfo) -> str | None:
        return _parsed(text, info)

    @model_validator(mode="after")
    def _values(self) -> Self:
        if any(getattr(self.levels, level) is None for level in self.levels.named):
            raise ValueError("a level without a value, allowed in limit alone")
        return self


def _parsed(text: str | None, info: ValidationInfo) -> str | None:
    names = info.data.get("points")
    if text is not None and names is not None:
        parse(text, names)
    return text
