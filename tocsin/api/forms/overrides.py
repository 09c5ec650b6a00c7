"""Overrides, what is proposed, and calls that wait for an approval."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from alerts.overrides import Override
from plant.entries import OverridePurpose, OverrideScope
from tocsin.api.forms.form import Form
from tocsin.api.forms.given import Given, Reason, TimeMs
from tocsin.book.outbox_reader import OwedCall
from tocsin.book.overridden import BookedOverride
from tocsin.centre.notices import HeldCall
from tocsin.centre.overrides import Proposed, WantedOverride


class OverrideForm(Form):
    """An override, and over how many open alarms it is the first one."""

    override: Override
    alarms: int

    @classmethod
    def of(cls, booked: BookedOverride) -> Self:
        return cls(override=booked.override, alarms=booked.alarms)


class OverrideList(Form):
    """The newest first."""

    overrides: list[OverrideForm]


class OverrideId(Form):
    id: str


class ProposedForm(Form):
    """An override that waits for a second person until `expires_ms`."""

    id: str
    by: str
    expires_ms: int
    kind: str
    purpose: str
    scope: str
    subject: str
    rule: str
    why: str
    until_ms: int | None

    @classmethod
    def of(cls, proposed: Proposed) -> Self:
        w = proposed.wanted
        return cls(
            id=proposed.id,
            by=proposed.by,
            expires_ms=proposed.expires_ms,
            kind=w.kind,
            purpose=w.purpose,
            scope=w.scope,
            subject=w.subject,
            rule=w.rule,
            why=w.why,
            until_ms=w.until_ms,
        )


class ProposedList(Form):
    """The oldest first."""

    proposed: list[ProposedForm]


class Overriding(Given):
    """What is to be withheld. Out of service needs a purpose and an end: `until`, or `for_s` from now on."""

    kind: Literal["out_of_service", "disabled"]
    scope: OverrideScope
    subject: Annotated[str, Field(min_length=1, max_length=200, description="The id of what `scope` names.")]
    why: Reason
    purpose: OverridePurpose = ""
    rule: Annotated[str, Field(max_length=200, description="Only alarms of this rule.")] = ""
    until: TimeMs | None = None
    for_s: Annotated[float, Field(gt=0, le=30 * 86_400)] | None = None

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if self.until is not None and self.for_s is not None:
            raise ValueError("give until or for_s")
        return self

    def wanted(self, now_ms: int) -> WantedOverride:
        until_ms = self.until if self.for_s is None else now_ms + round(self.for_s * 1000)
        return WantedOverride(self.kind, self.scope, self.subject, self.why, self.purpose, self.rule, until_ms)


class HeldForm(Form):
    """A call that waits for one of its approvers."""

    call: OwedCall
    approvers: tuple[str, ...]
    enterprise: str

    @classmethod
    def of(cls, held: HeldCall) -> Self:
        return cls(call=held.call, approvers=held.approvers, enterprise=held.enterprise)


class HeldList(Form):
    """The newest first."""

    held: list[HeldForm]


class Settling(Given):
    """`key` as /notices/held has it."""

    key: Annotated[str, Field(min_length=1, max_length=400)]
