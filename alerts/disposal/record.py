"""What is known of one disposal, its steps, and what comes of them (pure)."""

from typing import Literal, NamedTuple

import msgspec

from alerts.disposal.machine import DisposalState
from alerts.remark import Remark

Deadline = Literal["assign", "close"]


class Disposal(msgspec.Struct, frozen=True, gc=False):
    """One disposal as it stands. Times are the engine's clock, in ms since the epoch; what does not apply is None."""

    alarm: str
    """The alarm that opened it: with `opened_at` its name."""
    latest: str
    """The alarm it is about now: the same, or the last one of the same rule, subject and side that came since."""
    rule: str
    subject: str
    side: str
    enterprise: str
    unit: str
    exercise: bool
    severity: str
    """The worst that its alarms have reached since it was opened or reopened."""
    state: DisposalState
    opened_at: int
    since: int
    """When it was opened or last reopened."""
    assign_by: int
    close_by: int
    verify: bool
    """Another person than who submitted must verify before it is closed."""
    active: bool
    """The condition of `latest` is on."""
    assignee: str = ""
    """A contact of the site."""
    assigned_at: int | None = None
    cause: str = ""
    cause_text: str = ""
    evidence: int = 0
    """How many pieces."""
    submitted_by: str = ""
    submitted_at: int | None = None
    verified_by: str = ""
    verified_at: int | None = None
    closed_by: str = ""
    closed_at: int | None = None
    reopened: int = 0
    steps: int = 0
    overdue: Literal["", "assign", "close"] = ""
    """The deadline that was missed and is missed still."""
    tier: int = 0
    """How many tiers have been told of that."""
    next_at: int | None = None
    """When time alone will bring about something next."""

    @property
    def key(self) -> tuple[str, str, str, bool]:
        """Alarms of the same key are disposed of together."""
        return self.rule, self.subject, self.side, self.exercise


class DisposalStep(NamedTuple):
    """One step of a disposal. `by` is empty where the alarm or the time brought it about.

    `name` is an action's, or `needed` (an alarm opened it), `rose`, `returned` (while it was open), `reopened` (after
    it was closed), `over` (the alarm's condition ended), `overdue`, `escalated` (a further tier is told), `final`
    (it can be reopened no more).
    """

    n: int
    name: str
    by: str
    at: int
    fields: dict[str, str]


class DisposalChanged(NamedTuple):
    """The disposal after a step."""

    record: Disposal
    step: DisposalStep


class Overdue(NamedTuple):
    """A deadline was missed, and somebody is to hear of it.

    tier 0     the deadline has just passed: `contact` (the assignee) is to hear of it; empty where there is none
    tier k     whoever has `role` at `of`, of the k-th tier of the rules, is to hear of it
    """

    alarm: str
    """The disposal's `latest`."""
    deadline: Deadline
    tier: int
    contact: str
    role: str
    of: str
    at: int


Effect = DisposalChanged | Overdue | Remark


class Acted(NamedTuple):
    """What came of an action. A refused one changes nothing and says why."""

    effects: tuple[Effect, ...] = ()
    refused: str | None = None
