"""Instrument conditions in columns decide as the scalar reference does; they never change a process alarm."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.folding import Fold, decided, reference_events
from support.random_cases import CONDITIONS, DEVICE, Case, cut_finer, random_case, random_rule

from plant.entries import Readings
from plant.quality import OLDEST_TIME_MS
from plant.site import Device
from rules.events import AlarmEvent
from rules.schema import Rule

MIDNIGHT_ZONE = "Pacific/Fiji"
"""The cases begin at midnight there."""


def device_case(
    seed: int, *, entries: int = 120, kinds: Sequence[str] = DEVICE, reconfigure: bool = True, dying: float = 0.05
) -> Case:
    """Instrument rules; points of few kinds in one unit, some to be calibrated on a day that begins meanwhile."""
    rng = Random(seed)
    case = random_case(rng, entries, points=6, rules=8, reconfigure=reconfigure, kinds=kinds, dying=dying)
    points = {
        name: replace(
            point,
            unit="U1",
            enterprise="E1",
            kind=rng.choice(["gas.combustible", "gas.combustible", "tank.level"]),
            calibration_due=rng.choice([None, "2024-11-22", "2024-11-22", "2024-11-21", "2024-12-22"]),
        )
        for name, point in case.site.points.items()
    }
    return earlier(replace(case, site=replace(case.site, timezone=MIDNIGHT_ZONE, points=points)), 60_000)


def earlier(case: Case, by_ms: int) -> Case:
    log = []
    for entry, rules in case.log:
        entry = replace(entry, received_at_ms=entry.received_at_ms - by_ms)
        if isinstance(entry, Readings):
            t = entry.batch.measured_at_ms
            entry = replace(entry, batch=replace(entry.batch, measured_at_ms=t - by_ms * (t >= OLDEST_TIME_MS)))
        log.append((entry, rules))
    return replace(case, log=tuple(log))


def shown(events: Sequence[AlarmEvent]) -> list[tuple[object, ...]]:
    return sorted((e.alarm, e.event, e.at, e.received_at) for e in events)


@pytest.mark.parametrize("seed", range(60))
def test_engine_equals_the_reference(seed: int) -> None:
    case = device_case(7000 + seed)
    ours, theirs = Fold(case, Random(seed).choice([1, 1, 3, 20, 1000])).events, reference_events(case)
    assert decided(ours) == decided(theirs)
    assert shown(ours) == shown(theirs)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("round_rows", [1, 10**9])
def test_rounds_and_series_decide_alike(seed: int, round_rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rules.engine.rounds.ROUND_ROWS", round_rows)
    monkeypatch.setattr("rules.engine.rounds.SERIES_ROWS", 20)
    monkeypatch.setattr("rules.engine.rounds.BLOCK_ROWS", 3)
    case = device_case(8000 + seed, reconfigure=False)
    assert decided(Fold(case, at_once=10**6).events) == decided(reference_events(case))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 50), st.frozensets(st.integers(0, 60)))
def test_neither_cuts_nor_restarts_change_anything(seed: int, at_once: int, restarts: frozenset[int]) -> None:
    case = device_case(seed, entries=60)
    whole = decided(reference_events(case))
    assert decided(Fold(case, at_once).events) == whole
    assert decided(Fold(case, restarts=restarts).events) == whole
    assert decided(Fold(cut_finer(Random(seed), case), at_once).events) == whole


@pytest.mark.parametrize("seed", range(20))
def test_rules_over_several_points_look_at_instruments_too(seed: int) -> None:
    rng = Random(9000 + seed)
    case = random_case(rng, 100, points=5, rules=6, kinds=(*DEVICE, "limit", "stale"), several=4, dying=0.05)
    theirs = decided(reference_events(case))
    assert decided(Fold(case, rng.choice([1, 3, 1000])).events) == theirs
    assert decided(Fold(case, restarts=frozenset(range(0, 100, 7))).events) == theirs


def gateway_case(seed: int) -> Case:
    """Devices behind two gateways, which go down; votes and formulas beside them."""
    rng = Random(seed)
    case = random_case(rng, 120, points=6, rules=4, kinds=("limit", "stale"), several=2, reconfigure=False, dying=0.15)
    devices = {
        f"{unit}-{name}": Device(f"{unit}-{name}", f"E{unit[1]}", name, gateway and f"{unit}-{gateway}")
        for unit in ("U1", "U2")
        for name, gateway in (("D1", rng.choice(["G", "D2"])), ("D2", None), ("G", None))
    }
    form = {"applies_to": {"kind": "*"}, "condition": {"gateway_down": {}}, "severity": "yellow"}
    rules = [Rule.model_validate({"id": f"gateway{i}", "on_delay_s": delay} | form) for i, delay in enumerate((0, 2))]
    return replace(case, site=replace(case.site, devices=devices), rules=(*case.rules, *rules))


@pytest.mark.parametrize("seed", range(30))
def test_gateways_go_down_as_in_the_reference(seed: int) -> None:
    case = gateway_case(9500 + seed)
    theirs = decided(reference_events(case))
    assert decided(Fold(case, Random(seed).choice([1, 3, 1000])).events) == theirs
    assert decided(Fold(case, restarts=frozenset(range(0, 120, 7))).events) == theirs


def test_the_random_gateways_go_down_and_come_back() -> None:
    told = [e.event for seed in range(30) for e in Fold(gateway_case(9500 + seed)).events if e.rule == "gateway0"]
    assert told.count("raised") > 20
    assert told.count("cleared") > 10


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 50))
def test_instrument_rules_change_no_process_alarm(seed: int, at_once: int) -> None:
    process = random_case(Random(seed), entries=60, points=5, rules=5, kinds=CONDITIONS, dying=0.05)
    rng = Random(seed)
    more = tuple(random_rule(rng, process.site, f"device{i}", kinds=DEVICE) for i in range(6))
    log = tuple((e, r if r is None else (*r, *more)) for e, r in process.log)
    both = Fold(replace(process, rules=(*process.rules, *more), log=log), at_once).events
    assert decided([e for e in both if not e.rule.startswith("device")]) == decided(Fold(process, at_once).events)


def test_the_random_cases_reach_what_they_should() -> None:
    raised: dict[str, int] = dict.fromkeys(DEVICE, 0)
    cleared: dict[str, int] = dict.fromkeys(DEVICE, 0)
    for seed in range(60):
        case = device_case(7000 + seed, reconfigure=False)
        kinds = {rule.id: rule.condition.kind for rule in case.rules}
        for event in Fold(case, 1000).events:
            counted = raised if event.event == "raised" else cleared
            counted[kinds[event.rule]] += 1
    assert min(raised.values()) > 10
    assert min(count for kind, count in cleared.items() if kind != "calibration") > 5
