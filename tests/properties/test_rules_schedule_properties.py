"""Rules with schedules decide as the scalar reference does, however the log is cut, ordered or handed over."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.random_cases import Case, cut_finer, random_case
from support.random_several import changed_several, random_several
from support.reference_schedule import ScheduledReference

from plant.entries import Configuration, Entry, Readings
from plant.site import CalendarDay
from rules.engine import Engine, dump_state, load_state, make_plan, reconfigure
from rules.events import AlarmEvent
from rules.schema import Rule

# The logs begin on a Thursday at 20:00 in Shanghai and last some minutes.
SHIFTS = (
    {"from": "08:00", "to": "20:01"},
    {"from": "20:02", "to": "06:00", "days": ["thu"]},
    {"from": "20:01", "to": "20:03"},
    {"from": "00:00", "to": "20:02", "days": ["fri"]},
    [{"from": "19:00", "to": "20:01"}, {"from": "20:02", "to": "20:03"}],
    {"from": "20:01", "to": "20:01"},
)
FORMULAS = ("x >= 3", "not x >= 3", "x >= 3 and y < 6", "x / (y - 3) > 1", "true", "x == x")
CALENDARS = ({}, {}, {"2024-11-21": CalendarDay("2024-11-21", "holiday")})


def scheduled(rng: Random, rule: Rule) -> Rule:
    form: dict[str, Any] = rule.model_dump(by_alias=True, exclude_unset=True)
    active: dict[str, Any] = {}
    if rng.random() < 0.4:
        active["shift"] = rng.choice(SHIFTS)
    if rng.random() < 0.2:
        active["calendar"] = rng.choice(["workdays", "holidays"])
    vote = rule.condition.vote
    if rng.random() < 0.5 and rule.condition.kind != "stale" and (vote is None or vote.per == "unit"):
        active |= formula(rng)
    if active:
        form["active"] = active
        if len(rule.levels) > 1 and rng.random() < 0.4:
            form["never_suppress"] = [rng.choice(rule.levels)]
    if rule.condition.limit is not None and rng.random() < 0.7:
        named = rule.condition.limit.named
        choices = ({"ll": 0.0, "l": 2.0, "h": 3.0, "hh": 4.5}, {"ll": -0.5, "l": 0.2, "h": 7.0, "hh": 9.0})
        form["when"] = [
            formula(rng) | {"levels": {level: rng.choice(choices)[level] for level in named}}
            for _ in range(rng.choice([1, 1, 2]))
        ]
        form["when"] = [e for e in form["when"] if list(e["levels"].values()) == sorted(e["levels"].values())]
    return Rule.model_validate(form)


def formula(rng: Random) -> dict[str, Any]:
    point = f"P{rng.randrange(6)}"
    return {"while": rng.choice(FORMULAS), "points": {"x": point, "y": rng.choice([point, f"P{rng.randrange(6)}"])}}


def scheduled_case(
    rng: Random, entries: int, points: int, rules: int, reconfigure: bool = False, several: int = 0
) -> Case:
    """`several` is the most rules over several points that there can be."""
    case = random_case(rng, entries, points, rules, reconfigure=reconfigure)
    one_unit = {name: replace(p, unit="U1", enterprise="E1") for name, p in case.site.points.items()}
    site = replace(case.site, points=one_unit, calendar=rng.choice(CALENDARS))
    first = tuple(scheduled(rng, rule) for rule in case.rules)
    over = tuple(scheduled(rng, rule) for rule in random_several(rng, site, first, several))
    log: list[tuple[Entry, tuple[Rule, ...] | None]] = []
    now = over
    for entry, changed in case.log:
        if changed is not None:
            changed = tuple(scheduled(rng, rule) for rule in changed)
            new = changed_several(rng, site, changed, now, several)
            now = tuple(rule if rule in now else scheduled(rng, rule) for rule in new)
            changed += now
        log.append((entry, changed))
    return Case(site, first + over, case.registry, tuple(log))


def shuffled(rng: Random, case: Case) -> Case:
    """The same log, the points of each entry in another order, in entries of their own."""
    log: list[tuple[Entry, tuple[Rule, ...] | None]] = []
    for entry, rules in case.log:
        if not isinstance(entry, Readings) or not len(entry.batch):
            log.append((entry, rules))
            continue
        points = np.unique(entry.batch.point).tolist()
        rng.shuffle(points)
        log += [(replace(entry, batch=entry.batch.select(entry.batch.point == point)), None) for point in points]
    return replace(case, log=tuple(log))


def engine_events(case: Case, at_once: int = 1, restarts: frozenset[int] = frozenset()) -> list[AlarmEvent]:
    engine, events, waiting = Engine(make_plan(case.site, case.rules, case.registry)), [], []
    for i, (entry, rules) in enumerate(case.log):
        waiting.append(entry)
        if len(waiting) < at_once and not isinstance(entry, Configuration) and i not in restarts:
            continue
        events += engine.apply(waiting, more=True)
        waiting = []
        if isinstance(entry, Configuration):
            plan = make_plan(case.site, rules or (), case.registry)
            engine, ended = reconfigure(engine, plan, entry.received_at_ms)
            events += ended
        if i in restarts:
            engine = load_state(engine.plan, dump_state(engine))
    return events + engine.apply(waiting, more=True) + engine.close()


def reference_events(case: Case) -> list[AlarmEvent]:
    reference = ScheduledReference(case.site, case.rules, case.registry)
    return [event for entry, rules in case.log for event in reference.apply(entry, rules)] + reference.close()


def decided(events: Sequence[AlarmEvent]) -> Counter[tuple[object, ...]]:
    return Counter(
        (e.alarm, e.event, e.at, e.side, e.level, e.severity, e.historical, frozenset(e.pending)) for e in events
    )


@pytest.mark.parametrize("seed", range(30))
def test_engine_equals_the_reference(seed: int) -> None:
    rng = Random(seed)
    case = scheduled_case(rng, entries=150, points=6, rules=8)
    at_once = rng.choice([1, 1, 3, 20, 1000])
    assert decided(engine_events(case, at_once)) == decided(reference_events(case))


@pytest.mark.parametrize("seed", range(40))
def test_rules_over_several_points_do_as_well(seed: int) -> None:
    rng = Random(500 + seed)
    case = scheduled_case(rng, entries=120, points=5, rules=3, several=4)
    at_once = rng.choice([1, 1, 3, 20, 1000])
    assert decided(engine_events(case, at_once)) == decided(reference_events(case))


@settings(max_examples=50, deadline=None)
@given(st.randoms(use_true_random=False))
def test_engine_equals_the_reference_on_small_cases(rng: Random) -> None:
    case = scheduled_case(rng, entries=40, points=3, rules=3, several=rng.choice([0, 3]))
    assert decided(engine_events(case)) == decided(reference_events(case))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 50), st.frozensets(st.integers(0, 60)))
def test_cuts_order_within_an_instant_and_restarts_change_nothing(
    seed: int, at_once: int, restarts: frozenset[int]
) -> None:
    case = scheduled_case(Random(seed), entries=60, points=5, rules=6, reconfigure=True, several=3)
    whole = decided(engine_events(case))
    assert decided(engine_events(case, at_once, restarts)) == whole
    assert decided(engine_events(cut_finer(Random(seed), case), at_once)) == whole
    assert decided(engine_events(shuffled(Random(seed), case), at_once)) == whole


@pytest.mark.parametrize("seed", range(12))
def test_events_are_the_same_to_the_last_field(seed: int) -> None:
    case = scheduled_case(Random(seed), entries=100, points=6, rules=8)
    assert sorted(map(repr, engine_events(case, 10**6))) == sorted(map(repr, engine_events(case)))


def test_the_random_cases_reach_what_they_should() -> None:
    ended, without, limits = 0, 0, set()
    for seed in range(40):
        case = scheduled_case(Random(seed), entries=150, points=6, rules=8)
        events = engine_events(case, 1000)
        ended += sum(event.reason == "schedule ended" for event in events)
        bare = tuple(rule.model_copy(update={"active": None, "when": ()}) for rule in case.rules)
        without += decided(engine_events(replace(case, rules=bare), 1000)) != decided(events)
        limits |= {event.limit for event in events}
    several = [scheduled_case(Random(900 + seed), entries=150, points=5, rules=3, several=4) for seed in range(40)]
    assert sum(e.reason == "schedule ended" and e.rule[0] == "s" for c in several for e in engine_events(c, 1000)) > 10
    assert ended > 10
    assert without > 10
    assert {3.0, 7.0} <= limits


def test_a_site_without_schedules_looks_at_nothing() -> None:
    case = random_case(Random(1), 5)
    assert Engine(make_plan(case.site, case.rules, case.registry)).groups.surroundings is None
