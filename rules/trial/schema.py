"""The rule-test file as pydantic models (JSON Schema by `tocsin schema rule-test`). Spans become whole milliseconds."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema, model_validator

from rules.schema import AnyLevel, RuleId, Severity
from rules.schema.base import Finite, Model, PositiveSeconds
from rules.trial.spans import SpanMs

MOST_READINGS: Final = 200_000
"""Of one test."""

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
EventName = Literal["raised", "upgraded", "downgraded", "cleared"]
Side = Literal["", "high", "low", "degraded"]


def _listed(given: object) -> object:
    return [given] if isinstance(given, str) else given


def _some_steps(steps: tuple["Step", ...]) -> tuple["Step", ...]:
    # A length given to the field would be told beside each mistake within it.
    if not steps:
        raise ValueError("no step, needed is at least one such as {point: P1, value: 1}")
    return steps


_ID: Final = {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}
Ids = Annotated[
    tuple[Id, ...],
    BeforeValidator(_listed),
    Field(min_length=1),
    WithJsonSchema({"anyOf": [_ID, {"type": "array", "items": _ID, "minItems": 1}]}),
]
"""One id, or a list of them."""


class PointRow(Model):
    """A point of the test's own site; what is left out is as in an empty cell of points.csv."""

    kind: Id
    unit: Id = "U1"
    unit_symbol: str | None = None
    range: tuple[Finite, Finite] | None = None
    period_s: PositiveSeconds = 1.0
    report: Literal["periodic", "on_change"] = "periodic"
    ll: Finite | None = None
    l: Finite | None = None  # noqa: E741 - the level's standard name
    h: Finite | None = None
    hh: Finite | None = None
    deadband: Finite | None = None
    device: Id | None = None
    gas: str | None = None
    principle: str | None = None
    calibration_due: date | None = None
    tags: tuple[Id, ...] = ()


class DeviceRow(Model):
    """A device of the test's own site."""

    enterprise: Id = "E1"
    gateway: Id | None = None


class UnitRow(Model):
    enterprise: Id = "E1"
    kind: Id = "other"


class Step(Model):
    """Readings of one point or of several alike: a value, a ramp, or values; or a span in which nothing comes."""

    at: SpanMs | None = None
    """After the start; left out: where the step before it ended."""
    point: Ids | None = None
    value: Finite | None = None
    """`null` is a reading without a value."""
    from_: Finite | None = Field(default=None, alias="from")
    to: Finite | None = None
    over: SpanMs | None = None
    values: Annotated[tuple[Finite | None, ...], Field(min_length=1, max_length=MOST_READINGS)] | None = None
    for_: SpanMs | None = Field(default=None, alias="for")
    """How long a value is repeated; left out: once."""
    every: SpanMs | None = None
    """Left out: the period of the (first) point."""
    quality: Literal["good", "uncertain", "bad"] = "good"
    received_after: SpanMs = 0
    """How long after its measurement a reading arrives."""
    silence: SpanMs | None = None

    @property
    def form(self) -> str:
        """value, ramp, values or silence."""
        return next(name for name, given in self._forms().items() if given)

    def _forms(self) -> dict[str, bool]:
        given = self.model_fields_set
        return {
            "value": "value" in given,
            "ramp": bool({"from_", "to", "over"} & given),
            "values": "values" in given,
            "silence": "silence" in given,
        }

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if sum(self._forms().values()) != 1:
            raise ValueError("needs exactly one of value, from/to/over, values, silence")
        if self.form == "ramp" and (self.from_ is None or self.to is None or not self.over):
            raise ValueError("a ramp needs from, to and over")
        if self.form != "value" and self.for_ is not None:
            raise ValueError("for belongs to value")
        if self.form != "silence" and self.point is None:
            raise ValueError("point is missing")
        if self.form == "silence" and self.model_fields_set - {"at", "silence"}:
            raise ValueError("silence stands alone, allowed beside it is at")
        if self.every == 0:
            raise ValueError("every is 0s, allowed is 1ms and more")
        return self


class Wanted(Model):
    """An event that must happen; what is left out may be anything."""

    event: EventName
    rule: RuleId | None = None
    subject: str | None = None
    side: Side | None = None
    level: AnyLevel | None = None
    severity: Severity | None = None
    at: SpanMs | None = None
    within: SpanMs = 0
    """How far from `at` it may be, to both sides."""

    @model_validator(mode="after")
    def _tolerance(self) -> Self:
        if self.at is None and self.within:
            raise ValueError("within belongs to at")
        return self


class Unwanted(Model):
    """Events that must not happen: all that match all of this."""

    event: EventName | None = None
    rule: RuleId | None = None
    subject: str | None = None
    side: Side | None = None
    level: AnyLevel | None = None
    severity: Severity | None = None

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("names nothing, allowed are event, rule, subject, side, level, severity")
        return self


class TrialForm(Model):
    """One test."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    given: Annotated[tuple[Step, ...], AfterValidator(_some_steps)]
    expect: tuple[Wanted, ...] | None = None
    """These events and no others; an empty list: none at all. Left out: only `none` is looked at."""
    none: tuple[Unwanted, ...] = ()
    others: Literal["refused", "allowed"] = "refused"
    """Whether events that `expect` does not name are a failure."""
    until: SpanMs | None = None
    """How far the clock goes on, at least; left out: to the end of the last step."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.expect is None and not self.none:
            raise ValueError("expects nothing, needed is expect: [..] (empty: no event) or none: [..]")
        return self


class FileForm(Model):
    """A file of tests; `tests` are read one by one."""

    site: str | None = None
    """A site folder, relative to this file."""
    points: dict[Id, PointRow] | None = None
    units: dict[Id, UnitRow] = Field(default_factory=dict)
    devices: dict[Id, DeviceRow] = Field(default_factory=dict)
    timezone: str = "UTC"
    packs: tuple[RuleId, ...] | None = None
    rules: tuple[str, ...] | None = None
    """Rule files, relative to this file."""
    start: datetime = datetime.fromisoformat("2026-01-05T00:00:00+00:00")
    """When 0s is: RFC 3339 with an offset."""
    tests: tuple[Any, ...]

    @model_validator(mode="after")
    def _points(self) -> Self:
        if (self.site is None) == (self.points is None):
            raise ValueError("needs exactly one of site, points")
        if self.site is not None and (self.units or self.devices):
            raise ValueError("units and devices belong to points")
        behind = {row.gateway for row in self.devices.values() if row.gateway is not None}
        for name in sorted(behind):
            if name not in self.devices or self.devices[name].gateway is not None:
                raise ValueError(f"gateway {name} is no device without a gateway, as it must be")
        if self.points is not None and not (self.packs or self.rules):
            raise ValueError("needs packs or rules beside points")
        if self.start.tzinfo is None:
            raise ValueError("start has no offset, allowed is RFC 3339 with one, such as 2026-01-05T08:00:00+08:00")
        return self


class _WholeFile(FileForm):
    tests: tuple[TrialForm, ...]


def trial_schema() -> dict[str, Any]:
    """The schema of a rule-test file (JSON Schema 2020-12)."""
    schema = _WholeFile.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "A file of rule tests"
    return schema
