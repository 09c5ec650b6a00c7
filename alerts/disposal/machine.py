"""The disposal machine as a table: for every state and input, the next state or why the input is refused.

The diagram in docs/reference/disposal.md is generated from this table (alerts/disposal/diagram.py).
"""

from enum import StrEnum
from typing import Final


class DisposalState(StrEnum):
    """How far the disposal of an alarm has got. `none` is before it is opened."""

    NONE = "none"
    OPEN = "open"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    SUBMITTED = "submitted"
    VERIFIED = "verified"
    CLOSED = "closed"


class Input(StrEnum):
    """What people do (plant.entries.DisposalActionName), and `needed`: the alarm is raised, rises or comes back."""

    NEEDED = "needed"
    OPEN = "open"
    ASSIGN = "assign"
    START = "start"
    NOTE = "note"
    EVIDENCE = "evidence"
    CAUSE = "cause"
    SUBMIT = "submit"
    REJECT = "reject"
    VERIFY = "verify"
    CLOSE = "close"
    REOPEN = "reopen"


_NONE = "no disposal of this alarm is open"
_OPENED = "its disposal is open already"
_NOT_STARTED = "nobody has started on it"
_STARTED = "it is in progress already"
_NOT_SUBMITTED = "it is not submitted"
_SUBMITTED = "it is submitted: reject it first"
_VERIFIED = "it is verified already"
_CLOSED = "it is closed: reopen it first"
_NOT_CLOSED = "it is not closed"

_S = DisposalState


def _row(state: DisposalState, **steps: DisposalState | str) -> dict[Input, DisposalState | str]:
    """What holds in every state from open to verified, and what differs in this one."""
    given: dict[Input, DisposalState | str] = {
        Input.NEEDED: state,
        Input.OPEN: _OPENED,
        Input.ASSIGN: _S.ASSIGNED,
        Input.START: _S.IN_PROGRESS,
        Input.NOTE: state,
        Input.EVIDENCE: state,
        Input.CAUSE: state,
        Input.SUBMIT: _NOT_STARTED,
        Input.REJECT: _NOT_SUBMITTED,
        Input.VERIFY: _NOT_SUBMITTED,
        Input.CLOSE: _NOT_SUBMITTED,
        Input.REOPEN: _NOT_CLOSED,
    }
    return given | {Input(name): outcome for name, outcome in steps.items()}


_HANDED_IN: Final[dict[str, DisposalState | str]] = {
    # An alarm that comes back shows that what was handed in does not hold.
    "needed": _S.IN_PROGRESS,
    "assign": _SUBMITTED,
    "start": _SUBMITTED,
    "cause": _SUBMITTED,
    "submit": _SUBMITTED,
    "reject": _S.IN_PROGRESS,
    "close": _S.CLOSED,
}

TABLE: Final[dict[DisposalState, dict[Input, DisposalState | str]]] = {
    _S.NONE: {**dict.fromkeys(Input, _NONE), Input.NEEDED: _S.OPEN, Input.OPEN: _S.OPEN},
    _S.OPEN: _row(_S.OPEN),
    _S.ASSIGNED: _row(_S.ASSIGNED),
    _S.IN_PROGRESS: _row(_S.IN_PROGRESS, start=_STARTED, submit=_S.SUBMITTED),
    _S.SUBMITTED: _row(_S.SUBMITTED, **_HANDED_IN, verify=_S.VERIFIED),
    _S.VERIFIED: _row(_S.VERIFIED, **_HANDED_IN, evidence=_SUBMITTED, verify=_VERIFIED),
    _S.CLOSED: {**dict.fromkeys(Input, _CLOSED), Input.NEEDED: _S.OPEN, Input.REOPEN: _S.OPEN},
}
