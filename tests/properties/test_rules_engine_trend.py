"""forecast and deviation in columns decide as the scalar reference does, and show what it shows."""

from collections import Counter
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.folding import Fold, decided, reference_events
from support.random_cases import TREND, Case, random_case
from support.strategies import cases

from rules.events import AlarmEvent, Crossing


def shown(events: Sequence[AlarmEvent]) -> Counter[tuple[object, ...]]:
    """Value, limit and forecast of all events that a reading has decided."""
    return Counter((e.alarm, e.event, e.at, e.value, e.limit, _of(e.forecast)) for e in events if not removed(e))


def removed(event: AlarmEvent) -> bool:
    return event.reason == "rule_removed"


def _of(crossing: Crossing | None) -> tuple[object, ...] | None:
    return None if crossing is None else (crossing.at, crossing.from_, crossing.to)


@pytest.mark.parametrize("seed", range(60))
def test_engine_equals_the_reference(seed: int) -> None:
    rng = Random(4000 + seed)
    case = random_case(rng, entries=150, points=4, rules=8, kinds=TREND)
    ours, theirs = Fold(case, at_once=rng.choice([1, 1, 3, 20, 1000])).events, reference_events(case)
    assert decided(ours) == decided(theirs)
    assert shown(ours) == shown(theirs)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("round_rows", [1, 10**9])
def test_rounds_and_series_decide_alike(seed: int, round_rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rules.engine.rounds.ROUND_ROWS", round_rows)
    monkeypatch.setattr("rules.engine.rounds.SERIES_ROWS", 20)
    monkeypatch.setattr("rules.engine.rounds.BLOCK_ROWS", 3)
    case = random_case(Random(5000 + seed), entries=100, points=6, rules=8, reconfigure=False, kinds=TREND)
    assert decided(Fold(case, at_once=10**6).events) == decided(reference_events(case))


@settings(max_examples=40, deadline=None)
@given(cases(kinds=TREND), st.integers(2, 50), st.frozensets(st.integers(0, 60)))
def test_neither_cuts_nor_restarts_change_anything(case: Case, at_once: int, restarts: frozenset[int]) -> None:
    whole = decided(reference_events(case))
    assert decided(Fold(case, at_once=at_once).events) == whole
    assert decided(Fold(case, restarts=restarts).events) == whole
