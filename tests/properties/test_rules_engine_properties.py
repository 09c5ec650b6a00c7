"""The vectorised engine decides as the scalar reference does, whatever the rules, the feed and the cuts."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.folding import Fold, decided, reference_events
from support.random_cases import Case, cut_finer, random_case
from support.reference import Reference
from support.strategies import cases

COUNTERS = ("over_range", "under_range", "bad", "late", "duplicate", "ahead", "skewed")


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
