"""Steps for the alarm book: single ones by hand, and streams of them drawn by hypothesis."""

from typing import Any

from hypothesis import strategies as st

from alerts.fold import Step
from alerts.record import Policy
from plant.entries import OPERATOR_ACTIONS, OperatorAction, OperatorActionName, Position
from rules.events import AlarmEvent
from rules.identity import alarm_id

T0 = 1_732_190_000_000
SEVERITY = {"h": "orange", "hh": "red"}
LATCHING = Policy(latches=lambda rule, level: level == "hh", never_suppress=lambda rule, level: level == "hh")


def engine_event(name: str, at: int = T0, level: str = "h", **facts: Any) -> AlarmEvent:
    """What the engine would say of rule `gas` on subject `E001-P0015`, unless `facts` say otherwise."""
    raised_at = facts.pop("raised_at", T0)
    subject = facts.pop("subject", "E001-P0015")
    given: dict[str, Any] = {
        "event": name,
        "alarm": alarm_id("gas", subject, "high", raised_at),
        "rule": "gas",
        "version": 1,
        "subject": subject,
        "side": "high",
        "enterprise": "E001",
        "level": level,
        "severity": SEVERITY.get(level, "yellow"),
        "at": at,
        "value": 26.5,
        "limit": 25.0,
        "onset": at - 3000,
        "historical": False,
        "exercise": False,
        "reason": f"limit {level} held 3 s",
        "raised_at": raised_at,
        "received_at": at + 20,
        "readings": ((at, 26.5),),
    }
    return AlarmEvent(**(given | facts))


ALARM = engine_event("raised").alarm


def action(name: OperatorActionName, at: int = T0, alarm: str = ALARM, **facts: Any) -> OperatorAction:
    return OperatorAction(at, name, alarm, **({"by": "li.wei"} | facts))


_SUBJECTS = ("E001-P1", "E001-P2", "E002-P1")


def _engine_steps(at: int) -> st.SearchStrategy[AlarmEvent]:
    return st.builds(
        lambda name, level, subject, lag: engine_event(
            name, at - lag, level, subject=subject, raised_at=T0, received_at=at, historical=lag > 300_000
        ),
        st.sampled_from(["raised", "upgraded", "downgraded", "cleared", "escalated"]),
        st.sampled_from(["h", "hh"]),
        st.sampled_from(_SUBJECTS),
        st.sampled_from([0, 1, 400_000]),
    )


def _operator_steps(at: int) -> st.SearchStrategy[OperatorAction]:
    alarms = [engine_event("raised", subject=subject).alarm for subject in _SUBJECTS]
    return st.builds(
        OperatorAction,
        st.just(at),
        st.sampled_from(OPERATOR_ACTIONS),
        st.sampled_from([*alarms, "nosuchalarm00000"]),
        st.sampled_from(["li.wei", "王芳"]),
        st.sampled_from(["", "阀门已关"]),
        st.sampled_from([None, at + 60_000]),
    )


@st.composite
def step_streams(draw: st.DrawFn) -> list[tuple[Position, Step]]:
    """Steps of a log, sensible or not: several engine events of one entry, or one operator action."""
    steps: list[tuple[Position, Step]] = []
    position = 0
    for _ in range(draw(st.integers(0, 12))):
        position += draw(st.integers(1, 3))
        at = T0 + position * 1000
        if draw(st.booleans()):
            steps += [(position, step) for step in draw(st.lists(_engine_steps(at), min_size=1, max_size=4))]
        else:
            steps.append((position, draw(_operator_steps(at))))
    return steps
