"""The alarm event: the one object that stdout, webhooks, the alarm book and Kafka all carry."""

from typing import Literal

import msgspec

EventName = Literal[
    "raised",
    "upgraded",
    "downgraded",
    "cleared",
    "acknowledged",
    "reset",
    "shelved",
    "unshelved",
    "escalated",
    "closed",
]


class Crossing(msgspec.Struct, frozen=True, gc=False):
    """When a forecast line is at its level: the estimate, and the interval around it, in ms since the epoch.

    `to` is None where the flattest line within the interval does not lead to the level.
    """

    at: int
    from_: int = msgspec.field(name="from")
    to: int | None


class AlarmEvent(msgspec.Struct, omit_defaults=False, frozen=True, gc=False):
    """One change of one alarm. Times are ms since the epoch (UTC); value and limit are in the point's unit.

    The JSON form (`event_json`) has the keys in this order; `pending` and `forecast` appear only where there is one;
    `received_at`, `readings` and `entry` stay inside (the alarm book keeps them as the proof of the decision).
    """

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
    raised_at: int = 0
    """When this alarm was raised: with rule, subject and side it makes the alarm's id."""
    received_at: int = 0
    """The engine clock at which it was decided."""
    readings: tuple[tuple[int, float], ...] = ()
    """The taken readings that decided it, as (taken time in ms, value)."""


_PUBLIC = (
    "event",
    "alarm",
    "rule",
    "version",
    "subject",
    "side",
    "enterprise",
    "level",
    "severity",
    "at",
    "value",
    "limit",
    "onset",
    "historical",
    "exercise",
    "reason",
)


def public_form(event: AlarmEvent) -> dict[str, object]:
    """The event as a mapping in the published key order."""
    form: dict[str, object] = {key: getattr(event, key) for key in _PUBLIC}
    if event.pending:
        form["pending"] = list(event.pending)
    if event.forecast is not None:
        form["forecast"] = msgspec.to_builtins(event.forecast)
    return form


def event_json(event: AlarmEvent) -> bytes:
    """The event as one JSON object on one line, without the newline."""
    return msgspec.json.encode(public_form(event))
