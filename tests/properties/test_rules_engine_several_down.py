"""Devices that say that they are dead, under rules over several points: engine and reference agree in any cut."""

from random import Random

import pytest
from support.folding import Fold, decided, reference_events
from support.random_cases import cut_finer, random_case


@pytest.mark.parametrize("seed", range(40))
def test_a_dead_device_is_unknown_however_the_log_is_cut(seed: int) -> None:
    rng = Random(8000 + seed)
    case = random_case(rng, entries=80, points=6, rules=4, several=4, dying=0.1)
    whole = decided(reference_events(case))
    restarts = frozenset(rng.sample(range(80), 20))
    assert decided(Fold(case, at_once=rng.choice([1, 7, 1000])).events) == whole
    assert decided(Fold(cut_finer(rng, case), at_once=rng.choice([1, 7])).events) == whole
    assert decided(Fold(case, restarts=restarts).events) == whole
