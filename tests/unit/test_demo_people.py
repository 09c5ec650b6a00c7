"""The demo's people do one thing at a time, and leave the visitor's alarms alone."""

import msgspec
import pytest

from alerts.disposal.machine import DisposalState
from alerts.disposal.record import Disposal
from alerts.machine import State
from alerts.record import AlarmRecord
from tocsin.demo.people import next_acts

AT_MS = 1_700_000_000_000
LATER_MS = AT_MS + 60_000


def alarm(state: State, enterprise: str = "E03") -> AlarmRecord:
    numbers = {"version": 1, "raised_at": AT_MS, "last_at": AT_MS, "events": 1}
    texts = dict.fromkeys(("rule", "subject", "side", "level", "severity", "peak_level", "peak_severity"), "x")
    fields = {"alarm": "a1", "enterprise": enterprise, "state": state, "worst_severity": "red", "reason": ""}
    flags = {"historical": False, "exercise": False, "latching": True}
    nothing = {"value": None, "limit": None, "onset": None}
    return msgspec.convert({**texts, **numbers, **fields, **flags, **nothing}, type=AlarmRecord)


def disposal(state: DisposalState, *, active: bool = False, cause: str = "", enterprise: str = "E03") -> Disposal:
    texts = dict.fromkeys(("latest", "rule", "subject", "side", "unit", "severity"), "x")
    times = {"opened_at": AT_MS, "since": AT_MS, "assign_by": LATER_MS, "close_by": LATER_MS}
    flags = {"exercise": False, "verify": False, "active": active}
    fields = {"alarm": "a1", "enterprise": enterprise, "state": state, "cause": cause}
    return msgspec.convert({**texts, **times, **flags, **fields}, type=Disposal)


@pytest.mark.parametrize(
    ("state", "does"),
    [
        (State.ACTIVE_UNACKNOWLEDGED, ["acknowledge"]),
        (State.LATCHED_UNACKNOWLEDGED, ["acknowledge"]),
        (State.LATCHED_ACKNOWLEDGED, ["reset"]),
        (State.ACTIVE_ACKNOWLEDGED, []),
    ],
)
def test_an_alarm_is_answered(state: State, does: list[str]) -> None:
    assert [act.action for act in next_acts([alarm(state)], [], LATER_MS)] == does
    assert list(next_acts([alarm(state)], [], AT_MS + 1_000)) == [], "they need a moment"
    assert list(next_acts([alarm(state, "E01")], [], LATER_MS)) == [], "the visitor's"


def test_a_disposal_goes_its_way_to_the_end() -> None:
    steps = [
        (disposal(DisposalState.OPEN), "start"),
        (disposal(DisposalState.IN_PROGRESS), "cause"),
        (disposal(DisposalState.IN_PROGRESS, cause="other"), "submit"),
        (disposal(DisposalState.SUBMITTED, cause="other"), "close"),
    ]
    for record, action in steps:
        (act,) = next_acts([], [record], LATER_MS)
        assert (act.action, act.by) == (action, "C00" if action == "close" else "C03")
    assert list(next_acts([], [disposal(DisposalState.IN_PROGRESS, active=True)], LATER_MS)) == []
    assert list(next_acts([], [disposal(DisposalState.OPEN, enterprise="E02")], LATER_MS)) == []
