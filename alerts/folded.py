"""An alarm after a step, and the events that came of it: what the parts of the fold share (pure)."""

from typing import NamedTuple

from msgspec.structs import replace

from alerts.machine import State
from alerts.record import AlarmRecord, NumberedEvent
from rules.events import AlarmEvent


class Folded(NamedTuple):
    """The alarm after a step. A refused step changes nothing and says why."""

    record: AlarmRecord | None
    events: tuple[NumberedEvent, ...] = ()
    refused: str | None = None


def off_the_shelf(record: AlarmRecord) -> AlarmRecord:
    """The alarm shelved no more."""
    return replace(record, shelved_by=None, shelved_until=None, shelved_one_shot=False)


def under_nothing(record: AlarmRecord) -> AlarmRecord:
    """A closed alarm is under no override, though one may go on for the next alarm."""
    if record.shelved_until is None and record.override is None:
        return record
    return replace(off_the_shelf(record), override=None, override_kind=None)


def with_event(after: AlarmRecord, name: str, at: int, reason: str) -> Folded:
    """The alarm after an event of `name` that the engine did not decide."""
    event = told(after, name, at, reason)
    after = replace(after, last_at=event.at, reason=reason, events=after.events + 1)
    if after.state is State.CLOSED:
        after = under_nothing(after)
    return Folded(after, (NumberedEvent(after.events, event),))


def told(record: AlarmRecord, name: str, received_at: int, reason: str) -> AlarmEvent:
    """An event with the alarm's facts that the engine did not decide. Time does not go back within an alarm."""
    return AlarmEvent(
        event=name,
        alarm=record.alarm,
        rule=record.rule,
        version=record.version,
        subject=record.subject,
        side=record.side,
        enterprise=record.enterprise,
        level=record.level,
        severity=record.severity,
        at=max(received_at, record.last_at),
        value=record.value,
        limit=record.limit,
        onset=record.onset,
        historical=False,
        exercise=record.exercise,
        reason=reason,
        pending=record.pending,
        forecast=record.forecast,
        raised_at=record.raised_at,
        received_at=received_at,
    )
