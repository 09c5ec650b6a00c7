"""What a person's step does to a disposal, or why it is refused (pure)."""

from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

from alerts.disposal.causes import NEED_WORDS, all_causes
from alerts.disposal.fields import Assigning, Cause, Closing, Evidence, Fields, read_fields
from alerts.disposal.machine import TABLE, DisposalState, Input
from alerts.disposal.record import Disposal
from alerts.disposal.schema import DisposalRules
from alerts.remark import Remark
from plant.entries import DisposalAction

_CENTRE_ONLY = frozenset({Input.VERIFY, Input.CLOSE})
"""Of a red alarm, an enterprise does not do these."""


@dataclass(slots=True)
class Done:
    """Fields of the record that are another, and remarks on its alarm."""

    changes: dict[str, Any]
    remarks: list[Remark] = field(default_factory=list)


def done_by_hand(
    action: DisposalAction, record: Disposal | None, rules: DisposalRules, contacts: Container[str] | None
) -> Done | str:
    """What the action does to its disposal (None: there is none), or why it is refused."""
    try:
        fields = read_fields(action.action, action.fields)
    except ValueError as error:
        return str(error)
    given = Input(action.action)
    state = TABLE[record.state if record is not None else DisposalState.NONE][given]
    if not isinstance(state, DisposalState):
        return state
    if not action.by.strip():
        return "nobody is named who does it"
    if isinstance(fields, Assigning) and contacts is not None and fields.to not in contacts:
        return f"{fields.to} is no contact of the site"
    if record is None:
        return Done({})
    if given in _CENTRE_ONLY and action.tier == "enterprise" and record.severity == "red":
        return f"of a red alarm only the centre may {action.action} the disposal"
    return _REFUSED_OR_DONE.get(given, _plain)(action, fields, record, rules, state)


def same_person(one: str, other: str) -> bool:
    """Whether two names are one person's: neither case nor space around it makes another person."""
    return one.strip().casefold() == other.strip().casefold()


def _plain(
    action: DisposalAction, fields: Fields, record: Disposal, rules: DisposalRules, state: DisposalState
) -> Done | str:
    return Done({"state": state})


def _assign(
    action: DisposalAction, fields: Fields, record: Disposal, rules: DisposalRules, state: DisposalState
) -> Done | str:
    assert isinstance(fields, Assigning)  # noqa: S101
    changes: dict[str, Any] = {"state": state, "assignee": fields.to, "assigned_at": action.received_at_ms}
    if fields.due is not None:
        if not action.received_at_ms < fields.due <= record.close_by:
            return f"due is {fields.due}, allowed is a time ahead, {record.close_by} at the latest"
        changes["close_by"] = fields.due
    return Done(changes | _taken(record))


def _start(
    action: DisposalAction, fields: Fields, record: Disposal, rules: DisposalRules, state: DisposalState
) -> Done | str:
    changes: dict[str, Any] = {"state": state}
    if not record.assignee:
        changes |= {"assignee": action.by, "assigned_at": action.received_at_ms}
    return Done(changes | _taken(record))


def _evidence(
    action: DisposalAction, fields: Fields, record: Disposal, rules: DisposalRules, state: DisposalState
) -> Done | str:
    assert isinstance(fields, Evidence)  # noqa: S101
    return Done({"state": state, "evidence": record.evidence + 1})


def _cause(
    action: DisposalAction, fields: Fields, record: Disposal, rules: DisposalRules, state: DisposalState
) -> Done | str:
    assert isinstance(fields, Cause)  # noqa: S101
    known = all_causes(rules.causes)
    if fields.code not in known:
        return f"{fields.code} is no cause, allowed are {', '.join(known)}"
    if fields.code in NEED_WORDS and not fields.text.strip():
        return f"the cause {fields.code} needs a text"
    return Done({"state": state, "cause": fields.code, "cause_text": fields.text})


def _submit(
    action: DisposalAction, fields: Fields, record: Disposal, rules: DisposalRules, state: DisposalState
) -> Done | str:
    if not record.cause:
        return "it has no cause"
    return Done({"state": state, "submitted_by": action.by, "submitted_at": action.received_at_ms})


def _reject(
    action: DisposalAction, fields: Fields, record: Disposal, rules: DisposalRules, state: DisposalState
) -> Done | str:
    nobody = {"submitted_by": "", "submitted_at": None, "verified_by": "", "verified_at": None}
    return Done({"state": state, **nobody})


def _verify(
    action: DisposalAction, fields: Fields, record: Disposal, rules: DisposalRules, state: DisposalState
) -> Done | str:
    if same_person(action.by, record.submitted_by):
        return f"{record.submitted_by} submitted it: another person must verify"
    return Done({"state": state, "verified_by": action.by, "verified_at": action.received_at_ms})


def _close(
    action: DisposalAction, fields: Fields, record: Disposal, rules: DisposalRules, state: DisposalState
) -> Done | str:
    assert isinstance(fields, Closing)  # noqa: S101
    if not record.cause:
        return "it has no cause"
    if record.verify and record.state is not DisposalState.VERIFIED:
        return "another person than who submitted must verify it first"
    if record.active and not fields.why.strip():
        return "the alarm's condition is still on: say why it is closed all the same"
    at = action.received_at_ms
    changes = {"state": state, "closed_by": action.by, "closed_at": at, "overdue": "", "tier": 0}
    reason = f"closed by {action.by}: {record.cause}" + (f" ({record.cause_text})" if record.cause_text else "")
    return Done(changes, [Remark(record.latest, "closed", at, reason)])


def _taken(record: Disposal) -> dict[str, Any]:
    """Somebody has it in hand: that nobody had is over."""
    return {"overdue": "", "tier": 0} if record.overdue == "assign" else {}


_REFUSED_OR_DONE = {
    Input.ASSIGN: _assign,
    Input.START: _start,
    Input.EVIDENCE: _evidence,
    Input.CAUSE: _cause,
    Input.SUBMIT: _submit,
    Input.REJECT: _reject,
    Input.VERIFY: _verify,
    Input.CLOSE: _close,
}
