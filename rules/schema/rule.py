"""A rule, and a file of them."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from rules.schema.active import Active, When
from rules.schema.base import AnyLevel, Finite, Level, Model, PositiveSeconds, RuleId, Seconds, Severity, WindowSeconds
from rules.schema.condition import Condition


class AppliesTo(Model):
    """Which points; all that is given must match. `kind` is a glob: * crosses dots, case counts."""

    kind: str | None = None
    points: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    unit_kind: str | None = None
    enterprise: str | None = None
    tags: tuple[str, ...] = ()
    report: Literal["periodic", "on_change"] | None = None
    unit_symbols: tuple[str, ...] = ()
    """The point's unit is one of these; a point in another unit is left alone."""
    principle: str | None = None
    unit_has: str | None = None
    """A glob over point kinds: the point's unit has such a point."""

    @model_validator(mode="after")
    def _some(self) -> Self:
        if all(getattr(self, name) in (None, ()) for name in type(self).model_fields):
            raise ValueError(f"matches on nothing, allowed are {', '.join(type(self).model_fields)}")
        return self


class Count(Model):
    n: Annotated[int, Field(strict=True, ge=1, le=1000)]
    within_s: WindowSeconds


class Source(Model):
    standard: str
    clause: str = ""
    certainty: Literal["V", "1V", "G", "ED", "practice"]


class Drops(Model):
    """What a site's rule in the place of a pack's no longer covers, said on purpose (semantics 5.8)."""

    points: tuple[str, ...] = ()
    """Point ids or globs (* is any text)."""
    levels: tuple[AnyLevel, ...] = ()


class Suppresses(Model):
    """Rules whose alarms on the subject's points are suppressed by design while an alarm of this rule stands."""

    rules: Annotated[tuple[RuleId, ...], Field(min_length=1)]
    hold_s: Seconds = 10.0
    """How long notices of those alarms wait for this rule's to come first."""
    settle_s: Seconds = 60.0
    """How long after this rule's alarm those that still stand wait until they are told."""


def _rules_alone(value: Any) -> Any:
    return {"rules": value} if isinstance(value, list | tuple) else value


class Rule(Model):
    id: RuleId
    version: Annotated[int, Field(strict=True, ge=1)] = 1
    applies_to: AppliesTo
    unit_symbols: tuple[str, ...] = ()
    """The units in which the rule's numbers are right; a point in another unit is then an error."""
    condition: Condition
    active: Active | None = None
    """Left out: always."""
    when: tuple[When, ...] = ()
    cells: bool = True
    on_delay_s: Seconds | dict[AnyLevel, Seconds] = 0.0
    off_delay_s: Seconds | dict[AnyLevel, Seconds] = 0.0
    count: Count | None = None
    severity: Severity | dict[AnyLevel, Severity] | None = None
    latch: bool | tuple[AnyLevel, ...] = False
    never_suppress: tuple[AnyLevel, ...] = ()
    ceiling: dict[Level, Finite] = Field(default_factory=dict)
    suppresses: Annotated[
        Suppresses | None,
        BeforeValidator(_rules_alone, json_schema_input_type=Suppresses | tuple[RuleId, ...] | None),
    ] = None
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
        kind = self.condition.kind
        if kind in ("stale", "calibration") and (self.count or self.on_delay_s or self.off_delay_s):
            raise ValueError(f"{kind} takes no delays and no count")
        return self


class RuleFile(Model):
    rules: tuple[Rule, ...]


def _per_level(value: float | dict[AnyLevel, float], level: AnyLevel) -> float:
    return value.get(level, 0.0) if isinstance(value, dict) else value
