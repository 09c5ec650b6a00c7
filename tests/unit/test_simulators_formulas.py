"""Each formula against a plain numerical integration of the balance that it solves."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from support.simulated import around, point

from simulators.dust import BagBlinding, Contact, DustPressureDrops, Heating
from simulators.gas import Leak
from simulators.lag import pulse, step, step_through_two, tau_of_t90
from simulators.noise import BELL_BOUND, bell, key_of, keys_of, uniform
from simulators.tank import TAU_S, Overfill, TankPressures, daily_swing

AIR_SWING_K = 6.0


def integrated(rate: Callable[[float, float], float], start: float, until_s: float, steps: int) -> float:
    """Midpoint rule for dy/dt = rate(t, y)."""
    y, dt = start, until_s / steps
    for i in range(steps):
        t = i * dt
        y += dt * rate(t + dt / 2, y + dt / 2 * rate(t, y))
    return y


def at(t_s: float) -> np.ndarray:
    return np.array([t_s])


def test_a_detector_shows_nine_tenths_of_a_step_after_its_t90() -> None:
    assert step(at(15.0), tau_of_t90(15.0))[0] == pytest.approx(0.9, abs=1e-12)


@pytest.mark.parametrize(("tau_1", "tau_2"), [(20.0, 6.5), (6.5, 20.0), (10.0, 10.0), (10.0, 10.0 + 1e-7), (0.0, 5.0)])
def test_two_lags_in_a_row_follow_their_equations(tau_1: float, tau_2: float) -> None:
    def cascade(t_s: float) -> float:
        x = y = 0.0
        dt = 0.001
        for _ in range(round(t_s / dt)):
            x = 1.0 if tau_1 == 0.0 else x + dt * (1.0 - x) / tau_1
            y += dt * (x - y) / tau_2
        return y

    assert step_through_two(at(12.0), tau_1, tau_2)[0] == pytest.approx(cascade(12.0), abs=1e-3)


def test_a_pulse_is_nothing_before_it_begins_and_fades_after_it() -> None:
    answer = pulse(np.array([-5.0, 0.0, 60.0, 600.0]), 60.0, 5.0, 2.0)
    assert answer[:2].tolist() == [0.0, 0.0]
    assert answer[2] == pytest.approx(1.0, abs=1e-4)
    assert answer[3] == pytest.approx(0.0, abs=1e-12)


def test_steady_concentration_is_release_over_ventilation() -> None:
    release, ventilation, volume = 0.02, 0.5, 40.0  # m3/s, m3/s, m3
    c = integrated(lambda _, c: (release - ventilation * c) / volume, 0.0, 100.0, 2000)
    leak = Leak(0.0, 1e9, release / ventilation, volume / ventilation, 15.0)
    zero = np.zeros(1)
    assert leak.process(at(100.0), zero)[0] == pytest.approx(c, rel=1e-5)
    assert leak.process(at(1e5), zero)[0] == pytest.approx(release / ventilation)
    assert leak.seen(at(30.0), zero)[0] < leak.process(at(30.0), zero)[0]


def test_a_tank_fills_by_its_mass_balance() -> None:
    area_m2, feed_m3_s = 50.0, 0.25
    overfill = Overfill(at_s=100.0, for_s=1000.0, rise_s=800.0, start_level=3.0, peak=3.0 + 800 * feed_m3_s / area_m2)
    clean = np.full(1, 3.0)
    level = integrated(lambda _, __: feed_m3_s / area_m2, 3.0, 400.0, 10)
    assert overfill.seen(at(500.0), clean)[0] == pytest.approx(level)
    assert overfill.seen(at(1050.0), clean)[0] == pytest.approx(7.0)  # held at the lip
    assert overfill.seen(at(1100.0 + 400.0), clean)[0] == pytest.approx(5.0)  # drawn off as fast as it came
    assert overfill.seen(np.array([0.0, 5000.0]), np.full(2, 3.0)).tolist() == [3.0, 3.0]


def test_a_tank_warms_by_its_heat_balance() -> None:
    w = 2 * math.pi / 86_400
    days, warmest_s = 3, 15 * 3600

    def rate(t: float, y: float) -> float:
        return (AIR_SWING_K * math.cos(w * (t - warmest_s)) - y) / TAU_S

    swing = integrated(rate, 0.0, days * 86_400 + 5_000, 40_000)
    assert AIR_SWING_K * daily_swing(at(days * 86_400 + 5_000), TAU_S)[0] == pytest.approx(swing, abs=0.01)


def test_vapour_pressure_rises_by_clausius_clapeyron() -> None:
    family = TankPressures([point("p", "tank.pressure", 0, 1600, h=1200.0)], keys_of(1, ["p"]), around())
    t_s = np.arange(0.0, 86_400.0, 60.0)
    p = family.clean(np.zeros(len(t_s), dtype=np.intp), t_s)
    kelvin = 293.15 + AIR_SWING_K * daily_swing(t_s, TAU_S)
    slope = np.gradient(np.log(p), t_s) / np.gradient(kelvin, t_s)
    steady = np.abs(np.gradient(kelvin, t_s)) > 1e-4
    assert np.allclose(slope[steady], 18_800 / 8.314462618 / kelvin[steady] ** 2, rtol=1e-2)


def test_a_filter_cake_grows_in_a_straight_line_until_the_pulse() -> None:
    family = DustPressureDrops([point("dp", "dust.dp", 0, 3000, h=1500.0)], keys_of(1, ["dp"]), around())
    t_s = np.arange(0.0, 1200.0, 1.0)
    dp = family.clean(np.zeros(len(t_s), dtype=np.intp), t_s)
    steps = np.diff(dp)
    slope = steps[steps > 0]
    assert np.allclose(slope, slope[0])
    assert 4 <= (steps < 0).sum() <= 10  # pulses in twenty minutes
    assert dp.max() - dp.min() == pytest.approx(0.25 * (1500 - 300), rel=0.02)


def test_blinding_grows_in_a_straight_line_and_ends_with_new_bags() -> None:
    blinding = BagBlinding(at_s=10.0, for_s=100.0, rise_s=40.0, rise=800.0)
    clean = np.full(5, 700.0)
    t_s = np.array([0.0, 30.0, 60.0, 109.9, 110.0])
    assert blinding.seen(t_s, clean).tolist() == [700.0, 1100.0, 1500.0, 1500.0, 700.0]


def test_heating_and_spark() -> None:
    heating = Heating(at_s=0.0, for_s=300.0, rise=50.0, tau_s=20.0)
    air = integrated(lambda _, y: (50.0 - y) / 20.0, 0.0, 25.0, 2000)
    assert heating.process(at(25.0), np.zeros(1))[0] == pytest.approx(air, rel=1e-5)
    assert heating.seen(at(25.0), np.zeros(1))[0] < air
    assert Contact(5.0, 2.0).seen(np.array([4.9, 5.0, 6.9, 7.0]), np.zeros(4)).tolist() == [0.0, 1.0, 1.0, 0.0]


def test_noise_has_the_mean_and_spread_it_promises_and_keeps_its_bound() -> None:
    draws = bell(np.full(200_000, key_of(7, "p"), dtype=np.uint64), np.arange(200_000))
    assert abs(draws.mean()) < 0.01
    assert draws.std() == pytest.approx(1.0, abs=0.01)
    assert np.abs(draws).max() <= BELL_BOUND
    assert abs(np.corrcoef(draws[:-1], draws[1:])[0, 1]) < 0.01
    flat = uniform(np.full(200_000, key_of(7, "p"), dtype=np.uint64), np.arange(200_000))
    assert np.histogram(flat, bins=10, range=(0, 1))[0] == pytest.approx(20_000, rel=0.05)


def test_draws_are_those_of_splitmix64() -> None:
    """The first outputs of the reference implementation for the seed 1234567."""
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    draws = uniform(np.full(4, 1234567, dtype=np.uint64), np.arange(4))
    assert draws.tolist() == [(x >> 11) * 2.0**-53 for x in expected]
