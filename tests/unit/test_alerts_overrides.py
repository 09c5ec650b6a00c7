"""Overrides: who may set what, what is withheld, and how it ends."""

from typing import Any

import pytest
from support.alarm_steps import ALARM, LATCHING, T0, action, engine_event
from support.override_desk import Desk
from support.reference_runs import point, site_of

from alerts.machine import State
from alerts.overrides import OverrideBegan, Under
from alerts.place import Places
from alerts.record import Policy
from alerts.suppression import Above, Suppression
from plant.entries import OverrideAction
from plant.site import Device
from rules.identity import alarm_id

SITE = site_of(point("E001-P0015", device="D1"), point("P2"), point("P9", unit="U3", device="D1"))
SITE.devices["GW"] = Device("GW", SITE.units["U1"].enterprise, "")
PLACES = Places(SITE)
ENTERPRISE = SITE.units["U1"].enterprise
POLICY = Policy(
    latches=lambda _rule, _level: False,
    never_suppress=LATCHING.never_suppress,
    levels=lambda rule: {"gas": ("h", "hh"), "spark": ("hh",)}.get(rule, ()),
)
LATER = alarm_id("gas", "E001-P0015", "high", T0 + 40_000)
MINUTE = 60_000


def event(name: str, at_s: float, level: str = "h", raised_s: float = 0, **facts: Any) -> Any:
    at = T0 + round(at_s * 1000)
    given = {"raised_at": T0 + round(raised_s * 1000), "received_at": at, "enterprise": ENTERPRISE}
    return engine_event(name, at, level, **(given | facts))


def act(name: Any, at_s: float, **facts: Any) -> Any:
    return action(name, T0 + round(at_s * 1000), **facts)


def shelve(at_s: float, until_s: float, **facts: Any) -> Any:
    return act("shelve", at_s, until_ms=T0 + round(until_s * 1000), **facts)


def put(at_s: float, until_s: float | None = 600, **facts: Any) -> OverrideAction:
    given: dict[str, Any] = {
        "override": "ov-1",
        "by": "wang",
        "kind": "out_of_service",
        "purpose": "maintenance",
        "scope": "point",
        "subject": "E001-P0015",
        "why": "new sensor head",
        "until_ms": None if until_s is None else T0 + round(until_s * 1000),
    }
    return OverrideAction(T0 + round(at_s * 1000), "set", **(given | facts))


def end(at_s: float, override: str = "ov-1") -> OverrideAction:
    return OverrideAction(T0 + round(at_s * 1000), "end", override, "zhao")


@pytest.fixture
def desk() -> Desk:
    return Desk(POLICY, PLACES)


@pytest.mark.parametrize(
    ("scope", "subject"),
    [
        ("point", "E001-P0015"),
        ("unit", "U1"),
        ("device", f"{ENTERPRISE}/D1"),
        ("enterprise", ENTERPRISE),
        ("rule", "gas"),
    ],
)
def test_what_is_out_of_service_is_recorded_and_not_told_until_it_is_in_service_again(
    desk: Desk, scope: Any, subject: str
) -> None:
    desk.take(put(1, scope=scope, subject=subject), event("raised", 2, raised_s=2))
    assert desk.refused == []
    (alarm,) = desk.records
    assert desk.records[alarm].state is State.ACTIVE_UNACKNOWLEDGED
    assert (desk.records[alarm].override, desk.records[alarm].override_kind) == ("ov-1", "out_of_service")
    assert desk.told == []
    place = PLACES.of("E001-P0015")
    assert desk.overrides.withholds(desk.records[alarm], place, POLICY)
    desk.take(end(60))
    assert desk.told == [f"{alarm}.1"]
    assert desk.records[alarm].override is None
    assert desk.ended() == [("ov-1", T0 + 60_000, "ended by zhao")]


@pytest.mark.parametrize(
    "facts",
    [
        {"subject": "P2"},
        {"scope": "unit", "subject": "U2"},
        {"scope": "rule", "subject": "tocsin.self-test"},
        {"rule": "tocsin.self-test"},
    ],
)
def test_others_are_told(desk: Desk, facts: dict[str, Any]) -> None:
    desk.take(put(1, **facts), event("raised", 2, raised_s=2))
    assert desk.refused == []
    assert len(desk.told) == 1


def test_it_ends_by_the_clock_and_what_stands_is_told(desk: Desk) -> None:
    desk.take(put(1, until_s=60), event("raised", 2))
    desk.clock(T0 + 59_999)
    assert desk.told == []
    desk.restart()
    desk.clock(T0 + 60_000)
    assert desk.told == [f"{ALARM}.1"]
    assert desk.ended() == [("ov-1", T0 + 60_000, "its time is over")]
    assert len(desk.in_force) == 0


@pytest.mark.parametrize("after", [event("cleared", 3), act("acknowledge", 3)])
def test_what_needs_nobody_any_more_is_not_told_later(desk: Desk, after: Any) -> None:
    desk.take(put(1, until_s=60), event("raised", 2), after).clock(T0 + 60_000)
    assert desk.told == []
    desk.take(act("comment", 70))
    assert desk.overrides.is_quiet(ALARM)


def test_what_was_told_before_is_told_its_end_once_the_override_is_over(desk: Desk) -> None:
    desk.take(event("raised", 0), put(1, until_s=60), act("acknowledge", 2)).clock(T0 + 60_000)
    desk.take(event("cleared", 70))
    assert desk.told == [f"{ALARM}.1", f"{ALARM}.3"]


def test_late_alarms_are_marked_and_told(desk: Desk) -> None:
    desk.take(put(1), event("raised", 2, historical=True))
    (record,) = desk.records.values()
    assert record.override == "ov-1"
    assert len(desk.told) == 1


def test_the_first_is_disabled_then_out_of_service_then_shelved(desk: Desk) -> None:
    desk.take(event("raised", 0), shelve(1, 3600), put(2, 50), put(3, None, override="d", kind="disabled", purpose=""))
    assert [e.override.id for e in desk.effects if isinstance(e, Under) and e.override] == [
        f"shelf-{ALARM}-2",
        "ov-1",
        "d",
    ]
    desk.take(end(10, "d"))
    assert desk.records[ALARM].override_kind == "out_of_service"
    desk.clock(T0 + 50_000)
    assert desk.records[ALARM].override_kind == "shelved"
    assert desk.told == [f"{ALARM}.1", f"{ALARM}.2"]


class TestShelves:
    def test_a_shelf_goes_on_for_an_alarm_raised_anew(self, desk: Desk) -> None:
        desk.take(event("raised", 0), shelve(1, 100), event("cleared", 5), act("acknowledge", 6))
        assert desk.records[ALARM].state is State.CLOSED
        assert desk.records[ALARM].override is None
        desk.take(event("raised", 40, raised_s=40))
        assert desk.names(LATER) == ["raised", "shelved"]
        assert desk.records[LATER].shelved_by == "li.wei"
        assert desk.told == [f"{ALARM}.1", f"{ALARM}.2"]
        desk.clock(T0 + 100_000)
        assert desk.names(LATER) == ["raised", "shelved", "unshelved"]
        assert desk.records[LATER].shelved_until is None
        assert desk.told[2:] == [f"{LATER}.1", f"{LATER}.2", f"{LATER}.3"]

    def test_one_shot_ends_when_it_clears(self, desk: Desk) -> None:
        desk.take(event("raised", 0), shelve(1, 100, one_shot=True), event("cleared", 5))
        assert desk.ended() == [(f"shelf-{ALARM}-2", T0 + 5000, "one shot: the alarm cleared")]
        assert desk.names(ALARM) == ["raised", "shelved", "cleared", "unshelved"]
        desk.take(event("raised", 40, raised_s=40))
        assert desk.told[-1] == f"{LATER}.1"

    def test_a_rise_ends_it_and_is_told_at_once(self, desk: Desk) -> None:
        desk.take(event("raised", 0), shelve(1, 100), event("upgraded", 5, "hh"))
        assert desk.names(ALARM) == ["raised", "shelved", "upgraded", "unshelved"]
        assert desk.told == [f"{ALARM}.{n}" for n in (1, 2, 3, 4)]
        assert [why for _, _, why in desk.ended()] == ["rose to hh"]
        assert len(desk.in_force) == 0

    def test_raised_anew_at_a_worse_level_ends_it(self, desk: Desk) -> None:
        desk.policy = Policy()
        desk.take(event("raised", 0), shelve(1, 100), event("cleared", 5), event("raised", 40, "hh", raised_s=40))
        assert [why for _, _, why in desk.ended()] == ["raised anew at hh"]
        assert desk.names(LATER) == ["raised"]
        assert desk.told[-1] == f"{LATER}.1"
        assert desk.names(ALARM)[-1] == "unshelved"

    def test_shelved_anew_it_has_the_new_end(self, desk: Desk) -> None:
        desk.take(event("raised", 0), shelve(1, 100), shelve(2, 200, by="wang")).clock(T0 + 150_000)
        assert desk.records[ALARM].shelved_by == "wang"
        assert [o.until for o in desk.in_force.values()] == [T0 + 200_000]
        assert desk.records[ALARM].override == f"shelf-{ALARM}-3"
        assert desk.names(ALARM) == ["raised", "shelved", "shelved"]

    def test_a_shelf_whose_alarm_is_closed_is_ended_by_its_id(self, desk: Desk) -> None:
        desk.take(event("raised", 0), shelve(1, 100), event("cleared", 5), act("acknowledge", 6))
        desk.take(act("unshelve", 7), end(8, f"shelf-{ALARM}-2"))
        assert desk.refused == ["the alarm is closed"]
        desk.take(event("raised", 40, raised_s=40))
        assert desk.names(LATER) == ["raised"]

    def test_unshelved_by_hand(self, desk: Desk) -> None:
        desk.take(event("raised", 0), shelve(1, 100), act("unshelve", 5))
        assert [why for _, _, why in desk.ended()] == ["unshelved by li.wei"]
        assert desk.told == [f"{ALARM}.{n}" for n in (1, 2, 3)]


class TestRises:
    def test_a_wide_override_ends_for_the_alarm_alone(self, desk: Desk) -> None:
        desk.policy = Policy()
        other = alarm_id("gas", "P2", "high", T0)
        desk.take(put(1, scope="unit", subject="U1"), event("raised", 2), event("raised", 2, subject="P2"))
        desk.take(event("upgraded", 3, "hh"))
        assert desk.told == [f"{ALARM}.1", f"{ALARM}.2"]
        desk.take(event("downgraded", 4, "h"), act("acknowledge", 5))
        assert desk.records[ALARM].override is None
        assert desk.records[other].override == "ov-1"
        assert desk.told == [f"{ALARM}.{n}" for n in (1, 2, 3, 4)]

    def test_one_set_after_the_rise_covers_it(self, desk: Desk) -> None:
        desk.policy = Policy()
        desk.take(put(1), event("raised", 2), event("upgraded", 3, "hh"), put(4, override="ov-2"))
        assert desk.records[ALARM].override == "ov-2"

    def test_an_approved_calibration_goes_on(self, desk: Desk) -> None:
        desk.take(put(1, purpose="calibration", approved_by="li"), event("raised", 2), event("upgraded", 3, "hh"))
        assert desk.told == []
        assert desk.records[ALARM].override == "ov-1"


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"override": "Ov 1"}, "is no id of an override"),
        ({"override": ""}, "is no id of an override"),
        ({"kind": "hidden"}, "'hidden' is no kind, allowed are disabled, out_of_service"),
        ({"scope": "alarm"}, "'alarm' is no scope, allowed are rule, point"),
        ({"purpose": "holiday"}, "'holiday' is no purpose"),
        ({"by": " "}, "it is not said who sets it"),
        ({"why": ""}, "it needs a reason"),
        ({"purpose": ""}, "out of service needs a purpose"),
        ({"kind": "disabled"}, "disabling has no purpose"),
        ({"until_ms": None}, "out of service needs an end"),
        ({"until_ms": T0 + 1000}, "its end does not lie ahead"),
        ({"until_ms": T0 + 31 * 86_400_000}, "at most 30 days"),
        ({"subject": "P77"}, "there is no point 'P77' in the site"),
        ({"scope": "unit"}, "there is no unit 'E001-P0015' in the site"),
        ({"scope": "device", "subject": "D1"}, "several enterprises have it"),
        ({"scope": "rule", "subject": ""}, "the rule is missing"),
        ({"scope": "rule", "subject": "gsa"}, "there is no rule 'gsa' in force"),
        ({"rule": "gsa"}, "there is no rule 'gsa' in force"),
        ({"scope": "rule", "subject": "gas", "rule": "spark"}, "one of them"),
        ({"scope": "rule", "subject": "spark"}, "every level of rule spark is under never_suppress"),
        ({"rule": "spark"}, "every level of rule spark is under never_suppress"),
        ({"purpose": "test", "approved_by": "Wang "}, "approved by another person"),
        ({"purpose": "test", "approved_by": "li", "until_ms": T0 + 61 * MINUTE + 1}, "at most 60 minutes"),
    ],
)
def test_refused_with_the_reason_and_nothing_changed(desk: Desk, facts: dict[str, Any], reason: str) -> None:
    desk.take(event("raised", 0), put(1, **facts))
    (refused,) = desk.refused
    assert reason in refused
    assert not desk.effects
    assert len(desk.in_force) == 0


def test_what_is_there_already_and_what_is_not(desk: Desk) -> None:
    desk.take(put(1), put(2), end(3), end(4))
    assert desk.refused == ["there is an override 'ov-1' already", "there is no override 'ov-1' in force"]


def test_a_disabling_may_have_no_end(desk: Desk) -> None:
    desk.take(put(1, None, kind="disabled", purpose=""), event("raised", 2)).clock(T0 + 10**12)
    assert desk.refused == []
    assert desk.told == []
    assert [type(e) for e in desk.effects] == [OverrideBegan, Under]


def test_rules_that_come_into_force_later_are_heeded_at_once(desk: Desk) -> None:
    desk.policy = Policy(levels=POLICY.levels)
    desk.take(put(1), event("raised", 2, "hh"))
    assert desk.told == []
    desk.under(POLICY, T0 + 5000)
    assert desk.told == [f"{ALARM}.1"]
    assert desk.records[ALARM].override is None


def test_a_second_alarm_is_withheld_and_the_first_still_told_its_end(desk: Desk) -> None:
    """The same unit: one alarm raised before the override, one under it."""
    other = alarm_id("gas", "P2", "high", T0 + 2000)
    desk.take(event("raised", 0), put(1, 60, scope="unit", subject="U1"), event("raised", 2, subject="P2", raised_s=2))
    desk.take(event("cleared", 3, subject="P2", raised_s=2)).clock(T0 + 60_000)
    assert desk.told == [f"{ALARM}.1"]
    desk.take(act("acknowledge", 70, alarm=other))
    assert desk.told == [f"{ALARM}.1"]


@pytest.mark.parametrize("historical", [False, True])
def test_nor_are_late_alarms_held_or_suppressed_by_design(historical: bool) -> None:
    state = Suppression()
    raised = event("raised", 2, "on", severity="blue", historical=historical)
    state.take(raised, lambda _rule, _subject: (Above("down", "GW", 10_000, 0),), is_above=False)
    assert (raised.alarm in state.quiet) is not historical
