"""What people do to an alarm, and what is remarked of it (pure); see docs/reference/alarm-states.md."""

from typing import Final

from msgspec.structs import replace

from alerts.folded import Folded, off_the_shelf, with_event
from alerts.machine import TABLE, Input, State
from alerts.never_suppress import never_suppressed_level
from alerts.record import AlarmRecord, Policy
from alerts.remark import Remark
from alerts.severity import severity_rank
from plant.entries import OPERATOR_ACTIONS, OperatorAction

LONGEST_SHELF_MS: Final = 24 * 3_600_000
"""Who wants an alarm aside for longer takes it out of service, with a reason."""

_REMARK_INPUTS = {
    "escalated": Input.ESCALATED,
    "closed": Input.DISPOSED,
    "shelved": Input.SHELVE,
    "unshelved": Input.UNSHELVE,
}


def acted(record: AlarmRecord | None, action: OperatorAction, policy: Policy) -> Folded:
    """Take an operator's action."""
    if action.action not in OPERATOR_ACTIONS:
        return Folded(record, refused=f"{action.action!r} is no action, allowed are {', '.join(OPERATOR_ACTIONS)}")
    given = Input(action.action)
    if given is Input.ACKNOWLEDGE and record is not None and _is_not_enough(record, action):
        given = Input.ANSWER
    state = TABLE[record.state if record else State.NEW][given]
    if record is None or not isinstance(state, State):
        return Folded(record, refused=str(state))
    at = action.received_at_ms
    by = f"by {action.by}" + (f": {action.comment}" if action.comment else "")
    match given:
        case Input.ACKNOWLEDGE:
            after = replace(
                record,
                state=state,
                peak_level=record.level,
                peak_severity=record.severity,
                acknowledged_by=action.by,
                acknowledged_at=at,
            )
            return with_event(after, "acknowledged", at, f"acknowledged {by}")
        case Input.ANSWER:
            if record.answered_by is not None:
                return Folded(record, refused="already answered")
            after = replace(record, answered_by=action.by, answered_at=at)
            # Who reads only events must not take it for the centre's.
            return with_event(
                after, "acknowledged", at, f"acknowledged for the enterprise, the centre has yet to: {by}"
            )
        case Input.RESET:
            return with_event(replace(record, state=state, latching=False), "reset", at, f"reset {by}")
        case Input.SHELVE:
            if refused := _why_not_shelved(record, action, policy):
                return Folded(record, refused=refused)
            return with_event(_on_the_shelf(record, action), "shelved", at, f"shelved {by}")
        case Input.UNSHELVE:
            if record.shelved_until is None:
                return Folded(record, refused="the alarm is not shelved")
            return with_event(off_the_shelf(record), "unshelved", at, f"unshelved {by}")
        case _:
            return Folded(record)


def remarked(record: AlarmRecord | None, remark: Remark) -> Folded:
    """Take what neither the engine nor an operator brought about."""
    state = TABLE[record.state if record else State.NEW][_REMARK_INPUTS[remark.name]]
    if record is None or not isinstance(state, State):
        return Folded(record, refused=str(state))
    if remark.name == "shelved":
        record = _on_the_shelf(record, remark)
    elif remark.name == "unshelved":
        if record.shelved_until is None:
            return Folded(record, refused="the alarm is not shelved")
        record = off_the_shelf(record)
    return with_event(record, remark.name, remark.at, remark.reason)


def _is_not_enough(record: AlarmRecord, action: OperatorAction) -> bool:
    """An enterprise's word about a red alarm does not stand for the centre's."""
    return action.tier != "centre" and severity_rank(record.peak_severity) >= severity_rank("red")


def _on_the_shelf(record: AlarmRecord, shelf: OperatorAction | Remark) -> AlarmRecord:
    return replace(record, shelved_by=shelf.by, shelved_until=shelf.until_ms, shelved_one_shot=shelf.one_shot)


def _why_not_shelved(record: AlarmRecord, action: OperatorAction, policy: Policy) -> str | None:
    if action.until_ms is None or action.until_ms <= action.received_at_ms:
        return "shelving needs an end that lies ahead"
    if action.until_ms - action.received_at_ms > LONGEST_SHELF_MS:
        return "shelving lasts at most 24 hours; what needs longer is taken out of service"
    if _is_not_enough(record, action):
        return "a red alarm is shelved by the centre, not by the enterprise"
    if (level := never_suppressed_level(record, policy)) is not None:
        return f"level {level} of rule {record.rule} can't be shelved (never_suppress)"
    return None
