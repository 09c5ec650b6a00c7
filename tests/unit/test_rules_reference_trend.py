"""The reference for conditions on a trend: by hand where the numbers are whole, else against the formulas in full."""

import math
from random import Random

import numpy as np
import pytest
from support.reference_runs import Run, point, rule
from support.reference_trend import Deviation, Forecast

A = point("A")


def forecast(levels: dict[str, float], **more: float) -> dict[str, object]:
    return {"forecast": {**levels, "within_s": 10.5, "half_life_s": 5, "min_readings": 3, "confidence": 3} | more}


def deviation(**more: object) -> dict[str, object]:
    return {"deviation": {"k": 2, "half_life_s": 10, "min_count": 3, "min_sd": 0.5} | more}


def test_a_straight_line_is_foreseen_ten_seconds_ahead() -> None:
    run = Run([A], rule("f", forecast({"h": 20}), severity="orange"))
    for t in range(25):
        run.at(t, ("A", t, float(t) if t < 13 else 12.0))
    events = run.events("f")
    # 1 a second from 0: at 10 the line is at 20 in 10 s. Then it levels off, and the crossing moves away.
    assert [(e.event, e.level, e.limit) for e in events] == [("raised", "h", 20), ("cleared", "h", 20)]
    assert events[0].value == pytest.approx(10, abs=1e-6)
    assert events[0].at == run.log[10].received_at_ms


def test_a_line_without_slope_foresees_nothing_and_a_falling_one_the_low_levels() -> None:
    run = Run([A], rule("f", forecast({"h": 20, "l": 5, "ll": 2}), severity="red"))
    for t in range(12):
        run.at(t, ("A", t, 15.0 if t < 6 else 15.0 - (t - 5)))
    assert {(e.event, e.side) for e in run.events("f")} == {("raised", "low")}


@pytest.mark.parametrize("seed", range(5))
def test_the_sums_are_those_of_the_weighted_least_squares_line(seed: int) -> None:
    rng = Random(seed)
    condition = Forecast(rule("f", forecast({"h": 20.0, "l": 1.0}, half_life_s=7)), A)
    times, values, t = [], [], 1_732_190_400_000
    was = {"l": False, "h": False}
    for _ in range(40):
        t += rng.choice([500, 1000, 3000])
        times.append(t)
        values.append(rng.uniform(5, 15))
        was = condition.raw(t, values[-1], was)
    x = (np.array(times) - t) / 1000
    w = 2.0 ** (x / 7)
    y = np.array(values)
    (b, a), _ = np.polyfit(x, y, 1, w=np.sqrt(w), cov="unscaled")
    n = w.sum() ** 2 / (w**2).sum()
    residual = (w * (y - a - b * x) ** 2).sum() / w.sum() * n / (n - 2)
    spread = (w * (x - (w * x).sum() / w.sum()) ** 2).sum() / w.sum()
    error = math.sqrt(residual / (n * spread))
    assert condition.line is not None
    assert condition.line == pytest.approx((b, a - 1.0, error), rel=1e-9)


def test_a_forecast_is_not_made_of_few_readings_or_of_one_time() -> None:
    few = Run([A], rule("f", forecast({"h": 20}, min_readings=12), severity="red"))
    for t in range(11):
        few.at(t, ("A", t, float(t + 8)))
    assert few.told("f") == []
    at_once = Run([A], rule("f", forecast({"h": 20}), severity="red")).at(0, *(("A", 0, float(v)) for v in range(19)))
    assert at_once.told("f") == []


def test_hh_is_foreseen_after_h() -> None:
    run = Run([A], rule("f", forecast({"h": 20, "hh": 24})))
    for t in range(16):
        run.at(t, ("A", t, float(t)))
    assert [(e.event, e.level, round((e.at - run.log[0].received_at_ms) / 1000)) for e in run.events("f")] == [
        ("raised", "h", 10),
        ("upgraded", "hh", 14),
    ]


def test_more_than_two_standard_deviations_with_the_least_one_given() -> None:
    # The mean is 5, the deviation 0: 0.5 counts. 6 is not more than 2 x 0.5 off, 6.1 is; it leaves the mean as it was.
    run = Run([A], rule("d", deviation()))
    for t, value in enumerate([5, 5, 5, 6.1, 5, 3.9, 3.9, 5]):
        run.at(t, ("A", t, value))
    assert [told[0::3] for told in run.told("d")] == [("raised", 3), ("cleared", 4), ("raised", 5), ("cleared", 7)]


def test_nothing_is_deviant_before_the_least_count() -> None:
    run = Run([A], rule("d", deviation(min_count=4)))
    for t, value in enumerate([5, 5, 9, 5]):
        run.at(t, ("A", t, value))
    assert run.told("d") == []


def test_one_side_alone() -> None:
    run = Run([A], rule("up", deviation(side="high")), rule("down", deviation(side="low")))
    for t, value in enumerate([5, 5, 5, 9, 5, 1]):
        run.at(t, ("A", t, value))
    assert [(e.rule, e.event) for e in run.events("up", "down")] == [
        ("up", "raised"),
        ("up", "cleared"),
        ("down", "raised"),
    ]


@pytest.mark.parametrize("seed", range(5))
def test_mean_and_variance_are_the_weighted_ones(seed: int) -> None:
    rng = Random(seed)
    condition = Deviation(rule("d", deviation(min_count=1000)), A)
    times, values, t = [], [], 1_732_190_400_000
    for _ in range(30):
        t += rng.choice([0, 500, 1000, 3000])
        times.append(t)
        values.append(rng.uniform(5, 15))
        condition.raw(t, values[-1], {"on": False})
    w = 2.0 ** ((np.array(times) - t) / 10_000)
    mean = np.average(values, weights=w)
    assert condition.m == pytest.approx(mean, rel=1e-12)
    assert pytest.approx(np.average((values - mean) ** 2, weights=w), rel=1e-9) == condition.M / condition.W
