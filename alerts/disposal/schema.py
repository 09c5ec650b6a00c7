"""What routes.yaml says under `disposal`: which alarms need one, and by when (docs/reference/disposal.md)."""

from typing import Annotated

from pydantic import Field, StringConstraints

from rules.schema import Severity
from rules.schema.base import Model, PositiveSeconds, Seconds

CauseCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


class Deadline(Model):
    """Spans since the alarm was raised."""

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
    """Alarms that reach one of these open a disposal."""
    reopen_within_s: Seconds = 86_400.0
    """An alarm of the same rule and subject within so long after closing reopens it."""
    overdue: Annotated[tuple[Tier, ...], Field(max_length=5)] = ()
    """The tiers, in order: enterprise, town or park, district."""
    causes: dict[CauseCode, dict[str, str]] = Field(default_factory=dict)
    """The causes that may be named, with their words by language; left out: the product's own list."""
