"""Tocsin's own alarms: what its watch over itself finds becomes alarm events like the engine's (pure)."""

from typing import Literal

import msgspec
from msgspec.structs import replace

from alerts.kept import Kept
from alerts.severity import severity_rank
from plant.entries import OwnCondition
from rules.events import AlarmEvent
from rules.identity import alarm_id

_LEVEL = "on"
_VERSION = 1


class OwnAlarm(msgspec.Struct, frozen=True, gc=False):
    """The last alarm of a rule and subject; it is kept after it cleared, so that times never go back."""

    rule: str
    subject: str
    enterprise: str
    severity: str
    raised_at: int
    last_at: int
    on: bool


class OwnAlarms:
    """One alarm for each rule and subject. Saying twice what is known already changes nothing."""

    def __init__(self, alarms: Kept[OwnAlarm]) -> None:
        self._alarms = alarms

    def take(self, condition: OwnCondition, *, exercise: bool = False) -> AlarmEvent | None:
        """What comes of it: raised, upgraded, downgraded, cleared, or nothing."""
        key = f"{condition.rule} {condition.subject}"
        at = condition.received_at_ms
        known = self._alarms.get(key)
        name: Literal["raised", "upgraded", "downgraded", "cleared"]
        if known is None or not known.on:
            if not condition.on:
                return None
            name, raised_at = "raised", at if known is None else max(at, known.last_at + 1)
            alarm = OwnAlarm(
                condition.rule, condition.subject, condition.enterprise, condition.severity, raised_at, raised_at, True
            )
        else:
            at = max(at, known.last_at)
            if not condition.on:
                name, alarm = "cleared", replace(known, last_at=at, on=False)
            elif condition.severity != known.severity:
                rose = severity_rank(condition.severity) > severity_rank(known.severity)
                name = "upgraded" if rose else "downgraded"
                alarm = replace(known, severity=condition.severity, last_at=at)
            else:
                return None
        self._alarms.put(key, alarm)
        return AlarmEvent(
            event=name,
            alarm=alarm_id(alarm.rule, alarm.subject, "", alarm.raised_at),
            rule=alarm.rule,
            version=_VERSION,
            subject=alarm.subject,
            side="",
            enterprise=alarm.enterprise,
            level=_LEVEL,
            severity=alarm.severity,
            at=alarm.last_at,
            value=None,
            limit=None,
            onset=alarm.raised_at,
            historical=False,
            exercise=exercise,
            reason=condition.reason,
            raised_at=alarm.raised_at,
            received_at=condition.received_at_ms,
        )
