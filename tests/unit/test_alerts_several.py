"""Alarms on subjects that are no points, and their degraded side, in the alarm book and in notices."""

import msgspec
from support.alarm_steps import LATCHING, T0, action, engine_event

from alerts.channels.cloudevents import cloud_event
from alerts.channels.port import Item
from alerts.fold import fold
from alerts.machine import State


def test_a_degraded_alarm_does_not_latch_and_can_be_shelved() -> None:
    raised = engine_event("raised", level="hh", side="degraded")
    record = fold(None, raised, LATCHING).record
    shelved = fold(record, action("shelve", T0 + 1, raised.alarm, until_ms=T0 + 9000), LATCHING)
    assert shelved.refused is None
    cleared = fold(record, engine_event("cleared", T0 + 5, level="hh", side="degraded"), LATCHING).record
    assert cleared is not None
    assert (cleared.state, cleared.latching) == (State.RETURNED_UNACKNOWLEDGED, False)


def test_the_rules_own_alarm_latches_and_is_not_shelved() -> None:
    raised = engine_event("raised", level="hh", side="")
    record = fold(None, raised, LATCHING).record
    assert fold(record, action("shelve", T0 + 1, raised.alarm, until_ms=T0 + 9000), LATCHING).refused is not None
    cleared = fold(record, engine_event("cleared", T0 + 5, level="hh", side=""), LATCHING).record
    assert cleared is not None
    assert cleared.state is State.LATCHED_UNACKNOWLEDGED


def test_a_notice_about_the_whole_site_has_a_source() -> None:
    envelope = msgspec.json.decode(cloud_event(Item("id", "raised", "", "site", T0, b"{}"), "id"))
    assert (envelope["source"], envelope["subject"]) == ("/site", "site")
