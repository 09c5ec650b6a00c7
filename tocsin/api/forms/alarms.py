"""Alarms, what happened to them, who was told, and what people do to them."""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from alerts.disposal.record import Disposal
from alerts.effective import effective_state
from alerts.incidents import Incident
from alerts.record import AlarmRecord
from rules.events import Crossing, public_form
from tocsin.api.forms.form import Form
from tocsin.api.forms.given import Given, Reason, TimeMs, Words
from tocsin.book.incidents import BookedIncident
from tocsin.book.outbox_reader import OwedCall, Proof
from tocsin.book.reader import BookedAction, BookedEvent
from tocsin.centre.alarms import Listed, Whole


class Alarm(Form):
    """An alarm as it stands (docs/reference/alarm-states.md), and what its subject is called. Times are ms."""

    alarm: str
    rule: str
    version: int
    subject: str
    side: str
    enterprise: str
    state: str
    level: str
    severity: str
    peak_level: str
    peak_severity: str
    worst_severity: str
    raised_at: int
    last_at: int
    value: float | None
    limit: float | None
    onset: int | None
    historical: bool
    exercise: bool
    reason: str
    events: int
    latching: bool
    pending: tuple[str, ...]
    forecast: Crossing | None
    cleared_at: int | None
    acknowledged_by: str | None
    acknowledged_at: int | None
    answered_by: str | None
    answered_at: int | None
    shelved_by: str | None
    shelved_until: int | None
    shelved_one_shot: bool
    override: str | None
    override_kind: str | None
    suppressed_by: str | None
    effective_state: str
    enterprise_name: str
    unit_name: str
    subject_name: str
    unit_symbol: str
    region_name: str
    text: dict[str, str]
    """The rule's words, by language."""
    guidance: dict[str, str]
    """What to do, by language."""

    @classmethod
    def of(cls, listed: Listed | Whole) -> Self:
        record, facts = listed.record, listed.facts
        known = {name: getattr(record, name) for name in AlarmRecord.__struct_fields__}
        return cls(
            **known,
            effective_state=effective_state(record),
            enterprise_name=facts.enterprise_name,
            unit_name=facts.unit_name,
            subject_name=facts.subject_name,
            unit_symbol=facts.unit_symbol,
            region_name=facts.region_name,
            text=dict(facts.text),
            guidance=dict(facts.guidance),
        )


class AlarmPage(Form):
    """The most severe first, then the newest. `more` is the `after` of the next page; null: there is none."""

    alarms: list[Alarm]
    more: str | None


class Event(Form, omit_defaults=True):
    """An event in the published form (docs/reference/events.md); `seq` is its number in the alarm book."""

    seq: int
    id: str
    event: str
    alarm: str
    rule: str
    version: int
    subject: str
    side: str
    enterprise: str
    level: str
    severity: str
    at: int
    value: float | None
    limit: float | None
    onset: int | None
    historical: bool
    exercise: bool
    reason: str
    pending: tuple[str, ...] = ()
    forecast: Crossing | None = None

    @classmethod
    def of(cls, booked: BookedEvent) -> Self:
        event = booked.numbered.event
        shown: dict[str, Any] = {name: getattr(event, name) for name in public_form(event)}
        return cls(seq=booked.seq, id=booked.numbered.id, **shown)


class Action(Form):
    """What somebody did to the alarm; `refused` says why it changed nothing, null where it was taken."""

    at: int
    action: str
    by: str
    comment: str
    until: int | None
    refused: str | None

    @classmethod
    def of(cls, booked: BookedAction) -> Self:
        a = booked.action
        return cls(
            at=a.received_at_ms, action=a.action, by=a.by, comment=a.comment, until=a.until_ms, refused=booked.refused
        )


class AlarmWhole(Form):
    """All that is known of an alarm: events in order, actions the newest first."""

    alarm: Alarm
    events: list[Event]
    actions: list[Action]
    incident: Incident | None
    disposals: list[Disposal]
    camera: str | None
    """The link to the camera of its unit."""


class AlarmDelivery(Form):
    """Who was to be told of an alarm, and every attempt."""

    calls: list[OwedCall]
    proof: list[Proof]


class Explanation(Form):
    """Why an alarm was raised (docs/reference/explain.md)."""

    format: str
    version: int
    alarm: str
    verdict: str
    """reproduced, differs or impossible."""
    proof: str
    why: list[str]
    events: list[dict[str, Any]]
    rule: dict[str, Any] | None
    in_force: dict[str, Any] | None
    limit_from: str
    points: list[str]
    shown: dict[str, int]
    quality: dict[str, dict[str, int]]
    outages: list[dict[str, Any]]
    rerun: dict[str, Any] | None


class IncidentForm(Form):
    """Alarms of one unit that were raised close together, and which came first."""

    incident: Incident
    open: bool
    in_it: tuple[str, ...]
    """Its alarms in the order in which they were raised."""

    @classmethod
    def of(cls, booked: BookedIncident) -> Self:
        return cls(incident=booked.incident, open=booked.open, in_it=booked.alarms)


class IncidentList(Form):
    incidents: list[IncidentForm]


class Acting(Given):
    """A comment, and what the caller has seen."""

    comment: Words = ""
    if_level: (
        Annotated[str, Field(max_length=20, description="Refused with 409 unless this is its peak_level.")] | None
    ) = None


class Commenting(Given):
    comment: Reason


class Shelving(Given):
    """Until when, and why. One of `until` and `for_s`."""

    why: Reason
    until: TimeMs | None = None
    for_s: Annotated[float, Field(gt=0, le=30 * 86_400)] | None = None
    one_shot: Annotated[bool, Field(description="Also over as soon as the alarm clears.")] = False
    if_level: Annotated[str, Field(max_length=20)] | None = None

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if (self.until is None) == (self.for_s is None):
            raise ValueError("give either until or for_s")
        return self
