"""Votes, formulas and sequences in columns decide as the scalar reference does, whatever the cuts."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.folding import Fold, decided, reference_events
from support.random_cases import CONDITIONS, TREND, Case, cut_finer, random_case, shuffle_points
from support.strategies import cases

KINDS = (*CONDITIONS, *TREND, "limit", "limit", "discrete")


@pytest.mark.parametrize("seed", range(150))
def test_engine_equals_the_reference(seed: int) -> None:
    rng = Random(6000 + seed)
    case = random_case(rng, entries=120, points=6, rules=4, kinds=KINDS, several=4)
    assert decided(Fold(case, at_once=rng.choice([1, 1, 3, 20, 1000])).events) == decided(reference_events(case))


@settings(max_examples=40, deadline=None)
@given(cases(kinds=KINDS, several=3))
def test_engine_equals_the_reference_on_small_cases(case: Case) -> None:
    assert decided(Fold(case).events) == decided(reference_events(case))


@settings(max_examples=40, deadline=None)
@given(cases(kinds=KINDS, several=3), st.integers(0, 1000), st.integers(2, 50), st.frozensets(st.integers(0, 60)))
def test_neither_cuts_nor_restarts_change_anything(
    case: Case, seed: int, at_once: int, restarts: frozenset[int]
) -> None:
    whole = decided(reference_events(case))
    assert decided(Fold(cut_finer(Random(seed), case)).events) == whole
    assert decided(Fold(case, at_once=at_once).events) == whole
    assert decided(Fold(case, restarts=restarts).events) == whole


@pytest.mark.parametrize("seed", range(40))
def test_the_order_of_points_within_a_batch_is_free(seed: int) -> None:
    case = random_case(Random(7000 + seed), entries=80, points=6, rules=4, kinds=KINDS, several=4)
    shuffled = shuffle_points(Random(seed), case)
    assert decided(Fold(shuffled).events) == decided(Fold(case).events)
    assert decided(reference_events(shuffled)) == decided(reference_events(case))
