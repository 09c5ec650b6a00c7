"""The rule file as pydantic models: what a rule may say (JSON Schema by `tocsin schema rules`)."""

from itertools import pairwise
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

LONGEST_S: Final = 10 * 366 * 86_400.0
"""Ten years. Spans below a millisecond would round to nothing, spans beyond this are slips of the pen."""

Level = Literal["ll", "l", "h", "hh"]
AnyLevel = Literal["ll", "l", "h", "hh", "on"]
Severity = Literal["red", "orange", "yellow", "blue"]
RuleId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
Finite = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Seconds = Annotated[float, Field(strict=True, ge=0, le=LONGEST_S, allow_inf_nan=False)]
PositiveSeconds = Annotated[float, Field(strict=True, ge=0.001, le=LONGEST_S, allow_inf_nan=False)]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Levels(Model):
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


class Limit(_Levels):
    deadband: Annotated[Finite, Field(ge=0)] = 0.0


class Rate(_Levels):
    over_s: PositiveSeconds
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


class Window(_Levels):
    stat: Literal["mean", "min", "max", "count"]
    over_s: PositiveSeconds
    deadband: Annotated[Finite, Field(ge=0)] = 0.0
    partial: bool = False

    @model_validator(mode="after")
    def _values(self) -> Self:
        if any(getattr(self, level) is None for level in self.named):
            raise ValueError("a level without a value, allowed in limit alone")
        return self


class Twa(Model):
    over_s: PositiveSeconds
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
    for_s: PositiveSeconds
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


class Condition(Model):
    """Exactly one of these."""

    limit: Limit | None = None
    discrete: Discrete | None = None
    rate: Rate | None = None
    window: Window | None = None
    twa: Twa | None = None
    frozen: Frozen | None = None
    stale: Stale | None = None
    range: Range | None = None

    @property
    def kind(self) -> str:
        """The one kind that is given."""
        return next(name for name in type(self).model_fields if getattr(self, name) is not None)

    @property
    def levels(self) -> tuple[AnyLevel, ...]:
        """The levels that the condition names; the one level `on` where the kind has no others."""
        given = getattr(self, self.kind)
        return given.named if isinstance(given, _Levels | Twa) else ("on",)

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"needs exactly one kind of condition, allowed are {', '.join(type(self).model_fields)}")
        return self


class AppliesTo(Model):
    """Which points; all that is given must match. `kind` is a glob: * crosses dots, case counts."""

    kind: str | None = None
    points: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    unit_kind: str | None = None
    enterprise: str | None = None
    tags: tuple[str, ...] = ()
    report: Literal["periodic", "on_change"] | None = None

    @model_validator(mode="after")
    def _some(self) -> Self:
        if all(getattr(self, name) in (None, ()) for name in type(self).model_fields):
            raise ValueError(f"matches on nothing, allowed are {', '.join(type(self).model_fields)}")
        return self


class Count(Model):
    n: Annotated[int, Field(strict=True, ge=1, le=1000)]
    within_s: PositiveSeconds


class Source(Model):
    standard: str
    clause: str = ""
    certainty: Literal["V", "1V", "G", "ED", "practice"]


class Drops(Model):
    """What a site's rule in the place of a pack's no longer covers, said on purpose (semantics 5.8)."""

    points: tuple[str, ...] = ()
    """Point ids or globs (* is any text)."""
    levels: tuple[AnyLevel, ...] = ()


class Rule(Model):
    id: RuleId
    version: Annotated[int, Field(strict=True, ge=1)] = 1
    applies_to: AppliesTo
    unit_symbols: tuple[str, ...] = ()
    """The units in which the rule's numbers are right; a point in another unit is then an error."""
    condition: Condition
    cells: bool = True
    on_delay_s: Seconds | dict[AnyLevel, Seconds] = 0.0
    off_delay_s: Seconds | dict[AnyLevel, Seconds] = 0.0
    count: Count | None = None
    severity: Severity | dict[AnyLevel, Severity] | None = None
    latch: bool | tuple[AnyLevel, ...] = False
    never_suppress: tuple[AnyLevel, ...] = ()
    ceiling: dict[Level, Finite] = Field(default_factory=dict)
    late_after_s: PositiveSeconds = 300.0
    enabled: bool = True
    drops: Drops = Drops()
    text: dict[str, str] = Field(default_factory=dict)
    guidance: dict[str, str] = Field(default_factory=dict)
    source: Source | None = None

    @property
    def levels(self) -> tuple[AnyLevel, ...]:
        """The levels that the rule's condition names."""
        return self.condition.levels

    def severity_of(self, level: AnyLevel) -> Severity:
        """The severity of a level; hh and ll default to red, h and l to orange (semantics 5.1)."""
        given = self.severity
        if given is None:
            given = getattr(getattr(self.condition, self.condition.kind), "severity", None)
        if isinstance(given, str):
            return given
        if given and level in given:
            return given[level]
        if level == "on":
            raise ValueError("severity is missing, allowed are red, orange, yellow, blue")
        return "red" if level in ("hh", "ll") else "orange"

    def on_delay_of(self, level: AnyLevel) -> float:
        """Seconds that the raw condition must hold before the level is on."""
        return _per_level(self.on_delay_s, level)

    def off_delay_of(self, level: AnyLevel) -> float:
        """Seconds that the raw condition must be false before the level is off."""
        return _per_level(self.off_delay_s, level)

    def latches(self, level: AnyLevel) -> bool:
        """Whether an alarm that reached this level stays until it is reset."""
        return self.latch if isinstance(self.latch, bool) else level in self.latch

    @model_validator(mode="after")
    def _levels_known(self) -> Self:
        levels = self.levels
        for name in ("on_delay_s", "off_delay_s", "severity", "never_suppress", "ceiling", "latch"):
            value = getattr(self, name)
            if isinstance(value, dict | tuple):
                for level in value:
                    if level not in levels:
                        raise ValueError(f"{name} speaks of {level}, the condition has {', '.join(levels)}")
        if levels == ("on",):
            self.severity_of("on")
        if self.condition.stale is not None and (self.count or self.on_delay_s or self.off_delay_s):
            raise ValueError("stale takes no delays and no count")
        return self


class RuleFile(Model):
    rules: tuple[Rule, ...]


def _per_level(value: float | dict[AnyLevel, float], level: AnyLevel) -> float:
    return value.get(level, 0.0) if isinstance(value, dict) else value
