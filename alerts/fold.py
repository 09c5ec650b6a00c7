"""The alarm book as a fold: one alarm and one step give the alarm after it and the events to tell (pure)."""

from typing import NamedTuple

from msgspec.structs import replace

from alerts.machine import ACTIVE, TABLE, UNACKNOWLEDGED, Input, State
from alerts.record import AlarmRecord, NumberedEvent, Policy
from alerts.severity import rank, severity_rank
from plant.entries import OPERATOR_ACTIONS, OperatorAction
from rules.events import AlarmEvent

Step = AlarmEvent | OperatorAction
"""What the engine decided (raised, upgraded, downgraded, cleared), or what an operator did."""

_ENGINE_INPUTS = {
    "raised": Input.RAISED,
    "upgraded": Input.UPGRADED,
    "downgraded": Input.DOWNGRADED,
    "cleared": Input.CLEARED,
}


class Folded(NamedTuple):
    """The alarm after a step. A refused step changes nothing and says why."""

    record: AlarmRecord | None
    events: tuple[NumberedEvent, ...] = ()
    refused: str | None = None


def fold(record: AlarmRecord | None, step: Step, policy: Policy) -> Folded:
    """Take one step of the alarm that `step.alarm` names; `record` is that alarm so far, None where there is none.

    Never raises: a step that the alarm's state does not allow comes back with `refused`.
    """
    if isinstance(step, AlarmEvent):
        return _decided(record, step, policy)
    return _acted(record, step, policy)


def _decided(record: AlarmRecord | None, event: AlarmEvent, policy: Policy) -> Folded:
    """Take an event of the engine."""
    given = _ENGINE_INPUTS.get(event.event)
    if given is None:
        return Folded(record, refused=f"the engine does not decide {event.event!r}")
    latching = _is_of_condition(event) and policy.latches(event.rule, event.level)
    latching = latching or (record is not None and record.latching)
    if given is Input.CLEARED and latching:
        given = Input.CLEARED_LATCHING
    state = TABLE[record.state if record else State.NEW][given]
    if not isinstance(state, State):
        return Folded(record, refused=state)

    before = record or _first(event)
    peak_level, peak_severity = event.level, event.severity
    if state in UNACKNOWLEDGED:
        peak_level, peak_severity = max(
            (event.level, event.severity), (before.peak_level, before.peak_severity), key=_worse
        )
    after = replace(
        before,
        version=event.version,
        state=state,
        level=event.level,
        severity=event.severity,
        peak_level=peak_level,
        peak_severity=peak_severity,
        worst_severity=max(before.worst_severity, event.severity, key=severity_rank),
        last_at=event.at,
        value=event.value,
        limit=event.limit,
        onset=event.onset,
        reason=event.reason,
        pending=event.pending,
        forecast=event.forecast,
        events=before.events + 1,
        latching=latching,
        cleared_at=None if state in ACTIVE else event.at,
    )
    events = [NumberedEvent(after.events, event)]
    if state is State.CLOSED:
        after = replace(after, shelved_by=None, shelved_until=None)
    elif given is Input.UPGRADED:
        after = replace(after, acknowledged_by=None, acknowledged_at=None)
        if after.shelved_until is not None:
            # An override ends when its alarm rises (5.5).
            after = replace(after, shelved_by=None, shelved_until=None, events=after.events + 1)
            reason = f"rose to {event.level}"
            events.append(NumberedEvent(after.events, _told(after, "unshelved", event.received_at, reason)))
    return Folded(after, tuple(events))


def _acted(record: AlarmRecord | None, action: OperatorAction, policy: Policy) -> Folded:
    """Take an operator's action."""
    if action.action not in OPERATOR_ACTIONS:
        return Folded(record, refused=f"{action.action!r} is no action, allowed are {', '.join(OPERATOR_ACTIONS)}")
    state = TABLE[record.state if record else State.NEW][Input(action.action)]
    if record is None or not isinstance(state, State):
        return Folded(record, refused=str(state))
    match action.action:
        case "acknowledge":
            after = replace(
                record,
                state=state,
                peak_level=record.level,
                peak_severity=record.severity,
                acknowledged_by=action.by,
                acknowledged_at=action.received_at_ms,
            )
            return _with_event(after, "acknowledged", action)
        case "reset":
            return _with_event(replace(record, state=state, latching=False), "reset", action)
        case "shelve":
            if refused := _why_not_shelved(record, action, policy):
                return Folded(record, refused=refused)
            after = replace(record, shelved_by=action.by, shelved_until=action.until_ms)
            return _with_event(after, "shelved", action)
        case "unshelve":
            if record.shelved_until is None:
                return Folded(record, refused="the alarm is not shelved")
            return _with_event(replace(record, shelved_by=None, shelved_until=None), "unshelved", action)
        case "comment":
            return Folded(record)


def _is_of_condition(about: AlarmEvent | AlarmRecord) -> bool:
    """Whether it is the rule's own alarm: what the rule says of its levels does not speak of what is unknown."""
    return about.side != "degraded"


def _why_not_shelved(record: AlarmRecord, action: OperatorAction, policy: Policy) -> str | None:
    if action.until_ms is None or action.until_ms <= action.received_at_ms:
        return "shelving needs an end that lies ahead"
    for level in {record.level, record.peak_level}:
        if _is_of_condition(record) and policy.never_suppress(record.rule, level):
            return f"level {level} of rule {record.rule} can't be shelved (never_suppress)"
    return None


def _with_event(after: AlarmRecord, name: str, action: OperatorAction) -> Folded:
    reason = f"{name} by {action.by}" + (f": {action.comment}" if action.comment else "")
    event = _told(after, name, action.received_at_ms, reason)
    after = replace(after, last_at=event.at, reason=reason, events=after.events + 1)
    if after.state is State.CLOSED:
        after = replace(after, shelved_by=None, shelved_until=None)
    return Folded(after, (NumberedEvent(after.events, event),))


def _told(record: AlarmRecord, name: str, received_at: int, reason: str) -> AlarmEvent:
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


def _first(event: AlarmEvent) -> AlarmRecord:
    """The alarm just before its first event."""
    return AlarmRecord(
        alarm=event.alarm,
        rule=event.rule,
        version=event.version,
        subject=event.subject,
        side=event.side,
        enterprise=event.enterprise,
        state=State.NEW,
        level=event.level,
        severity=event.severity,
        peak_level=event.level,
        peak_severity=event.severity,
        worst_severity=event.severity,
        raised_at=event.raised_at,
        last_at=event.at,
        value=event.value,
        limit=event.limit,
        onset=event.onset,
        historical=event.historical,
        exercise=event.exercise,
        reason=event.reason,
        events=0,
        latching=False,
    )


def _worse(level_and_severity: tuple[str, str]) -> tuple[int, int]:
    level, severity = level_and_severity
    return rank(severity, level)
