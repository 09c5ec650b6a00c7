"""forecast and deviation decide alike however readings are handed over, and after a restart anywhere."""

from collections.abc import Iterator, Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.random_cases import Case, cut_finer, random_site
from support.reference import Reference

from plant.batch import Batch
from plant.entries import Entry, Readings, Tick
from plant.registry import PointRegistry
from plant.site import Site
from rules.engine import Engine, dump_state, load_state, make_plan, reconfigure
from rules.events import AlarmEvent
from rules.schema import Rule

START_MS = 1_732_190_400_000


def trend_rules(rng: Random) -> tuple[Rule, ...]:
    levels = rng.choice([{"h": 8.0}, {"l": 1.0}, {"h": 8.0, "hh": 9.0}, {"ll": 0.0, "l": 1.0, "h": 8.0, "hh": 9.0}])
    if rng.random() < 0.4:
        levels = {level: rng.choice([None, value]) for level, value in levels.items()}
    forecast = levels | {
        "within_s": rng.choice([5, 20, 60]),
        "half_life_s": rng.choice([1, 4.5, 20]),
        "confidence": rng.choice([0.5, 2.0]),
        "min_readings": rng.choice([3, 5]),
    }
    deviation = {
        "k": rng.choice([1.0, 2.0]),
        "half_life_s": rng.choice([2, 30]),
        "min_count": rng.choice([2, 5]),
        "min_sd": rng.choice([0.0, 0.2]),
        "side": rng.choice(["both", "high", "low"]),
    }
    delays = {"on_delay_s": rng.choice([0, 0, 1]), "off_delay_s": rng.choice([0, 0, 2])}
    every = {"applies_to": {"kind": "*"}, "cells": rng.random() < 0.8}
    return (
        Rule.model_validate({"id": "f", "condition": {"forecast": forecast}, **every, **delays}),
        Rule.model_validate({"id": "d", "condition": {"deviation": deviation}, "severity": "blue", **every, **delays}),
    )


def trend_case(rng: Random, entries: int, points: int) -> Case:
    site = random_site(rng, points)
    registry = PointRegistry(site.points)
    log = tuple((entry, None) for entry in _walks(rng, site, registry, entries))
    return Case(site, trend_rules(rng), registry, log)


def _walks(rng: Random, site: Site, registry: PointRegistry, entries: int) -> Iterator[Entry]:
    now, last = START_MS, dict.fromkeys(site.points, START_MS)
    value, slope = dict.fromkeys(site.points, 4.0), dict.fromkeys(site.points, 0.0)
    for _ in range(entries):
        now += rng.choice([0, 500, 1000, 1000, 3000])
        rows = []
        for _ in range(rng.choice([0, 1, 3, 8, 20])):
            name = rng.choice(sorted(site.points))
            if rng.random() < 0.1:
                slope[name] = rng.choice([0.0, 0.3, 1.0, -0.3, -1.0])
            last[name] = max(last[name] + rng.choice([0, 250, 500]), now - 2000)
            value[name] = min(max(value[name] + slope[name] + rng.choice([0.0, 0.1, -0.1]), -0.4), 12.0)
            odd = rng.random() < 0.02
            shown = rng.choice([1e160, -1e160, 1e308, float("nan"), 4.0]) if odd else value[name]
            rows.append((registry.numbers[name], last[name], shown, 0))
        yield Readings(now, Batch.of(rows), "a") if rows else Tick(now)


def decided(case: Case, at_once: int = 1, restarts: frozenset[int] = frozenset()) -> list[str]:
    engine, events, waiting = Engine(make_plan(case.site, case.rules, case.registry)), [], []
    for i, (entry, _) in enumerate(case.log):
        waiting.append(entry)
        if len(waiting) >= at_once or i in restarts:
            events += engine.apply(waiting)
            waiting = []
        if i in restarts:
            engine = load_state(engine.plan, dump_state(engine))
    return as_text(events + engine.apply(waiting))


def as_text(events: Sequence[AlarmEvent]) -> list[str]:
    """Every field: values, limits and forecasts must agree to the last bit."""
    return sorted(map(repr, events))


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("narrow", [0, 24, 10**9])
def test_rounds_series_and_plain_numbers_decide_alike(seed: int, narrow: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rules.conditions.march.NARROW", narrow)
    monkeypatch.setattr("rules.engine.rounds.SERIES_ROWS", 50)
    case = trend_case(Random(seed), entries=60, points=6)
    assert decided(case, at_once=10**6) == decided(case)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 50), st.frozensets(st.integers(0, 40)))
def test_cuts_and_restarts_change_nothing(seed: int, at_once: int, restarts: frozenset[int]) -> None:
    case = trend_case(Random(seed), entries=40, points=3)
    whole = decided(case)
    assert decided(cut_finer(Random(seed), case)) == whole
    assert decided(case, at_once, restarts) == whole


@pytest.mark.parametrize("seed", range(40))
def test_engine_equals_the_reference_to_the_last_bit(seed: int) -> None:
    case = trend_case(Random(seed), entries=60, points=6)
    reference = Reference(case.site, case.rules, case.registry)
    theirs = [event for entry, _ in case.log for event in reference.apply(entry)]
    ours = Engine(make_plan(case.site, case.rules, case.registry)).apply([entry for entry, _ in case.log])
    assert facts(ours) == facts(theirs)


def facts(events: Sequence[AlarmEvent]) -> list[str]:
    return sorted(repr((e.alarm, e.event, e.at, e.level, e.severity, e.value, e.limit, e.forecast)) for e in events)


@pytest.mark.parametrize("seed", range(10))
def test_an_unchanged_rule_goes_on_when_others_come(seed: int) -> None:
    case = trend_case(Random(seed), entries=60, points=4)
    entries = [entry for entry, _ in case.log]
    engine = Engine(make_plan(case.site, case.rules, case.registry))
    events = engine.apply(entries[:30])
    first, more = case.rules[0].model_copy(update={"id": "a"}), case.rules
    assert engine.clock_ms is not None
    engine, ended = reconfigure(engine, make_plan(case.site, (first, *more), case.registry), engine.clock_ms)
    events += [event for event in ended + engine.apply(entries[30:]) if event.rule != "a"]
    assert as_text(events) == decided(case)


def test_the_random_cases_reach_what_they_should() -> None:
    events = "".join("".join(decided(trend_case(Random(seed), 60, 6))) for seed in range(30))
    for what in ("'raised'", "'cleared'", "rule='f'", "rule='d'", "forecast=Crossing("):
        assert events.count(what) > 20, what
    for what in ("'upgraded'", "'downgraded'", "side='low'"):
        assert events.count(what) > 0, what


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_forecast_is_that_of_a_weighted_least_squares_fit(seed: int) -> None:
    """Against numpy's own fit of all readings, weights and all."""
    rng = np.random.default_rng(seed)
    case = trend_case(Random(seed), entries=0, points=1)
    within, half_life = 3600.0, 20.0
    condition = {"forecast": {"h": 100.0, "within_s": within, "half_life_s": half_life, "min_readings": 5}}
    rule = Rule.model_validate({"id": "f", "applies_to": {"kind": "*"}, "condition": condition})
    engine = Engine(make_plan(case.site, [rule], case.registry))
    steps = rng.integers(200, 3000, 40)
    t = START_MS + np.cumsum(steps)
    y = 5 + (t - START_MS) / 1000 * 1.5 + rng.normal(0, 0.5, len(t))
    number = next(iter(case.registry.numbers.values()))
    raised = []
    for i, at in enumerate(t.tolist()):
        raised += engine.apply([Readings(at, Batch.of([(number, at, float(y[i]), 0)]), "a")])
        if raised:
            break
    [event] = raised
    x = (t[: i + 1] - t[i]) / 1000
    weight = np.exp2(x / half_life)
    slope, now = np.polyfit(x, y[: i + 1], 1, w=np.sqrt(weight))
    assert event.value == pytest.approx(max((100.0 - now) / slope, 0.0), rel=1e-6)
    residual = float((weight * (y[: i + 1] - now - slope * x) ** 2).sum())
    many = weight.sum() ** 2 / (weight**2).sum()
    spread = float((weight * (x - (weight * x).sum() / weight.sum()) ** 2).sum()) / weight.sum()
    error = np.sqrt(residual / weight.sum() * many / (many - 2) / (many * spread))
    assert event.forecast is not None
    assert event.forecast.at == pytest.approx(t[i] + 1000 * event.value, abs=1)
    assert event.forecast.from_ == pytest.approx(t[i] + 1000 * (100.0 - now) / (slope + 3 * error), abs=50)
    assert event.forecast.to == pytest.approx(t[i] + 1000 * (100.0 - now) / (slope - 3 * error), abs=2000)
