"""The vectorised engine decides as the scalar reference does, whatever the rules, the feed and the cuts."""

from collections import Counter
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.random_cases import Case, cut_finer, random_case
from support.reference import Reference
from support.strategies import cases

from plant.entries import Configuration, Entry
from rules.engine import Engine, dump_state, load_state, make_plan, reconfigure
from rules.events import AlarmEvent

COUNTERS = ("over_range", "under_range", "bad", "late", "duplicate", "ahead", "skewed")


def decided(events: Sequence[AlarmEvent]) -> Counter[tuple[object, ...]]:
    return Counter(
        (e.alarm, e.event, e.at, e.side, e.level, e.severity, e.historical, frozenset(e.pending)) for e in events
    )


class Fold:
    """Runs a case through the engine; `at_once` entries are handed over together, `restart_at` entries in between."""

    def __init__(self, case: Case, at_once: int = 1, restarts: frozenset[int] = frozenset()) -> None:
        self.engine = Engine(make_plan(case.site, case.rules, case.registry))
        self.events: list[AlarmEvent] = []
        waiting: list[Entry] = []
        for i, (entry, rules) in enumerate(case.log):
            waiting.append(entry)
            if len(waiting) < at_once and not isinstance(entry, Configuration) and i not in restarts:
                continue
            self.events += self.engine.apply(waiting)
            waiting = []
            if isinstance(entry, Configuration):
                plan = make_plan(case.site, rules or (), case.registry)
                self.engine, ended = reconfigure(self.engine, plan, entry.received_at_ms)
                self.events += ended
            if i in restarts:
                self.engine = load_state(self.engine.plan, dump_state(self.engine))
        self.events += self.engine.apply(waiting)


def reference_events(case: Case) -> list[AlarmEvent]:
    reference = Reference(case.site, case.rules, case.registry)
    return [event for entry, rules in case.log for event in reference.apply(entry, rules)]


@pytest.mark.parametrize("seed", range(150))
def test_engine_equals_the_reference(seed: int) -> None:
    rng = Random(seed)
    case = random_case(rng, entries=150, points=5, rules=8)
    assert decided(Fold(case, at_once=rng.choice([1, 1, 3, 20, 1000])).events) == decided(reference_events(case))


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("round_rows", [1, 10**9])
def test_rounds_and_series_decide_alike(seed: int, round_rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rules.engine.rounds.ROUND_ROWS", round_rows)
    monkeypatch.setattr("rules.engine.rounds.SERIES_ROWS", 20)
    monkeypatch.setattr("rules.engine.rounds.BLOCK_ROWS", 3)
    case = random_case(Random(2000 + seed), entries=100, points=6, rules=8, reconfigure=False)
    assert decided(Fold(case, at_once=10**6).events) == decided(reference_events(case))


@settings(max_examples=60, deadline=None)
@given(cases())
def test_engine_equals_the_reference_on_small_cases(case: Case) -> None:
    assert decided(Fold(case).events) == decided(reference_events(case))


@settings(max_examples=60, deadline=None)
@given(cases(), st.integers(0, 1000), st.integers(2, 50))
def test_cutting_finer_and_handing_over_together_change_nothing(case: Case, seed: int, at_once: int) -> None:
    whole = decided(Fold(case).events)
    assert decided(Fold(cut_finer(Random(seed), case)).events) == whole
    assert decided(Fold(case, at_once=at_once).events) == whole


@pytest.mark.parametrize("seed", range(40))
def test_events_are_the_same_to_the_last_field_however_entries_are_handed_over(seed: int) -> None:
    case = random_case(Random(3000 + seed), entries=100, points=5, rules=8)
    one_by_one, together = Fold(case).events, Fold(case, at_once=10**6).events
    assert sorted(map(repr, together)) == sorted(map(repr, one_by_one))


@settings(max_examples=60, deadline=None)
@given(cases(), st.frozensets(st.integers(0, 60)))
def test_restart_anywhere_changes_nothing(case: Case, restarts: frozenset[int]) -> None:
    assert decided(Fold(case, restarts=restarts).events) == decided(Fold(case).events)


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("at_once", [1, 10**6])
def test_counters_equal_the_reference(seed: int, at_once: int) -> None:
    case = random_case(Random(1000 + seed), entries=150, points=5, rules=2, reconfigure=False)
    reference = Reference(case.site, case.rules, case.registry)
    for entry, rules in case.log:
        reference.apply(entry, rules)
    engine = Fold(case, at_once).engine
    for point, number in case.registry.numbers.items():
        counted = {name: int(engine.points.counters[name][number]) for name in COUNTERS}
        assert counted == {name: reference.counters(point)[name] for name in COUNTERS}, point
