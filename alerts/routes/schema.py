"""What routes.yaml may say: who is told what, when, over which channels (docs/reference/routes.md)."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from alerts.disposal.schema import DisposalRules
from rules.schema import Severity
from rules.schema.active import Shift
from rules.schema.base import AnyLevel, Model, PositiveSeconds, Seconds

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
Date = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Globs = Annotated[tuple[Annotated[str, StringConstraints(min_length=1, max_length=128)], ...], Field(min_length=1)]


class Hours(Model):
    """Times of the week; all that is given must hold."""

    shift: tuple[Shift, ...] = ()
    """Any one of them; none: all day."""
    calendar: Literal["workdays", "holidays"] | None = None
    timezone: str | None = None
    """Left out: the site's."""


class Match(Model):
    """Which alarms. All that is given must hold; of a list, any one. Globs: * is any text, case counts."""

    severity: tuple[Severity, ...] = ()
    rule: Globs | None = None
    kind: Globs | None = None
    """The kind of the point."""
    level: tuple[AnyLevel, ...] = ()
    side: tuple[Literal["high", "low", "", "degraded"], ...] = ()
    region: tuple[Id, ...] = ()
    """The region or any region above it."""
    park: tuple[str, ...] = ()
    enterprise: Globs | None = None
    unit: Globs | None = None
    unit_kind: tuple[str, ...] = ()
    industry: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    """All of them."""
    hours: Hours | None = None
    """When the alarm was raised."""
    historical: bool | None = None
    exercise: bool = False
    """Alarms of exercises; a route for real alarms never tells of one."""


class Who(Model):
    """Exactly one of contact, roster, role and within_m (neighbouring enterprises)."""

    contact: Id | None = None
    roster: Id | None = None
    role: str | None = None
    of: str | None = None
    """With role, whose: `enterprise` (default), `region` (its own), `nearest` (the lowest region above it that has
    one), or the id of a region or an enterprise.
    """
    within_m: Annotated[float, Field(gt=0, le=50_000)] | None = None
    """Contacts of `neighbour_role` at enterprises within so many metres of the alarm, its own left out."""
    neighbour_role: str = "safety"

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [name for name in ("contact", "roster", "role", "within_m") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"names {' and '.join(given) or 'nobody'}, allowed is one of contact, roster, role, within_m"
            )
        if self.of is not None and self.role is None:
            raise ValueError("of stands without role")
        return self


class Rung(Model):
    """One step of a ladder: told `after_s` after the route was entered, if nobody has answered by then."""

    after_s: Seconds = 0.0
    to: Annotated[tuple[Who, ...], Field(min_length=1)]
    over: tuple[Id, ...] = ()
    """Only over these channels, in this order; left out: those of each contact, in their order."""
    at_once: bool = False
    """Over all the channels at the same time, not the next where one fails."""
    approvers: tuple[Id, ...] = ()
    """Held until one of these contacts approves: needed for a public broadcast."""


class Repeat(Model):
    """The last rung again, until acknowledged, so many times at most."""

    every_s: Annotated[float, Field(strict=True, ge=30, le=86_400)]
    times: Annotated[int, Field(strict=True, ge=1, le=100)]


class RouteSettings(Model):
    id: Id
    match: Match = Match()
    tier: Literal["centre", "enterprise"] = "centre"
    """Whose acknowledgement ends it. For a red alarm an enterprise's does not end the centre's; for others any does."""
    ladder: Annotated[tuple[Rung, ...], Field(min_length=1, max_length=20)]
    repeat: Repeat | None = None
    resolved: bool = True
    """Who was told hears that it is over."""
    acknowledged: bool = False
    """Who was told hears that somebody has acknowledged."""
    digest_s: Annotated[float, Field(strict=True, ge=0, le=86_400)] = 0.0
    """Alarms below red are told together at every full span of so many seconds (since midnight of the site)."""
    last: bool = False
    """Routes after this one are not looked at for what it matches."""
    text: dict[Literal["zh", "en"], str] = Field(default_factory=dict)
    """Words of its own instead of the rule's, with {enterprise}, {unit}, {subject}, {severity}, {value} and so on."""


class StandIn(Model):
    """`by` is on duty in the place of `for` on these days, both included."""

    for_: Id = Field(alias="for")
    by: Id
    from_: Date = Field(alias="from")
    to: Date


class RosterShift(Shift):
    contacts: Annotated[tuple[Id, ...], Field(min_length=1)]
    calendar: Literal["workdays", "holidays"] | None = None


class Roster(Model):
    id: Id
    timezone: str | None = None
    shifts: Annotated[tuple[RosterShift, ...], Field(min_length=1)]
    stand_ins: tuple[StandIn, ...] = ()
    otherwise: tuple[Id, ...] = ()
    """Who is on duty when no shift says so."""


class RoutesFile(Model):
    """routes.yaml. Without the file nobody is told but the webhooks."""

    rosters: tuple[Roster, ...] = ()
    routes: tuple[RouteSettings, ...] = ()
    late_digest_s: PositiveSeconds = 900.0
    """Late alarms below orange are told as a digest per enterprise, at every full span of so many seconds."""
    incident_s: PositiveSeconds = 600.0
    """Alarms of one unit no further apart than this are one incident."""
    disposal: DisposalRules = DisposalRules()
