"""Tocsin's own alarms, raised and cleared by entries of the log."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.alarm_steps import T0

from alerts.fold import fold
from alerts.kept import Kept
from alerts.machine import State
from alerts.own import OwnAlarm, OwnAlarms
from alerts.record import AlarmRecord, Policy
from plant.entries import OwnCondition
from rules.identity import alarm_id


def found(s: float, on: bool = True, severity: Any = "orange", subject: str = "centre") -> OwnCondition:
    return OwnCondition(T0 + round(s * 1000), "tocsin.self-test", subject, on, severity, "no answer for 90 s")


def test_raised_changed_and_cleared_once_each() -> None:
    own = OwnAlarms(Kept())
    steps = [found(0, False), found(1), found(2), found(3, severity="red"), found(4), found(5, False), found(6, False)]
    events = [own.take(step) for step in steps]
    assert [e.event if e else None for e in events] == [
        None, "raised", None, "upgraded", "downgraded", "cleared", None,
    ]  # fmt: skip
    raised = events[1]
    assert raised is not None
    assert raised.alarm == alarm_id("tocsin.self-test", "centre", "", T0 + 1000)
    assert (raised.level, raised.side, raised.severity, raised.reason) == ("on", "", "orange", "no answer for 90 s")
    assert (raised.at, raised.raised_at, raised.received_at, raised.exercise) == (
        T0 + 1000,
        T0 + 1000,
        T0 + 1000,
        False,
    )
    assert {e.alarm for e in events if e} == {raised.alarm}


def test_each_subject_has_its_own() -> None:
    own = OwnAlarms(Kept())
    assert own.take(found(0)) is not None
    assert own.take(found(0, subject="park")) is not None


def test_in_an_exercise_it_is_marked() -> None:
    event = OwnAlarms(Kept()).take(found(0), exercise=True)
    assert event is not None
    assert event.exercise


conditions = st.lists(
    st.builds(
        found, st.integers(0, 3), st.booleans(), st.sampled_from(["red", "yellow"]), st.sampled_from(["centre", "park"])
    ),
    max_size=20,
)


@given(conditions)
def test_every_event_fits_its_alarm_and_alarms_of_a_subject_do_not_overlap(steps: list[OwnCondition]) -> None:
    """Also where times stand still, and after every restart."""
    kept: Kept[OwnAlarm] = Kept()
    records: dict[str, AlarmRecord] = {}
    last: dict[str, tuple[str, int]] = {}
    for step in sorted(steps, key=lambda step: step.received_at_ms):
        event = OwnAlarms(kept).take(step)
        kept = Kept({key: row for key in kept if (row := kept.get(key)) is not None})
        if event is None:
            continue
        after, _, refused = fold(records.get(event.alarm), event, Policy())
        assert after is not None
        assert refused is None
        records[event.alarm] = after
        alarm, at = last.get(step.subject, (event.alarm, event.at - 1))
        assert event.at > at if event.alarm != alarm else event.at >= at
        last[step.subject] = (event.alarm, event.at)
    for subject, (alarm, _) in last.items():
        final = [s for s in sorted(steps, key=lambda s: s.received_at_ms) if s.subject == subject][-1]
        assert (records[alarm].state is State.ACTIVE_UNACKNOWLEDGED) == final.on
