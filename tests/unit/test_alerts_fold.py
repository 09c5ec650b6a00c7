"""One alarm, step by step."""

from functools import reduce

import pytest
from support.alarm_steps import ALARM, LATCHING, T0, action, engine_event

from alerts.acting import LONGEST_SHELF_MS
from alerts.fold import Folded, Step, fold
from alerts.machine import State
from alerts.record import AlarmRecord, Policy
from alerts.remark import Remark


def after(*steps: Step | Remark, policy: Policy = LATCHING) -> Folded:
    """What the last of the steps does."""
    return reduce(lambda done, step: fold(done.record, step, policy), steps, Folded(None))


def record_after(*steps: Step | Remark) -> AlarmRecord:
    done = after(*steps)
    assert done.refused is None
    assert done.record is not None
    return done.record


RAISED = engine_event("raised")
UPGRADED = engine_event("upgraded", T0 + 1000, "hh")
CLEARED = engine_event("cleared", T0 + 2000)
ACKNOWLEDGED = action("acknowledge", T0 + 1500)


def test_raised() -> None:
    done = after(RAISED)
    assert done.record is not None
    assert (done.record.state, done.record.level, done.record.raised_at) == (State.ACTIVE_UNACKNOWLEDGED, "h", T0)
    assert [(e.id, e.event) for e in done.events] == [(f"{ALARM}.1", RAISED)]


def test_acknowledged_carries_the_alarms_facts_and_by_whom() -> None:
    (n, event), *more = after(RAISED, action("acknowledge", T0 + 9000, comment="on my way")).events
    assert not more
    assert n == 2
    assert (event.event, event.at, event.received_at) == ("acknowledged", T0 + 9000, T0 + 9000)
    assert (event.alarm, event.rule, event.level, event.severity, event.value) == (ALARM, "gas", "h", "orange", 26.5)
    assert event.reason == "acknowledged by li.wei: on my way"


def test_acknowledge_and_clear_in_either_order_closes() -> None:
    assert record_after(RAISED, ACKNOWLEDGED, CLEARED).state is State.CLOSED
    assert record_after(RAISED, CLEARED).state is State.RETURNED_UNACKNOWLEDGED
    assert record_after(RAISED, CLEARED, action("acknowledge", T0 + 3000)).state is State.CLOSED


def test_an_upgrade_asks_again_a_downgrade_does_not() -> None:
    upgraded = record_after(RAISED, ACKNOWLEDGED, UPGRADED)
    assert (upgraded.state, upgraded.acknowledged_by) == (State.ACTIVE_UNACKNOWLEDGED, None)
    down = engine_event("downgraded", T0 + 3000, "h")
    assert record_after(RAISED, UPGRADED, ACKNOWLEDGED, down).state is State.ACTIVE_ACKNOWLEDGED


def test_boards_go_by_the_worst_level_until_acknowledged() -> None:
    down = engine_event("downgraded", T0 + 3000, "h")
    before = record_after(RAISED, UPGRADED, down)
    assert (before.level, before.peak_level, before.peak_severity) == ("h", "hh", "red")
    acknowledged = record_after(RAISED, UPGRADED, down, action("acknowledge", T0 + 4000))
    assert (acknowledged.peak_level, acknowledged.peak_severity) == ("h", "orange")
    assert acknowledged.worst_severity == "red"


def test_a_level_that_latched_stays_until_reset() -> None:
    latched = (RAISED, UPGRADED, engine_event("downgraded", T0 + 3000, "h"), engine_event("cleared", T0 + 4000))
    assert record_after(*latched).state is State.LATCHED_UNACKNOWLEDGED
    assert record_after(*latched, action("reset", T0 + 5000)).state is State.RETURNED_UNACKNOWLEDGED
    acknowledged = (*latched, action("acknowledge", T0 + 5000))
    assert record_after(*acknowledged).state is State.LATCHED_ACKNOWLEDGED
    done = after(*acknowledged, action("reset", T0 + 6000))
    assert done.record is not None
    assert done.record.state is State.CLOSED
    assert done.events[0].event.event == "reset"


def test_a_level_that_did_not_latch_is_not_held() -> None:
    assert record_after(RAISED, CLEARED).state is State.RETURNED_UNACKNOWLEDGED


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ((action("acknowledge"),), "no such alarm"),
        ((RAISED, ACKNOWLEDGED, ACKNOWLEDGED), "already acknowledged"),
        ((RAISED, action("reset")), "its condition is still on"),
        ((RAISED, ACKNOWLEDGED, action("reset")), "its condition is still on"),
        ((RAISED, CLEARED, action("reset")), "nothing is latched"),
        ((RAISED, ACKNOWLEDGED, CLEARED, action("acknowledge")), "the alarm is closed"),
        ((RAISED, RAISED), "the alarm was raised before"),
        ((RAISED, CLEARED, UPGRADED), "the alarm is not active"),
        ((RAISED, action("unshelve")), "the alarm is not shelved"),
        ((RAISED, action("shelve")), "shelving needs an end that lies ahead"),
        ((RAISED, action("shelve", until_ms=T0)), "shelving needs an end that lies ahead"),
        ((RAISED, engine_event("acknowledged")), "the engine does not decide 'acknowledged'"),
    ],
)
def test_refused_with_a_reason_and_nothing_changed(steps: tuple[Step, ...], reason: str) -> None:
    before = after(*steps[:-1])
    done = fold(before.record, steps[-1], LATCHING)
    assert done == Folded(before.record, (), reason)


def test_an_action_that_nobody_knows_is_refused() -> None:
    done = after(RAISED, action("silence"))  # type: ignore[arg-type]
    assert done.refused is not None
    assert "allowed are acknowledge" in done.refused


def test_shelving_is_recorded_shown_and_ends() -> None:
    shelve = action("shelve", T0 + 500, until_ms=T0 + 60_000, comment="sensor is being cleaned")
    done = after(RAISED, shelve)
    assert done.record is not None
    assert (done.record.shelved_by, done.record.shelved_until) == ("li.wei", T0 + 60_000)
    assert done.record.state is State.ACTIVE_UNACKNOWLEDGED
    assert done.events[0].event.event == "shelved"
    ended = after(RAISED, shelve, action("unshelve", T0 + 600))
    assert ended.record is not None
    assert ended.record.shelved_until is None
    assert ended.events[0].event.event == "unshelved"
    closed = record_after(RAISED, shelve, ACKNOWLEDGED, CLEARED)
    assert closed.shelved_until is None


def test_a_shelf_ends_when_the_alarm_rises() -> None:
    done = after(RAISED, action("shelve", until_ms=T0 + 60_000), UPGRADED)
    assert [(e.id, e.event.event) for e in done.events] == [(f"{ALARM}.3", "upgraded"), (f"{ALARM}.4", "unshelved")]
    assert done.record is not None
    assert done.record.shelved_until is None


def test_a_level_that_is_never_suppressed_is_not_shelved() -> None:
    done = after(RAISED, UPGRADED, action("shelve", until_ms=T0 + 60_000))
    assert done.refused == "level hh of rule gas can't be shelved (never_suppress)"
    fallen = after(RAISED, UPGRADED, engine_event("downgraded", T0 + 1500, "h"), action("shelve", until_ms=T0 + 60_000))
    assert fallen.refused is not None


def test_an_alarm_whose_raising_is_out_of_reach_is_taken_in() -> None:
    assert record_after(UPGRADED).state is State.ACTIVE_UNACKNOWLEDGED
    assert record_after(CLEARED).state is State.RETURNED_UNACKNOWLEDGED
    assert record_after(CLEARED).raised_at == T0


def test_an_acknowledgement_is_never_earlier_than_what_it_answers() -> None:
    ahead = engine_event("raised", T0 + 50_000)
    assert after(ahead, action("acknowledge", T0 + 10)).events[0].event.at == T0 + 50_000


def test_a_late_raising_marks_the_alarm() -> None:
    assert record_after(engine_event("raised", historical=True), CLEARED).historical


def red(*steps: Step) -> Folded:
    return after(RAISED, UPGRADED, *steps)


def answer(at: int = T0 + 1500) -> Step:
    return action("acknowledge", at, tier="enterprise", by="zhao")


def test_an_enterprise_answers_a_red_alarm_and_the_centre_has_yet_to_acknowledge() -> None:
    answered = red(answer())
    assert answered.record is not None
    assert answered.record.state is State.ACTIVE_UNACKNOWLEDGED
    assert (answered.record.answered_by, answered.record.answered_at) == ("zhao", T0 + 1500)
    assert answered.record.acknowledged_by is None
    assert answered.events[0].event.event == "acknowledged"
    assert "the centre has yet to" in answered.events[0].event.reason
    assert red(answer(), answer(T0 + 1600)).refused == "already answered"
    centre = red(answer(), action("acknowledge", T0 + 1700))
    assert centre.record is not None
    assert (centre.record.state, centre.record.answered_by) == (State.ACTIVE_ACKNOWLEDGED, "zhao")
    assert red(answer(), action("acknowledge", T0 + 1700), answer(T0 + 1800)).refused == "already acknowledged"


def test_what_was_red_and_fell_is_still_the_centres() -> None:
    fallen = red(engine_event("downgraded", T0 + 1200, "h"), answer())
    assert fallen.record is not None
    assert fallen.record.state is State.ACTIVE_UNACKNOWLEDGED


def test_an_enterprise_acknowledges_what_is_not_red() -> None:
    done = after(RAISED, answer())
    assert done.record is not None
    assert (done.record.state, done.record.acknowledged_by) == (State.ACTIVE_ACKNOWLEDGED, "zhao")


def test_a_rise_asks_the_enterprise_again_too() -> None:
    again = red(answer(), engine_event("downgraded", T0 + 2000, "h"), engine_event("upgraded", T0 + 3000, "hh"))
    assert again.record is not None
    assert again.record.answered_by is None


def test_escalations_are_events_until_somebody_acknowledges() -> None:
    climbed = Remark(ALARM, "escalated", T0 + 5000, "nobody answered: rung 2 of red-centre")
    done = after(RAISED, climbed)
    assert [(e.event.event, e.event.at, e.event.reason) for e in done.events] == [
        ("escalated", T0 + 5000, "nobody answered: rung 2 of red-centre")
    ]
    assert done.record is not None
    assert done.record.state is State.ACTIVE_UNACKNOWLEDGED
    assert after(RAISED, ACKNOWLEDGED, climbed).refused == "already acknowledged"
    assert after(climbed).refused == "no such alarm"


def test_a_disposal_closes_with_an_event_also_long_after_the_alarm() -> None:
    disposed = Remark(ALARM, "closed", T0 + 90_000, "cause: seal")
    done = after(RAISED, ACKNOWLEDGED, CLEARED, disposed)
    assert done.record is not None
    assert done.record.state is State.CLOSED
    assert [(e.n, e.event.event) for e in done.events] == [(4, "closed")]


def test_a_shelf_is_bounded_and_a_red_alarm_is_shelved_by_the_centre() -> None:
    long = action("shelve", T0, until_ms=T0 + LONGEST_SHELF_MS + 1)
    assert "at most 24 hours" in str(after(RAISED, long).refused)
    assert after(RAISED, action("shelve", T0, until_ms=T0 + LONGEST_SHELF_MS)).refused is None
    other = action("shelve", T0 + 1500, until_ms=T0 + 60_000, tier="enterprise")
    assert "by the centre" in str(after(RAISED, UPGRADED, other, policy=Policy()).refused)


def test_a_one_shot_shelf_ends_with_the_alarm() -> None:
    shelve = action("shelve", T0 + 500, until_ms=T0 + 60_000, one_shot=True)
    done = after(RAISED, shelve, CLEARED)
    assert [e.event.event for e in done.events] == ["cleared", "unshelved"]
    assert done.record is not None
    assert (done.record.shelved_until, done.record.shelved_one_shot) == (None, False)
    timed = after(RAISED, action("shelve", T0 + 500, until_ms=T0 + 60_000), CLEARED)
    assert timed.record is not None
    assert timed.record.shelved_until == T0 + 60_000


def test_remarks_put_it_on_the_shelf_and_off() -> None:
    on = Remark(ALARM, "shelved", T0 + 10, "shelved by li.wei", "li.wei", T0 + 60_000)
    off = Remark(ALARM, "unshelved", T0 + 60_000, "its time is over")
    shelved = record_after(RAISED, on)
    assert (shelved.shelved_by, shelved.shelved_until) == ("li.wei", T0 + 60_000)
    done = after(RAISED, on, off)
    assert done.record is not None
    assert (done.record.shelved_until, done.events[0].event.event) == (None, "unshelved")
    assert after(RAISED, off).refused == "the alarm is not shelved"
