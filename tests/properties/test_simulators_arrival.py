"""Links and clocks at fault: the same feed however it is cut, and nothing lost that is not meant to be."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.simulated import SMALL_SITE

from ingest.feed import Feed, read_feed, write_feed
from ingest.feed.feed import join_feeds
from plant.batch import Batch
from simulators import Scenario, Simulation, open_scenario, simulate_to_feed

SCENARIO = Scenario.model_validate(
    {
        "name": "links",
        "duration_s": 120,
        "incidents": [{"kind": "leak", "point": "gas", "at_s": 10, "for_s": 60, "magnitude": {"from": 40, "to": 80}}],
        "faults": [
            {"kind": "clock_skew", "point": "gas", "at_s": 20, "for_s": 50, "magnitude": -600},
            {"kind": "duplicate", "point": "gas-2", "at_s": 10, "for_s": 90, "share": 0.5},
            {"kind": "out_of_order", "point": "o2", "at_s": 10, "for_s": 90, "magnitude": 7, "share": 0.4},
            {"kind": "link", "point": "dp", "at_s": 5, "for_s": 110, "rise_s": 9, "share": 0.6, "keeps": True},
            {"kind": "link", "point": "inlet", "at_s": 5, "for_s": 110, "rise_s": 9, "share": 0.6},
        ],
    }
)


def columns(feed: Feed) -> list[list[float]]:
    assert feed.received_at_ms is not None
    return [c.tolist() for c in (feed.point, feed.measured_at_ms, feed.value, feed.received_at_ms)]


def whole(simulation: Simulation, chunk_s: float | None = None) -> Feed:
    return join_feeds(simulation.feeds(chunk_s), received=True)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**63), chunk_s=st.floats(0.3, 200.0))
def test_cutting_time_otherwise_changes_nothing(seed: int, chunk_s: float) -> None:
    simulation = Simulation(SMALL_SITE, SCENARIO, seed)
    assert columns(whole(simulation, chunk_s)) == columns(whole(simulation))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_readings_come_after_they_were_measured_and_in_order_of_arrival(seed: int) -> None:
    simulation = Simulation(SMALL_SITE, SCENARIO, seed)
    feed = whole(simulation)
    assert feed.received_at_ms is not None
    assert (np.diff(feed.received_at_ms) >= 0).all()
    assert (feed.received_at_ms > feed.measured_at_ms).all()
    sent = simulation.between(0, SCENARIO.duration_ms)
    for name in ("o2", "dp"):  # late, but all of it
        own = simulation.registry.number_of(name)
        assert sorted(feed.measured_at_ms[feed.point == own]) == sent.measured_at_ms[sent.point == own].tolist()
    twice = simulation.registry.number_of("gas-2")
    times = feed.measured_at_ms[feed.point == twice]
    assert set(times.tolist()) == set(sent.measured_at_ms[sent.point == twice].tolist())
    assert len(times) > len(set(times.tolist()))
    late = feed.received_at_ms - feed.measured_at_ms
    assert late[feed.point == simulation.registry.number_of("dp")].max() > 5_000
    assert np.diff(feed.measured_at_ms[feed.point == simulation.registry.number_of("o2")]).min() < 0
    skewed = simulation.registry.number_of("gas")
    assert late[feed.point == skewed].max() > 600_000


@pytest.mark.parametrize("name", ["bad-links", "catalytic-blind", "tank-fire-exposure", "dust-cleaning-failure"])
def test_a_feed_is_the_same_to_the_byte_in_any_chunks(tmp_path: Path, name: str) -> None:
    site, scenario = open_scenario(name)
    simulate_to_feed(site, scenario, 3, tmp_path / "usual.csv")
    simulation = Simulation(site, scenario, 3)
    write_feed(tmp_path / "other.csv", simulation.feeds(chunk_s=17.3), simulation.registry)
    assert (tmp_path / "usual.csv").read_bytes() == (tmp_path / "other.csv").read_bytes()
    found = read_feed(tmp_path / "usual.csv", simulation.registry)
    assert simulation.has_arrivals is (name == "bad-links")
    assert (found.received_at_ms is not None) is simulation.has_arrivals


@settings(max_examples=15, deadline=None)
@given(from_ms=st.integers(0, 5_300_000), length_ms=st.integers(1, 90_000))
def test_any_span_of_a_release_can_be_asked_for(from_ms: int, length_ms: int) -> None:
    whole, start_ms = _plume(), _PLUME.scenario.start_ms
    at_ms = whole.measured_at_ms - start_ms
    to_ms = min(from_ms + length_ms, _PLUME.scenario.duration_ms)
    assert _PLUME.between(from_ms, to_ms) == whole.select((at_ms >= from_ms) & (at_ms < to_ms))


_PLUME = Simulation(*open_scenario("tank-farm-plume"))


@cache
def _plume() -> Batch:
    return _PLUME.between(0, _PLUME.scenario.duration_ms)


def test_ranges_are_drawn_by_the_seed_and_stay_within() -> None:
    drawn = [SCENARIO.drawn(seed).incidents[0].magnitude for seed in range(40)]
    assert all(isinstance(m, float) and 40 <= m <= 80 for m in drawn)
    assert len(set(drawn)) > 30
    assert SCENARIO.drawn(7) == SCENARIO.drawn(7)
