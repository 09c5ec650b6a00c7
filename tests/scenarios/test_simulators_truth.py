"""What the truth says happened is what the readings show, and a quiet day is quiet."""

from pathlib import Path

import numpy as np
import pytest
from support.simulated import SMALL_SITE, point, site_and_rules, site_of

from ingest.feed import Feed, entries_of_feed
from plant.registry import PointRegistry
from plant.site import Site
from plant.site_reader import read_site
from rules.engine import Engine, make_plan
from rules.events import AlarmEvent
from rules.schema import Rule
from simulators import Scenario, Simulation, Truth, generate, load_scenario, simulate_to_feed, truth_of, write_county
from simulators.noise import BELL_BOUND


def scenario_of(*incidents: dict[str, object], duration_s: float = 400) -> Scenario:
    return Scenario.model_validate({"name": "t", "duration_s": duration_s, "incidents": incidents})


def truth_and_series(site: Site, *incidents: dict[str, object]) -> tuple[Truth, np.ndarray, np.ndarray]:
    """The first incident's truth, and times and values of its point."""
    simulation = Simulation(site, scenario_of(*incidents))
    truth = next(iter(truth_of(simulation)))
    batch = simulation.between(0, 400_000)
    own = batch.point == simulation.registry.number_of(truth.point)
    return truth, batch.measured_at_ms[own], batch.value[own]


LEAK = {"kind": "leak", "point": "gas", "at_s": 30, "for_s": 100, "magnitude": 70}


@pytest.mark.parametrize(
    ("incident", "danger"),
    [
        (LEAK, 25.0),
        ({"kind": "leak", "point": "o2", "at_s": 30, "for_s": 100, "magnitude": 15}, 19.5),
        ({"kind": "overfill", "point": "level", "at_s": 20, "for_s": 200, "magnitude": "105 % of h"}, 9.0),
        ({"kind": "bag_blinding", "point": "dp", "at_s": 20, "for_s": 200, "magnitude": 2500, "danger": 2200}, 2200.0),
        ({"kind": "ember", "point": "inlet", "at_s": 20, "for_s": 200, "magnitude": 140}, 70.0),
        ({"kind": "ember", "point": "spark", "at_s": 20, "for_s": 30, "magnitude": 1}, 1.0),
    ],
)
def test_the_readings_cross_when_the_truth_says(incident: dict[str, object], danger: float) -> None:
    truth, times_ms, values = truth_and_series(SMALL_SITE, incident)
    sign = -1.0 if truth.point == "o2" else 1.0
    low, high = SMALL_SITE.points[truth.point].range_low, SMALL_SITE.points[truth.point].range_high
    assert low is not None
    assert high is not None
    slack = 0.012 * (high - low)  # noise and the last digit
    period_ms = round(1000 * SMALL_SITE.points[truth.point].period_s)
    assert truth.sort == "process"
    assert truth.danger == danger
    assert truth.speak_at is not None
    assert truth.safe_at is not None
    assert truth.danger_at is not None
    assert truth.started_at <= truth.danger_at <= truth.speak_at < truth.safe_at
    before = values[times_ms < truth.speak_at - period_ms]
    assert (sign * before < sign * danger + slack).all()
    settled_ms = truth.speak_at + (0 if truth.point == "spark" else period_ms)
    after = values[(times_ms >= settled_ms) & (times_ms < truth.speak_at + 20_000)]
    assert len(after)
    assert (sign * after >= sign * danger - slack).all()
    assert sign * values[times_ms > truth.safe_at + 30_000].max() < sign * danger + slack


def test_the_detector_speaks_later_than_the_room_turns_dangerous() -> None:
    truth, _, _ = truth_and_series(SMALL_SITE, LEAK)
    assert truth.danger_at is not None
    assert truth.speak_at is not None
    assert 3_000 < truth.speak_at - truth.danger_at < 15_000


def test_a_leak_that_stays_small_has_no_danger_instant() -> None:
    truth, _, values = truth_and_series(SMALL_SITE, LEAK | {"magnitude": 15})
    assert (truth.danger_at, truth.speak_at, truth.safe_at) == (None, None, None)
    assert values.max() < 25.0


def test_a_dropout_is_a_gap_and_nothing_else() -> None:
    truth, times_ms, _ = truth_and_series(SMALL_SITE, {"kind": "dropout", "point": "gas", "at_s": 50, "for_s": 20})
    assert truth.sort == "instrument"
    assert not ((times_ms >= truth.started_at) & (times_ms < truth.ended_at)).any()
    assert truth.speak_at == truth.started_at + 3000
    gaps = np.diff(times_ms)
    assert (gaps > 1000).sum() == 1
    assert 20_000 <= gaps.max() <= 21_000


def test_a_stuck_sensor_holds_what_it_showed_even_while_gas_rises() -> None:
    stuck = {"kind": "stuck", "point": "gas", "at_s": 25, "for_s": 300, "speak_after_s": 120}
    truth, times_ms, values = truth_and_series(SMALL_SITE, stuck, LEAK)
    during = values[(times_ms >= truth.started_at) & (times_ms < truth.ended_at)]
    assert len(set(during.tolist())) == 1
    assert during[0] < 5.0
    assert truth.speak_at == truth.started_at + 120_000


def test_over_range_shows_more_than_the_range() -> None:
    truth, times_ms, values = truth_and_series(
        SMALL_SITE, {"kind": "over_range", "point": "gas", "at_s": 25, "for_s": 10}
    )
    during = (times_ms >= truth.started_at) & (times_ms < truth.ended_at)
    assert (values[during] == 105.0).all()
    assert during.sum() == 10
    assert values[~during].max() < 5.0


def test_a_quiet_point_stays_within_its_noise() -> None:
    simulation = Simulation(SMALL_SITE, scenario_of(duration_s=5000))
    batch = simulation.between(0, 5_000_000)
    for number, p in enumerate(SMALL_SITE.points.values()):
        own = batch.point == number
        t_s = (batch.measured_at_ms[own] - simulation.scenario.start_ms) / 1000.0
        off = np.abs(batch.value[own] - simulation.noise_free(p.point, t_s))
        assert p.range_high is not None
        assert p.range_low is not None
        assert off.max() <= 0.005 * BELL_BOUND * (p.range_high - p.range_low) + 0.5


def events_of(site: Site, rules: list[Rule], scenario: Scenario) -> list[AlarmEvent]:
    """What the engine says to a scenario, by the rules of a bare feed: one batch a second."""
    registry = PointRegistry(site.points)
    engine = Engine(make_plan(site, rules, registry))
    events: list[AlarmEvent] = []
    for batch in generate(site, scenario, chunk_s=3600.0):
        feed = Feed(batch.point, batch.measured_at_ms, batch.value, batch.quality)
        events += engine.apply(list(entries_of_feed(feed)))
    return events


@pytest.fixture
def county(tmp_path: Path) -> Path:
    write_county(tmp_path / "county")
    return tmp_path / "county"


def test_the_county_reads_without_a_word(county: Path) -> None:
    site, rules = site_and_rules(county)
    assert len(rules) > 10
    assert (len(site.enterprises), len(site.units), len(site.regions)) == (12, 40, 4)
    assert 200 <= len(site.points) <= 300


def test_the_county_is_always_the_same(county: Path, tmp_path: Path) -> None:
    for file in write_county(tmp_path / "again"):
        assert file.read_bytes() == (county / file.relative_to(tmp_path / "again")).read_bytes()


def test_a_quiet_day_raises_nothing_in_the_county(county: Path) -> None:
    site, rules = site_and_rules(county)
    scenario = load_scenario("quiet-day", site).model_copy(update={"duration_s": 4 * 3600.0})
    assert events_of(site, rules, scenario) == []


def test_no_value_of_a_quiet_day_crosses_a_limit_of_the_county(county: Path) -> None:
    site, _ = read_site(county)
    usual = {"gas.combustible": (-np.inf, 10.0), "gas.oxygen": (19.5, 23.5), "dust.inlet_temperature": (-np.inf, 70.0)}
    low, high = (np.full(len(site.points), fill) for fill in (-np.inf, np.inf))
    for n, p in enumerate(site.points.values()):
        low[n], high[n] = usual.get(p.kind, (p.l if p.l is not None else -np.inf, p.h if p.h is not None else np.inf))
        if p.kind == "dust.spark":
            high[n] = 1.0
    for batch in generate(site, load_scenario("quiet-day", site)):
        assert (batch.value < high[batch.point]).all()
        assert (batch.value > low[batch.point]).all()


def test_the_demo_raises_alarms_of_several_kinds_within_a_minute(county: Path) -> None:
    site, rules = site_and_rules(county)
    scenario = load_scenario("county-demo", site).model_copy(update={"duration_s": 300.0})
    raised = [e for e in events_of(site, rules, scenario) if e.event == "raised"]
    assert raised[0].at < scenario.start_ms + 20_000
    early = {e.rule for e in raised if e.at < scenario.start_ms + 60_000}
    assert {"gas-combustible", "dust-spark", "data-stale", "tank-level", "gas-toxic-co"} <= early
    assert raised[-1].at > scenario.start_ms + 200_000  # life goes on


def test_an_incident_is_the_same_whatever_else_is_in_the_file(tmp_path: Path) -> None:
    site = site_of([point("gas", "gas.combustible", 0, 100), point("level", "tank.level", 0, 10, l=1.0, h=9.0)])
    alone = scenario_of(LEAK | {"name": "leak"})
    both = scenario_of({"kind": "dropout", "point": "level", "at_s": 3, "for_s": 9}, LEAK | {"name": "leak"})
    simulate_to_feed(site, alone, None, tmp_path / "a.csv")
    simulate_to_feed(site, both, None, tmp_path / "b.csv")
    rows = [[r for r in (tmp_path / f).read_text().splitlines() if r.startswith("gas,")] for f in ("a.csv", "b.csv")]
    assert rows[0] == rows[1]
