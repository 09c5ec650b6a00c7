"""`active` on rules over several points, on small logs worked out by hand; the engine must tell the same."""

from dataclasses import replace
from typing import Any

from support.reference_runs import T0, listening, point, readings, rule, site_of
from support.reference_schedule import ScheduledReference

from plant.entries import Entry
from plant.registry import PointRegistry
from plant.site import Point
from rules.engine import Engine, make_plan
from rules.events import AlarmEvent
from rules.schema import Rule

# T0 is 2024-11-21T12:00:00Z, a Thursday; the site is in UTC.
A, B, PERMIT = point("A"), point("B"), point("P", kind="permit.hot")
GAS = {"kind": "gas.*"}
HIGH = rule("high", {"limit": {"h": 10}}, applies_to=GAS)
WHILE = {"while": "permit == 1", "points": {"permit": "permit.hot"}}


def vote(**more: Any) -> Rule:
    return rule("vote", {"vote": {"n": 2, "rule": "high"}}, applies_to=GAS, **more)


def told(points: list[Point], rules: list[Rule], *rows: tuple[float, tuple[str, float, float | None]]) -> list[Any]:
    """(event, side, seconds after T0, whether a schedule ended it) of the last rule; rows are (received_s, reading)."""
    names = [p.point for p in points]
    log: list[Entry] = listening(*(readings(at, row, points=names) for at, row in rows))
    site, registry = site_of(*points), PointRegistry(names)
    reference = ScheduledReference(site, rules, registry)
    expected = [event for entry in log for event in reference.apply(entry)] + reference.close()
    engine = Engine(make_plan(site, rules, registry))
    events = engine.apply(log)
    assert sorted(map(key, events)) == sorted(map(key, expected))
    return [
        (e.event, e.side, (e.at - T0) / 1000, e.reason == "schedule ended") for e in events if e.rule == rules[-1].id
    ]


def key(event: AlarmEvent) -> tuple[Any, ...]:
    return event.at, event.alarm, event.event, event.severity


def test_a_vote_ends_with_its_shift() -> None:
    until = vote(active={"shift": {"from": "08:00", "to": "12:01"}}, off_delay_s=2)
    rows = [(t, (name, t, 15.0)) for t in range(50, 64) for name in "AB"]
    assert told([A, B], [HIGH, until], *rows) == [("raised", "", 50, False), ("cleared", "", 62, True)]


def test_a_vote_that_already_stands_is_raised_when_its_shift_begins() -> None:
    late = vote(active={"shift": {"from": "12:01", "to": "13:00"}})
    rows = [(t, (name, t, 15.0)) for t in range(55, 64) for name in "AB"]
    assert told([A, B], [HIGH, late], *rows) == [("raised", "", 60, False)]


def test_a_vote_counts_while_a_permit_is_open_as_of_before_the_instant() -> None:
    rows = [(t, (name, t, 15.0)) for t in range(9) for name in "AB"]
    permits = [(t, ("P", t, float(3 <= t < 6))) for t in range(9)]
    ordered = sorted(permits + rows, key=lambda row: row[0])
    # At 0 the permit is unknown, so the rule is active; it is closed from the instant after, and open from 4 to 6.
    assert told([A, B, PERMIT], [HIGH, vote(active=WHILE)], *ordered) == [
        ("raised", "", 0, False),
        ("cleared", "", 1, True),
        ("raised", "", 4, False),
        ("cleared", "", 7, True),
    ]


def test_degraded_is_told_at_any_time() -> None:
    never = vote(active={"shift": {"from": "01:00", "to": "02:00"}})
    rows = [(t, ("A", t, 0.0)) for t in range(6)]
    assert told([A, B], [HIGH, never], *rows) == [("raised", "degraded", 2, False)]


def test_a_sequence_that_turned_true_out_of_hours_waits_for_the_next() -> None:
    first, then = rule("first", {"limit": {"h": 1}}, applies_to={"points": ["A"]}), HIGH
    on_b = replace(B, kind="gas.toxic")
    then = rule("high", {"limit": {"h": 10}}, applies_to={"points": ["B"]})
    given = {"sequence": {"first": {"rule": "first"}, "then": {"rule": "high"}, "within_s": 60}}
    late = rule("seq", given, active={"shift": {"from": "12:01", "to": "13:00"}})
    rows = [(58.0, ("A", 58, 1.0)), (59.0, ("B", 59, 15.0)), (61.0, ("B", 61, 15.0)), (62.0, ("B", 62, 0.0))]
    assert told([A, on_b], [first, then, late], *rows, (63.0, ("B", 63, 15.0))) == [("raised", "", 63, False)]


def test_a_formula_that_names_no_point_of_the_site_is_unknown_and_bounds() -> None:
    entry = {"while": "permit == 1", "points": {"permit": "nowhere"}, "levels": {"h": 10}}
    tight = rule("gas", {"limit": {"h": 25}}, applies_to=GAS, when=[entry])
    assert told([A], [tight], (0, ("A", 0, 15.0))) == [("raised", "high", 0, False)]
