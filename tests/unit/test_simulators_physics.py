"""The formulas of the field against closed forms, balances and plain numerical integration."""

import math

import numpy as np
import pytest
from support.simulated import around

from simulators.people import PeopleCounts, Permits
from simulators.physics.collector import run_down, self_heating_k, semenov_scale_k
from simulators.physics.detector import catalytic, lagged
from simulators.physics.gases import GASES, factor_of, volume_flow_m3_s
from simulators.physics.plume import along_path, concentration, spreads
from simulators.physics.room import Room, fractions, steady_fraction
from simulators.physics.vessel import (
    EVAPORATION_KJ_KG,
    GRAVITY,
    HEAT_CAPACITY,
    RESEAT,
    boiled_off_kg_s,
    drained_level,
    relieved,
    warming_k,
)
from simulators.scenario import Scenario
from simulators.shifts import Schedule, Shift, work_of
from simulators.weather import Air, Weather

METHANE = GASES["ch4"]


def test_a_mass_flow_becomes_a_volume_flow_and_a_part_of_the_explosive_limit() -> None:
    assert volume_flow_m3_s(METHANE, 16.04) == pytest.approx(0.02404)
    assert factor_of(METHANE, "%LEL") == pytest.approx(100 / 0.05)  # 5 %VOL is all of it
    assert factor_of(GASES["n2"], "%LEL") is None
    assert factor_of(GASES["co"], "mg/m3") == pytest.approx(1e6 * 28.01 / 24.04)


def test_the_steady_concentration_of_a_room_is_release_over_ventilation() -> None:
    room = Room(volume_m3=100.0, air_changes_h=6.0)
    release = 0.0005
    t_s = np.arange(0.0, 20_000.0, 10.0)
    x = fractions(room, release, 1e9, t_s)
    assert x[-1] == pytest.approx(steady_fraction(release, room.airing_m3_s), rel=1e-6)
    assert x[-1] == pytest.approx(release / room.airing_m3_s, rel=0.01)  # what a thin gas comes to
    tau_s = 100.0 / (room.airing_m3_s + release)
    assert np.allclose(x, x[-1] * -np.expm1(-t_s / tau_s), rtol=1e-5, atol=1e-12)


def test_gas_leaves_a_room_by_its_ventilation_and_none_without() -> None:
    t_s = np.arange(0.0, 3000.0, 7.0)
    aired = fractions(Room(50.0, 12.0), 0.01, 300.0, t_s)
    end = np.searchsorted(t_s, 301.0)
    assert np.allclose(aired[end:] / aired[end], np.exp(-(t_s[end:] - t_s[end]) * 12 / 3600), rtol=1e-9)
    shut = fractions(Room(50.0, 0.0), 0.01, 300.0, t_s)
    assert shut[-1] == pytest.approx(1.0 - math.exp(-0.01 * 300.0 / 50.0))  # displaced: never more than all
    assert (np.diff(shut) >= 0).all()


def test_the_fan_of_a_room_starts_at_its_limit_and_stays_on() -> None:
    t_s = np.arange(0.0, 4000.0, 1.0)
    room = Room(800.0, 1.0, fan_at=150e-6, fan_air_changes_h=12.0)
    with_fan = fractions(room, 0.002, 3000.0, t_s)
    alone = fractions(Room(800.0, 1.0), 0.002, 3000.0, t_s)
    assert np.array_equal(with_fan[with_fan < 150e-6][:50], alone[alone < 150e-6][:50])
    assert with_fan[3000] == pytest.approx(steady_fraction(0.002, 800 * 13 / 3600), rel=1e-3)
    assert with_fan.max() < 0.3 * alone.max()


@pytest.mark.parametrize("stability", list("ABCDEF"))
def test_all_of_a_plume_passes_every_section_downwind(stability: str) -> None:
    wind, x_m = 3.0, 200.0
    s_y, s_z = spreads(stability, np.array([x_m]))
    y = np.linspace(-8 * s_y[0], 8 * s_y[0], 401)
    z = np.linspace(0.0, 1.0 + 8 * s_z[0], 801)
    flux = 0.0
    for height in z:
        full = np.full(len(y), x_m)
        spread = (np.full(len(y), s_y[0]), np.full(len(y), s_z[0]))
        c = concentration(0.7, np.full(len(y), wind), (full, y), (1.0, float(height)), spread)
        flux += float(np.trapezoid(c, y)) * wind * (z[1] - z[0])
    assert flux == pytest.approx(0.7, rel=0.02)


def test_a_beam_sees_the_integral_of_the_plume_across_it() -> None:
    y = np.linspace(-20.0, 20.0, 2001)
    many = np.full(len(y), 60.0)
    spread = spreads("D", many)
    c = concentration(0.5, np.full(len(y), 2.0), (many, y), (1.0, 1.5), spread)
    here = (np.array([60.0]), np.array([0.0]))
    beam = along_path(0.5, np.array([2.0]), here, (1.0, 1.5), spreads("D", here[0]), 40.0)
    assert beam[0] == pytest.approx(float(np.trapezoid(c, y)), rel=1e-4)
    assert along_path(0.5, np.array([2.0]), (-here[0], here[1]), (1.0, 1.5), spread, 40.0)[0] == 0.0


def test_a_catalytic_bead_reads_right_when_lean_and_low_when_rich() -> None:
    x = np.array([0.0, 0.0125, 0.05, 0.0946, 0.15, 0.5, 1.0])
    seen = catalytic(METHANE, x)
    assert seen[:3].tolist() == x[:3].tolist()
    assert int(np.argmax(seen)) == 3  # at the stoichiometric mixture
    assert seen[4] < x[4]
    assert seen[5] == pytest.approx(0.209 * 0.5 / 2)
    assert seen[6] == 0.0
    assert catalytic(GASES["n2"], x).max() == 0.0  # nothing burns


def test_a_lagged_step_reaches_nine_tenths_after_t90_and_a_lagged_ramp_trails_by_tau() -> None:
    t_s = np.arange(0.0, 200.0, 0.5)
    tau_s = 15.0 / math.log(10.0)
    step = lagged(np.where(t_s > 0.0, 1.0, 0.0), 0.5, tau_s)
    assert np.interp(15.25, t_s, step) == pytest.approx(0.9, abs=2e-3)  # the grid's step is half a step long
    ramp = lagged(0.3 * t_s, 0.5, tau_s)
    assert ramp[-1] == pytest.approx(0.3 * (t_s[-1] - tau_s), rel=1e-9)
    assert np.allclose(ramp, 0.3 * (t_s - tau_s * -np.expm1(-t_s / tau_s)), atol=1e-9)


def test_a_tank_runs_out_by_torricelli() -> None:
    h, dt, ratio = 6.0, 0.05, (0.15 / 8.0) ** 2
    for _ in range(round(600 / dt)):
        h -= dt * 0.62 * ratio * math.sqrt(2 * GRAVITY * h)
    assert drained_level(6.0, 150.0, 8.0, np.array([600.0]))[0] == pytest.approx(h, rel=1e-4)
    assert drained_level(6.0, 150.0, 8.0, np.array([0.0, 1e9])).tolist() == pytest.approx([6.0, 0.0])


def test_heat_into_a_vessel_and_what_it_boils_off() -> None:
    tau_s, content_t = 4 * 3600.0, 50.0
    loss_kw_k = content_t * 1000.0 * HEAT_CAPACITY / tau_s
    assert warming_k(300.0, content_t, tau_s) == pytest.approx(300.0 / loss_kw_k)  # in the end all the heat is lost
    assert boiled_off_kg_s(EVAPORATION_KJ_KG) == pytest.approx(1.0)


def test_a_relief_valve_opens_at_its_set_pressure_and_reseats_below_it() -> None:
    wanted = np.linspace(1000.0, 2200.0, 4000)
    found = relieved(wanted, 1.0, 1400.0)
    first = int(np.argmax(found.open))
    assert np.array_equal(found.pressure[:first], wanted[:first])
    # Between two instants the liquid brings back at most a step's part of what it wants more.
    assert found.pressure.max() <= 1400.0 + 800.0 / 60.0
    openings = np.flatnonzero(np.diff(found.open.astype(int)) == 1)
    assert len(openings) > 10
    closings = np.flatnonzero(np.diff(found.open.astype(int)) == -1) + 1
    assert (found.pressure[closings] <= RESEAT * 1400.0).all()
    assert (found.pressure[first:] > 0.8 * 1400.0).all()


def test_a_nest_heats_itself_as_its_equation_says() -> None:
    scale_k = semenov_scale_k(323.0)
    t_s = np.linspace(0.0, 3600.0, 200_001)
    warm = self_heating_k(t_s, 80.0, 3600.0, scale_k)
    assert warm[0] == 0.0
    assert warm[-1] == pytest.approx(80.0)
    early = warm < 60.0
    rate = np.gradient(warm, t_s)[early]
    assert np.allclose(rate / rate[0], np.exp(warm[early] / scale_k), rtol=1e-2)
    assert warm[len(warm) // 2] < 0.15 * 80.0  # little for long


def test_a_fan_runs_down_by_a_drag_of_the_square_of_its_speed() -> None:
    t_s = np.linspace(0.0, 60.0, 60_001)
    w = run_down(t_s, 12.0)
    assert np.allclose(np.gradient(w, t_s)[1:-1], -(w[1:-1] ** 2) / 12.0, atol=1e-6)


def test_the_air_is_warmest_in_the_afternoon_and_the_wind_keeps_its_bounds() -> None:
    air = Air(Weather(temperature_c=10, swing_c=5, wind_m_s=3, wind_from_deg=90), day_s=6 * 3600.0, seed=1)
    t_s = np.arange(0.0, 86_400.0, 60.0)
    warmest = t_s[int(np.argmax(air.temperature_c(t_s)))]
    assert warmest == pytest.approx(9 * 3600)  # 15:00, the scenario having begun at 06:00
    assert air.temperature_c(t_s).max() == pytest.approx(15.0)
    assert air.temperature_c(t_s).mean() == pytest.approx(10.0, abs=1e-9)
    assert air.wind_m_s(t_s).min() == pytest.approx(1.8, abs=0.01)
    assert np.abs(air.wind_from_deg(t_s) - 90.0).max() <= 20.0
    assert set(air.stability(t_s)) == {"B", "C", "E", "F"}


def test_worked_time_is_the_integral_of_the_load() -> None:
    shifts = (Shift(begins="06:00", ends="14:00", load=0.5), Shift(begins="14:00", ends="22:00", load=1.0))
    work = work_of(Schedule(shifts=shifts), day_s=5 * 3600.0)
    t_s = np.arange(0.0, 3 * 86_400.0, 60.0)
    summed = np.concatenate(([0.0], np.cumsum(work.load_at(t_s)[:-1] * 60.0)))
    assert np.allclose(work.worked_s(t_s) - work.worked_s(t_s[:1]), summed, atol=1e-6)
    assert set(work.load_at(t_s).tolist()) == {0.0, 0.5, 1.0}


def test_people_and_permits_keep_to_the_shifts() -> None:
    from support.simulated import point

    schedule = Schedule(shifts=(Shift(begins="08:00", ends="16:00"),), permits_a_day=1.0)
    place = around(Scenario(name="x", duration_s=1), schedule)
    key = np.array([7], dtype=np.uint64)
    t_s = np.arange(0.0, 86_400.0, 60.0)
    row = np.zeros(len(t_s), dtype=np.intp)
    people = PeopleCounts([point("n", "people.count", 0, 60, h=30.0)], key, place).clean(row, t_s)
    at_work = (t_s >= 8 * 3600) & (t_s < 16 * 3600)
    assert (people[~at_work] == 0).all()
    assert (people[at_work] >= 15).all()
    assert people.max() <= 21
    assert (people == np.floor(people)).all()
    permit = Permits([point("p", "permit.hot", 0, 1)], key, place).clean(row, t_s)
    assert permit.sum() == 120  # two hours
    assert (at_work[permit == 1]).all()
