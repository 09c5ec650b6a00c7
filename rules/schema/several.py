"""Conditions over several points: their subject is a unit, an enterprise, a device or the whole site."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from rules.schema.base import AnyLevel, Model, RuleId, Severity, WindowSeconds

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]


class Vote(Model):
    """At least `n` of the subjects of another rule have its condition, after its delays."""

    n: Annotated[int, Field(strict=True, ge=1, le=100_000)]
    rule: RuleId
    level: AnyLevel | None = None
    """Left out: any level of the rule."""
    per: Literal["unit", "enterprise", "device", "site"] = "unit"
    lone_critical: AnyLevel | None = None
    """One member with this level of the rule is enough."""
    degraded_severity: Severity = "yellow"
    severity: Severity | None = None


class Expression(Model):
    """A formula over points of one unit, each called by a name."""

    is_: Annotated[str, StringConstraints(min_length=1, max_length=1000)] = Field(alias="is")
    points: Annotated[dict[Name, str], Field(min_length=1, max_length=64)]
    """Name -> a point id, or a glob over point kinds that matches one point of the unit."""
    degraded_severity: Severity = "yellow"
    severity: Severity | None = None


class Member(Model):
    """A condition of another rule: on any of its points in the unit."""

    rule: RuleId
    level: AnyLevel | None = None


class GatewayDown(Model):
    """Nothing usable comes from any point behind a gateway."""

    severity: Severity | None = None


class Sequence(Model):
    """`first`, then `then` at most `within_s` later, in one unit."""

    first: Member
    then: Member
    within_s: WindowSeconds
    severity: Severity | None = None
