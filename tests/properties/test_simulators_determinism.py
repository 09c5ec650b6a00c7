"""The same readings, however they are asked for."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.simulated import SMALL_SITE, joined, point, site_of

from plant.site import Site
from simulators import Scenario, Simulation, simulate_to_feed

SCENARIO = Scenario.model_validate(
    {
        "name": "mixed",
        "duration_s": 90,
        "incidents": [
            {"kind": "leak", "unit": "U", "at_s": 10, "for_s": 20, "magnitude": 60, "every_s": 40},
            {"kind": "overfill", "point": "level", "at_s": 5, "for_s": 40, "magnitude": "105 % of h"},
            {"kind": "ember", "unit": "U", "at_s": 20, "for_s": 9, "magnitude": 120, "rise_s": 5},
            {"kind": "bag_blinding", "point": "dp", "at_s": 3, "for_s": 60, "magnitude": 2000},
            {"kind": "stuck", "point": "gas", "at_s": 15, "for_s": 12},
            {"kind": "dropout", "pick": {"kind": "dust.*", "nth": 3}, "at_s": 18, "for_s": 6},
            {"kind": "over_range", "point": "o2", "at_s": 50, "for_s": 5},
        ],
    }
)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**63), chunk_s=st.floats(0.05, 100.0))
def test_cutting_time_otherwise_changes_nothing(seed: int, chunk_s: float) -> None:
    simulation = Simulation(SMALL_SITE, SCENARIO, seed)
    assert joined(list(simulation.batches(chunk_s))) == simulation.between(0, SCENARIO.duration_ms)


@settings(max_examples=25, deadline=None)
@given(from_ms=st.integers(0, 89_000), length_ms=st.integers(1, 30_000))
def test_any_span_can_be_asked_for(from_ms: int, length_ms: int) -> None:
    simulation = Simulation(SMALL_SITE, SCENARIO)
    whole = simulation.between(0, SCENARIO.duration_ms)
    to_ms = min(from_ms + length_ms, SCENARIO.duration_ms)
    at_ms = whole.measured_at_ms - SCENARIO.start_ms
    assert simulation.between(from_ms, to_ms) == whole.select((at_ms >= from_ms) & (at_ms < to_ms))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_another_point_changes_no_other(seed: int) -> None:
    more = site_of([*SMALL_SITE.points.values(), point("new", "gas.toxic.h2s", 0, 100)])
    scenario = SCENARIO.model_copy(update={"incidents": ()})
    before = Simulation(SMALL_SITE, scenario, seed).between(0, 60_000)
    after = Simulation(more, scenario, seed).between(0, 60_000)
    assert after.select(after.point < len(SMALL_SITE.points)) == before


def test_readings_come_in_order_of_time_and_once_a_period() -> None:
    batch = Simulation(SMALL_SITE, SCENARIO.model_copy(update={"incidents": ()})).between(0, 90_000)
    assert (np.diff(batch.measured_at_ms) >= 0).all()
    for number, p in enumerate(SMALL_SITE.points.values()):
        if p.report == "periodic":
            times = batch.measured_at_ms[batch.point == number]
            assert (np.diff(times) == p.period_s * 1000).all()
            assert len(times) == pytest.approx(90 / p.period_s, abs=1)


def test_a_point_that_reports_on_change_repeats_no_value_but_for_its_heartbeat() -> None:
    batch = Simulation(SMALL_SITE, SCENARIO.model_copy(update={"incidents": (), "duration_s": 700})).between(0, 700_000)
    spark = list(SMALL_SITE.points).index("spark")
    assert (batch.point == spark).sum() == 3  # at the start, after 300 s and after 600 s


def test_points_of_one_device_report_together() -> None:
    site = site_of([point(f"p{i}", "gas.combustible", 0, 100, device="D") for i in range(3)])
    batch = Simulation(site, SCENARIO.model_copy(update={"incidents": ()})).between(0, 5000)
    assert len(set(batch.measured_at_ms.tolist())) == 5


def bytes_of(site: Site, seed: int, out: Path) -> tuple[bytes, bytes]:
    simulate_to_feed(site, SCENARIO, seed, out)
    return out.read_bytes(), out.with_name(out.name + ".truth.jsonl").read_bytes()


@pytest.mark.parametrize("name", ["feed.csv", "feed.csv.gz"])
def test_a_feed_is_the_same_to_the_byte_for_one_seed(tmp_path: Path, name: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = (bytes_of(SMALL_SITE, 5, tmp_path / folder / name) for folder in ("a", "b"))
    assert first == second
    assert bytes_of(SMALL_SITE, 6, tmp_path / name)[0] != first[0]


def test_a_feed_stays_what_it_was(tmp_path: Path) -> None:
    """The first rows of a known feed: a change of the formulas changes recorded feeds, and must be meant."""
    feed, _ = bytes_of(SMALL_SITE, 1, tmp_path / "feed.csv")
    assert feed.decode().splitlines()[:5] == FIRST_ROWS


FIRST_ROWS = [
    "point,measured_at,value,quality",
    "speed,1735660800251,19.48,good",
    "gas,1735660800359,0.8,good",
    "o2,1735660800359,20.9,good",
    "temperature,1735660800359,17.8,good",
]


def test_an_empty_site_gives_an_empty_feed(tmp_path: Path) -> None:
    assert simulate_to_feed(site_of([]), SCENARIO.model_copy(update={"incidents": ()}), None, tmp_path / "f.csv") == 0
