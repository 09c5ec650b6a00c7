"""What follows when a device says that it went down."""

from typing import Any

import pytest
from support.reference_runs import T0, listening, point, readings, rule, site_of

from plant.entries import DeviceDown, Entry, Tick
from plant.registry import PointRegistry
from rules.engine import Engine, make_plan
from rules.events import AlarmEvent
from rules.schema import Rule

NAMES = ["P1", "P2"]


def events_of(rules: list[Rule], *log: Entry, **more: Any) -> list[AlarmEvent]:
    site = site_of(*(point(name, **more) for name in NAMES))
    return Engine(make_plan(site, rules, PointRegistry(NAMES))).apply(listening(*log))


def told(events: list[AlarmEvent]) -> list[tuple[str, str, str, float, str]]:
    return [(e.event, e.rule, e.subject, (e.at - T0) / 1000, e.reason) for e in events]


def down(s: float, *points: int) -> DeviceDown:
    return DeviceDown(T0 + round(s * 1000), points, "broker")


def test_its_points_are_stale_at_once_and_until_the_next_reading() -> None:
    rules = [rule("any", {"stale": {"after_s": 60}}), rule("usable", {"stale": {"after_s": 60, "of": "usable"}})]
    log = (
        readings(0, ("P1", 0, 1), ("P2", 0, 1), points=NAMES),
        down(1.5, 0, 7),
        readings(3, ("P1", 3, None), points=NAMES),
        readings(4, ("P1", 4, 1), points=NAMES),
    )
    said = "device said it went down"
    assert told(events_of(rules, *log)) == [
        ("raised", "any", "P1", 1.5, said),
        ("raised", "usable", "P1", 1.5, said),
        ("cleared", "any", "P1", 3, "heard again"),
        ("cleared", "usable", "P1", 4, "heard again"),
    ]


def test_what_is_stale_already_stays_as_it_is() -> None:
    rules = [rule("any", {"stale": {"after_s": 2}})]
    log = (readings(0, ("P1", 0, 1), points=NAMES[:1]), down(5, 0, 0), down(6, 0), Tick(T0 + 9000))
    assert [e for e in told(events_of(rules, *log)) if e[2] == "P1"] == [
        ("raised", "any", "P1", 2, "no reading for 2 s"),
    ]


def test_a_detector_that_dies_above_its_limit_is_no_blue_alarm() -> None:
    rules = [
        rule("gas", {"limit": {"h": 25}}, severity={"h": "orange"}),
        rule("any", {"stale": {"after_s": 60}}, severity="blue"),
    ]
    events = events_of(rules, readings(0, ("P1", 0, 30), points=NAMES), down(1, 0))
    assert [(e.rule, e.severity, e.pending) for e in events] == [("gas", "orange", ()), ("any", "orange", ("gas:h",))]


def test_a_rule_that_is_not_active_waits_for_its_hours_as_with_any_silence() -> None:
    rules = [rule("any", {"stale": {"after_s": 2}}, active={"shift": {"from": "12:01", "to": "13:00"}})]
    events = events_of(rules, readings(0, ("P1", 0, 1), points=NAMES[:1]), down(1, 0), Tick(T0 + 61_000))
    assert [e for e in told(events) if e[2] == "P1"] == [("raised", "any", "P1", 60, "no reading for 2 s")]


@pytest.mark.parametrize(("when", "expected"), [(None, []), (3.0, ["P2"])])
def test_to_formulas_it_is_unknown_from_the_next_instant_on(when: float | None, expected: list[str]) -> None:
    """`while` that can't be known must not hide an alarm."""
    gated = rule(
        "gas",
        {"limit": {"h": 25}},
        applies_to={"points": ["P2"]},
        active={"while": "x == 1", "points": {"x": "P1"}},
    )
    death = () if when is None else (down(when, 0),)
    log = (readings(0, ("P1", 0, 0), points=NAMES), *death, readings(4, ("P2", 4, 60), points=NAMES))
    assert [e.subject for e in events_of([gated], *log, period_s=60.0)] == expected
