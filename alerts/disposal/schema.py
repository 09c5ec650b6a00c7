"""What routes.yaml says under `disposal`: which alarms need one, and by when (docs/reference/disposal.md)."""

from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from alerts.severity import severity_rank
from rules.schema import Severity
from rules.schema.base import Model, PositiveSeconds, Seconds

CauseCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Language = Annotated[str, StringConstraints(pattern=r"^(zh|en)$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Deadline(Model):
    """Spans since the disposal was opened or reopened, or since its alarm rose to this severity."""

    assign_s: PositiveSeconds = 900.0
    """By then somebody must have taken it."""
    close_s: PositiveSeconds = 86_400.0
    verify: bool = True
    """Another person than who submitted must verify before it is closed."""


class Tier(Model):
    """Who is told that a disposal is overdue, and how long after the deadline. Roles as in a route's `to`."""

    after_s: Seconds = 0.0
    role: str
    of: str = "enterprise"


def _default_deadlines() -> dict[Severity, Deadline]:
    return {
        "red": Deadline(assign_s=300.0, close_s=4 * 3600.0),
        "orange": Deadline(assign_s=1800.0, close_s=24 * 3600.0),
    }


class DisposalRules(Model):
    severities: dict[Severity, Deadline] = Field(default_factory=_default_deadlines)
    """Alarms that reach one of these open a disposal. Whatever is worse than one of them must be among them."""
    reopen_within_s: Seconds = 86_400.0
    """An alarm of the same rule and subject within so long after closing reopens it."""
    overdue: Annotated[tuple[Tier, ...], Field(max_length=5)] = ()
    """The tiers, in order: enterprise, town or park, district."""
    causes: dict[CauseCode, dict[Language, Words]] = Field(default_factory=dict)
    """Causes that may be named besides the product's own (alerts/disposal/causes.py), with their words."""

    @model_validator(mode="after")
    def _nothing_worse_is_left_out(self) -> Self:
        least = min((severity_rank(severity) for severity in self.severities), default=5)
        worse: tuple[Severity, ...] = ("red", "orange", "yellow", "blue")
        for severity in worse:
            if severity_rank(severity) >= least and severity not in self.severities:
                raise ValueError(f"severities: {severity} is left out, though less severe ones need a disposal")
        return self

    @model_validator(mode="after")
    def _tiers_in_order(self) -> Self:
        for before, tier in pairwise(self.overdue):
            if tier.after_s < before.after_s:
                raise ValueError(f"overdue: {tier.role} after {tier.after_s:g} s stands behind {before.after_s:g} s")
        return self

    def deadline(self, severity: str) -> Deadline | None:
        """The deadline of a severity; None where its alarms need no disposal."""
        # One that nobody knows counts as the worst, as everywhere.
        name = "red" if severity_rank(severity) > severity_rank("red") else severity
        return next((deadline for known, deadline in self.severities.items() if known == name), None)
