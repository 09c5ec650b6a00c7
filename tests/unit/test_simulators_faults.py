"""What each sensor fault makes of good readings."""

import numpy as np
import pytest
from support.simulated import SMALL_SITE

from simulators import Scenario, Simulation


def with_fault(**fault: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times (s), values with the fault and without it, of the gas detector, from 100 s for 200 s; equal else."""
    given = {"point": "gas", "at_s": 100, "for_s": 200} | fault
    bare = {"name": "f", "duration_s": 400}
    one = Simulation(SMALL_SITE, Scenario.model_validate({**bare, "faults": [given]})).between(0, 400_000)
    without = Simulation(SMALL_SITE, Scenario.model_validate(bare)).between(0, 400_000)
    own, all_of = one.point == 0, without.point == 0
    t_s = (one.measured_at_ms[own] - one.measured_at_ms.min()) // 1000
    index = np.searchsorted(without.measured_at_ms[all_of], one.measured_at_ms[own])
    plain = without.value[all_of][index]
    during = (one.measured_at_ms[own] >= 1_735_660_900_000) & (one.measured_at_ms[own] < 1_735_661_100_000)
    assert (one.value[own][~during] == plain[~during]).all()
    return t_s[during], one.value[own][during], plain[during]


def test_an_offset_is_added() -> None:
    _, faulty, plain = with_fault(kind="offset", magnitude=12)
    assert np.allclose(faulty - plain, 12.0, atol=0.1)


def test_a_drift_grows_with_time() -> None:
    t_s, faulty, plain = with_fault(kind="drift", magnitude=360)  # 0.1 a second
    assert np.allclose(faulty - plain, 0.1 * (t_s - t_s[0]), atol=0.2)


def test_noise_has_the_spread_asked_for() -> None:
    _, faulty, plain = with_fault(kind="noise", magnitude=3, point="inlet")
    assert (faulty - plain).std() < 5.0
    _, faulty, plain = with_fault(kind="noise", magnitude=0.3)
    assert (faulty - plain).std() == pytest.approx(0.3, rel=0.25)


def test_spikes_hit_the_share_asked_for_and_nothing_else() -> None:
    _, faulty, plain = with_fault(kind="spikes", magnitude=50, share=0.1)
    high = faulty - plain > 40
    assert 8 <= high.sum() <= 34
    assert (faulty[~high] == plain[~high]).all()


def test_a_saturated_sensor_shows_no_more() -> None:
    _, faulty, plain = with_fault(kind="saturation", magnitude=0.9)
    assert faulty.max() <= 0.9
    assert (faulty == np.minimum(plain, 0.9)).all()


def test_a_poisoned_sensor_loses_its_sensitivity_until_what_is_left() -> None:
    leak = {"kind": "leak", "point": "gas", "at_s": 0, "for_s": 400, "magnitude": 60, "rise_s": 1}
    poison = {"kind": "poisoning", "point": "gas", "at_s": 100, "for_s": 200, "magnitude": 0.1}
    made = {"name": "f", "duration_s": 400, "incidents": [leak], "faults": [poison]}
    batch = Simulation(SMALL_SITE, Scenario.model_validate(made)).between(0, 400_000)
    value = batch.value[batch.point == 0]
    assert value[98] == pytest.approx(60.0, abs=2)
    assert value[199] == pytest.approx(60.0 * 0.1**0.5, abs=2)
    assert value[298] == pytest.approx(6.0, abs=1)
    assert value[301] == pytest.approx(60.0, abs=2)  # a new sensor


def test_a_restart_is_silence_and_then_a_reading_that_settles() -> None:
    t_s, faulty, plain = with_fault(kind="reboot", magnitude=20)
    assert t_s[0] >= 130
    assert faulty[0] - plain[0] == pytest.approx(20.0, abs=1.0)
    assert faulty[-1] - plain[-1] < 1.0


def test_a_wrong_unit_is_a_factor() -> None:
    _, faulty, plain = with_fault(kind="wrong_unit", magnitude=10000)
    assert np.allclose(faulty, plain * 10000, atol=501.0)  # the value before its last digit was rounded


def test_a_lossy_link_loses_whole_stretches() -> None:
    t_s, _, _ = with_fault(kind="link", share=0.5, rise_s=20)
    assert 60 <= len(t_s) <= 160
    gaps = np.diff(np.concatenate((t_s[:1], t_s)))
    assert gaps.max() >= 20


def test_a_link_that_keeps_loses_nothing() -> None:
    t_s, faulty, plain = with_fault(kind="link", share=0.5, rise_s=20, keeps=True)
    assert len(t_s) == 200
    assert (faulty == plain).all()


def test_another_seed_draws_other_spikes() -> None:
    made = {"kind": "spikes", "point": "gas", "at_s": 0, "for_s": 400, "magnitude": 50, "share": 0.1}
    scenario = Scenario.model_validate({"name": "f", "duration_s": 400, "faults": [made]})
    hit = []
    for seed in (1, 2):
        batch = Simulation(SMALL_SITE, scenario, seed).between(0, 400_000)
        hit.append(np.flatnonzero(batch.value[batch.point == 0] > 40).tolist())
    assert hit[0] != hit[1]
