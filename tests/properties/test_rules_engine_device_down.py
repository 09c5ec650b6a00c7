"""What a device says of its own death decides alike in the engine and in the scalar reference, however it is cut."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.folding import Fold, decided, reference_events
from support.random_cases import Case, cut_finer, random_case

from rules.conditions.stale import DEVICE_DOWN

KINDS = ("stale", "stale", "limit", "frozen", "range")


def dying_case(seed: int, *, entries: int = 120, kinds: Sequence[str] = KINDS, reconfigure: bool = True) -> Case:
    return random_case(Random(seed), entries, points=5, rules=8, reconfigure=reconfigure, kinds=kinds, dying=0.15)


@pytest.mark.parametrize("seed", range(40))
def test_engine_equals_the_reference(seed: int) -> None:
    case = dying_case(6000 + seed)
    at_once = Random(seed).choice([1, 1, 3, 20, 1000])
    assert decided(Fold(case, at_once).events) == decided(reference_events(case))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 50), st.frozensets(st.integers(0, 60)))
def test_neither_cuts_nor_restarts_change_anything(seed: int, at_once: int, restarts: frozenset[int]) -> None:
    case = dying_case(seed, entries=60)
    whole = decided(reference_events(case))
    assert decided(Fold(case, at_once).events) == whole
    assert decided(Fold(case, restarts=restarts).events) == whole
    assert decided(Fold(cut_finer(Random(seed), case), at_once).events) == whole


def test_the_random_cases_reach_what_they_should() -> None:
    events = [event for seed in range(20) for event in Fold(dying_case(6000 + seed)).events]
    said = [event for event in events if event.reason == DEVICE_DOWN]
    assert len(said) > 20
    assert any(event.pending for event in said)
