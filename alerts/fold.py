"""The alarm book as a fold: one alarm and one step give the alarm after it and the events to tell (pure)."""

from msgspec.structs import replace

from alerts.acting import acted, remarked
from alerts.folded import Folded as Folded
from alerts.folded import off_the_shelf, told, under_nothing
from alerts.machine import ACTIVE, TABLE, UNACKNOWLEDGED, Input, State
from alerts.never_suppress import is_of_condition
from alerts.record import AlarmRecord, NumberedEvent, Policy
from alerts.remark import Remark
from alerts.severity import rank, severity_rank
from plant.entries import OperatorAction
from rules.events import AlarmEvent

Step = AlarmEvent | OperatorAction
"""What the engine decided (raised, upgraded, downgraded, cleared), or what an operator did."""

_ENGINE_INPUTS = {
    "raised": Input.RAISED,
    "upgraded": Input.UPGRADED,
    "downgraded": Input.DOWNGRADED,
    "cleared": Input.CLEARED,
}


def fold(record: AlarmRecord | None, step: Step | Remark, policy: Policy) -> Folded:
    """Take one step of the alarm that `step.alarm` names; `record` is that alarm so far, None where there is none.

    Never raises: a step that the alarm's state does not allow comes back with `refused`.
    """
    if isinstance(step, AlarmEvent):
        return _decided(record, step, policy)
    if isinstance(step, Remark):
        return remarked(record, step)
    return acted(record, step, policy)


def _decided(record: AlarmRecord | None, event: AlarmEvent, policy: Policy) -> Folded:
    """Take an event of the engine."""
    given = _ENGINE_INPUTS.get(event.event)
    if given is None:
        return Folded(record, refused=f"the engine does not decide {event.event!r}")
    latching = is_of_condition(event) and policy.latches(event.rule, event.level)
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
    events: tuple[NumberedEvent, ...] = (NumberedEvent(after.events, event),)
    if state is State.CLOSED:
        return Folded(under_nothing(after), events)
    reason = ""
    if given is Input.UPGRADED:
        after = replace(after, acknowledged_by=None, acknowledged_at=None, answered_by=None, answered_at=None)
        # An override ends when its alarm rises (5.5).
        reason = f"rose to {event.level}"
    elif state not in ACTIVE and after.shelved_one_shot:
        reason = "one shot: the alarm cleared"
    if reason and after.shelved_until is not None:
        # The record goes on saying why it rose or cleared.
        after = replace(off_the_shelf(after), events=after.events + 1)
        events = (*events, NumberedEvent(after.events, told(after, "unshelved", event.received_at, reason)))
    return Folded(after, events)


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
