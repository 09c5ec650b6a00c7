"""The alarm machine as a table: for every state and input, the next state or why the input is refused.

The diagram in docs/reference/alarm-states.md is generated from this table (alerts/diagram.py).
"""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where an alarm stands. `new` is before its first event; `closed` is its end."""

    NEW = "new"
    ACTIVE_UNACKNOWLEDGED = "active_unacknowledged"
    ACTIVE_ACKNOWLEDGED = "active_acknowledged"
    RETURNED_UNACKNOWLEDGED = "returned_unacknowledged"
    LATCHED_UNACKNOWLEDGED = "latched_unacknowledged"
    LATCHED_ACKNOWLEDGED = "latched_acknowledged"
    CLOSED = "closed"


class Input(StrEnum):
    """What can happen to an alarm.

    `cleared_latching` is a clearing after a level that latches was reached. `answer` is an enterprise's
    acknowledgement of a red alarm. `disposed` says that its disposal was closed with a cause.
    """

    RAISED = "raised"
    UPGRADED = "upgraded"
    DOWNGRADED = "downgraded"
    CLEARED = "cleared"
    CLEARED_LATCHING = "cleared_latching"
    ACKNOWLEDGE = "acknowledge"
    ANSWER = "answer"
    RESET = "reset"
    SHELVE = "shelve"
    UNSHELVE = "unshelve"
    COMMENT = "comment"
    ESCALATED = "escalated"
    DISPOSED = "disposed"


ACTIVE: Final = frozenset({State.ACTIVE_UNACKNOWLEDGED, State.ACTIVE_ACKNOWLEDGED})
"""The condition is on."""

UNACKNOWLEDGED: Final = frozenset(
    {State.ACTIVE_UNACKNOWLEDGED, State.RETURNED_UNACKNOWLEDGED, State.LATCHED_UNACKNOWLEDGED}
)
"""Somebody has yet to acknowledge."""

OPEN: Final = frozenset(State) - {State.NEW, State.CLOSED}
"""What an alarm board shows."""

_UNKNOWN = "no such alarm"
_RAISED_BEFORE = "the alarm was raised before"
_NOT_ACTIVE = "the alarm is not active"
_ACKNOWLEDGED = "already acknowledged"
_STILL_ON = "its condition is still on"
_NOT_LATCHED = "nothing is latched"
_CLOSED = "the alarm is closed"

_OF_OTHERS: Final = (
    Input.ACKNOWLEDGE,
    Input.ANSWER,
    Input.RESET,
    Input.SHELVE,
    Input.UNSHELVE,
    Input.COMMENT,
    Input.ESCALATED,
    Input.DISPOSED,
)
"""What the engine does not decide."""

_ON: Final[dict[Input, State | str]] = {
    Input.RAISED: _RAISED_BEFORE,
    Input.UPGRADED: State.ACTIVE_UNACKNOWLEDGED,
    Input.CLEARED_LATCHING: State.LATCHED_UNACKNOWLEDGED,
    Input.RESET: _STILL_ON,
}
_OFF: Final[dict[Input, State | str]] = {
    Input.RAISED: _RAISED_BEFORE,
    Input.UPGRADED: _NOT_ACTIVE,
    Input.DOWNGRADED: _NOT_ACTIVE,
    Input.CLEARED: _NOT_ACTIVE,
    Input.CLEARED_LATCHING: _NOT_ACTIVE,
}


def _remarks(state: State) -> dict[Input, State | str]:
    """What leaves an open alarm where it is. Whoever acknowledged it has ended its escalation."""
    unacknowledged: dict[Input, State | str] = (
        {Input.ANSWER: state, Input.ESCALATED: state}
        if state in UNACKNOWLEDGED
        else {Input.ACKNOWLEDGE: _ACKNOWLEDGED, Input.ANSWER: _ACKNOWLEDGED, Input.ESCALATED: _ACKNOWLEDGED}
    )
    return {**dict.fromkeys((Input.SHELVE, Input.UNSHELVE, Input.COMMENT, Input.DISPOSED), state), **unacknowledged}


TABLE: Final[dict[State, dict[Input, State | str]]] = {
    # A first event other than `raised` means that the raising is out of the log's reach: the alarm is taken in
    # all the same, since leaving it out would lose it.
    State.NEW: {
        Input.RAISED: State.ACTIVE_UNACKNOWLEDGED,
        Input.UPGRADED: State.ACTIVE_UNACKNOWLEDGED,
        Input.DOWNGRADED: State.ACTIVE_UNACKNOWLEDGED,
        Input.CLEARED: State.RETURNED_UNACKNOWLEDGED,
        Input.CLEARED_LATCHING: State.LATCHED_UNACKNOWLEDGED,
        **dict.fromkeys(_OF_OTHERS, _UNKNOWN),
    },
    State.ACTIVE_UNACKNOWLEDGED: {
        **_ON,
        **_remarks(State.ACTIVE_UNACKNOWLEDGED),
        Input.DOWNGRADED: State.ACTIVE_UNACKNOWLEDGED,
        Input.CLEARED: State.RETURNED_UNACKNOWLEDGED,
        Input.ACKNOWLEDGE: State.ACTIVE_ACKNOWLEDGED,
    },
    State.ACTIVE_ACKNOWLEDGED: {
        **_ON,
        **_remarks(State.ACTIVE_ACKNOWLEDGED),
        Input.DOWNGRADED: State.ACTIVE_ACKNOWLEDGED,
        Input.CLEARED: State.CLOSED,
        Input.CLEARED_LATCHING: State.LATCHED_ACKNOWLEDGED,
    },
    State.RETURNED_UNACKNOWLEDGED: {
        **_OFF,
        **_remarks(State.RETURNED_UNACKNOWLEDGED),
        Input.ACKNOWLEDGE: State.CLOSED,
        Input.RESET: _NOT_LATCHED,
    },
    State.LATCHED_UNACKNOWLEDGED: {
        **_OFF,
        **_remarks(State.LATCHED_UNACKNOWLEDGED),
        Input.ACKNOWLEDGE: State.LATCHED_ACKNOWLEDGED,
        Input.RESET: State.RETURNED_UNACKNOWLEDGED,
    },
    State.LATCHED_ACKNOWLEDGED: {
        **_OFF,
        **_remarks(State.LATCHED_ACKNOWLEDGED),
        Input.RESET: State.CLOSED,
    },
    State.CLOSED: {
        **dict.fromkeys(Input, _CLOSED),
        Input.COMMENT: State.CLOSED,
        Input.DISPOSED: State.CLOSED,
    },
}
