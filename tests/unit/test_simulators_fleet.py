"""Fleets of their own: made by counts, written as a folder, named in a scenario; `tocsin simulate` with them."""

import dataclasses
from pathlib import Path

import pytest
from support.command import tocsin
from support.simulated import site_and_rules

from plant.mistakes import InputError
from plant.site import Site
from plant.site_reader import read_site
from plant.site_reader.columns import POINT_KINDS, UNIT_KINDS
from simulators import Fleet, made_site, open_scenario, packaged_scenarios, write_own_site, write_site
from simulators.fittings import FITTINGS

ALL = Fleet.model_validate({"units": dict.fromkeys(UNIT_KINDS, 1)})


def mistakes(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "s.yaml").write_text(f"name: one\nduration_s: 60\n{text}", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        open_scenario(tmp_path / "s.yaml")
    return [str(m).removeprefix(f"{tmp_path}/") for m in caught.value.mistakes]


def test_every_kind_of_unit_has_fittings_and_they_use_every_kind_of_point() -> None:
    assert set(FITTINGS) == set(UNIT_KINDS)
    kinds = {p.kind for p in made_site(ALL).points.values()}
    assert set(POINT_KINDS) <= kinds
    assert {"dust.tank_level", "dust.water_flow", "cold.room_temperature"} <= kinds


def test_a_made_site_written_and_read_is_the_same_and_brings_no_warning(tmp_path: Path) -> None:
    made = made_site(ALL)
    write_site(made, tmp_path / "site")
    read, rules = site_and_rules(tmp_path / "site")
    assert len(rules) > 20
    assert [dataclasses.replace(p, line=0) for p in read.points.values()] == list(made.points.values())
    assert list(read.units.values()) == list(made.units.values())
    assert (read.enterprises, read.regions, read.name, read.packs) == (
        made.enterprises,
        made.regions,
        made.name,
        made.packs,
    )


@pytest.mark.parametrize("devices", [1, 10, 1234])
def test_so_many_devices_as_asked_for(devices: int) -> None:
    site = made_site(Fleet(devices=devices, period_s=30))
    assert len({p.device for p in site.points.values()}) == devices
    assert {p.period_s for p in site.points.values()} == {30.0}


def test_a_larger_fleet_begins_with_the_smaller_one() -> None:
    small, large = (list(made_site(Fleet(devices=n)).points.values()) for n in (100, 200))
    assert large[: len(small)] == small


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "s.yaml:1: brings no fleet of its own, so it needs a site (--site DIR), or the key fleet"),
        ("fleet: {}\n", "s.yaml:3: fleet: needs exactly one of site, units, devices"),
        ("fleet: {site: nowhere}\n", "s.yaml:3: fleet.site: no such folder: "),
        ("fleet: {units: {castle: 1}}\n", "s.yaml:3: fleet.units.castle: Input should be 'tank_farm', "),
        ("fleet: {units: {furnace: 0}}\n", "s.yaml:3: fleet.units.furnace: Input should be greater than or equal to 1"),
        ("fleet: {site: county, period_s: 5}\n", "s.yaml:3: fleet: period_s goes with made-up units"),
        ("weather:\n  wind: 3\n", "s.yaml:4: weather.wind: unknown key"),
        ("weather:\n  wind_m_s: {from: 5, to: 2}\n", "s.yaml:3: weather: wind_m_s: from 5 is above to 2"),
        ("weather:\n  wind_m_s: {from: -5, to: 2}\n", "s.yaml:4: weather.wind_m_s: Input should be greater than 0"),
        (
            "schedule:\n  shifts: [{from: '08:00', to: '06:00'}]\n",
            "s.yaml:4: schedule.shifts[1]: from 08:00 is not before to 06:00",
        ),
        (
            "fleet: {devices: 1}\nfaults:\n  - {kind: leak, pick: {kind: gas.*}, at_s: 1, for_s: 1, magnitude: 5}\n",
            "s.yaml:1: leak is no fault of a sensor, it belongs under incidents",
        ),
        (
            "fleet: {devices: 1}\nincidents:\n  - {kind: release, pick: {unit_kind: furnace}, at_s: 1, for_s: 1}\n",
            "s.yaml:5: incidents[1]: release needs release",
        ),
        (
            "fleet: {devices: 1}\nincidents:\n  - {kind: stuck, pick: {nth: 2}, at_s: 1, for_s: 1}\n",
            "s.yaml:5: incidents[1].pick: needs kind, unit_kind or both",
        ),
        (
            "fleet: {devices: 1}\nfaults:\n  - {kind: stuck, pick: {unit_kind: furnace}, at_s: 1, for_s: 1}\n",
            "s.yaml:5: faults[1]: the site has no point that stuck can happen to (furnace)",
        ),
        (
            "fleet: {devices: 9}\nincidents:\n  - {kind: crowd, pick: {kind: people.count}, at_s: 1, for_s: 1,"
            " magnitude: {from: low, to: 3}}\n",
            "s.yaml:5: incidents[1]: magnitude: from and to are numbers",
        ),
    ],
)
def test_mistakes_name_their_place(tmp_path: Path, text: str, expected: str) -> None:
    found = mistakes(tmp_path, text)
    assert any(m.startswith(expected) for m in found), found


def test_a_scenario_may_name_a_site_folder_beside_it(tmp_path: Path) -> None:
    write_site(made_site(Fleet(devices=3)), tmp_path / "plant")
    (tmp_path / "s.yaml").write_text("name: one\nduration_s: 60\nfleet: {site: plant}\n")
    site, _ = open_scenario(tmp_path / "s.yaml")
    assert len({p.device for p in site.points.values()}) == 3
    assert write_own_site(tmp_path / "s.yaml", tmp_path / "not-used") == tmp_path / "plant"
    assert not (tmp_path / "not-used").exists()


def test_a_site_given_takes_the_place_of_the_fleet() -> None:
    given: Site = made_site(Fleet.model_validate({"units": {"tank_farm": 3}}))
    site, _ = open_scenario("tank-overfill", given)
    assert site is given


def test_simulate_without_a_site_and_replay_with_the_one_written(tmp_path: Path) -> None:
    feed, folder = tmp_path / "feed.csv", tmp_path / "site"
    ran = tocsin("simulate", "gas-station-hose", "--out", feed, "--site-out", folder)
    assert ran.code == 0, ran.err
    assert (tmp_path / "feed.csv.truth.jsonl").stat().st_size > 0
    assert len(read_site(folder)[0].units) == 1
    replayed = tocsin("replay", feed, "--site", folder)
    assert replayed.code == 0, replayed.err
    assert '"rule":"gas-combustible"' in replayed.out
    again = tocsin("simulate", "gas-station-hose", "--site-out", folder)
    assert (again.code, again.err.count("\n")) == (2, 1)
    assert "not empty" in again.err


def test_the_list_has_a_line_for_each_scenario() -> None:
    ran = tocsin("simulate", "--list")
    assert ran.code == 0
    assert [line.split()[0] for line in ran.out.splitlines()] == packaged_scenarios()
    assert all(len(line.split()) > 4 for line in ran.out.splitlines())


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ((), "name a scenario, or give --list"),
        (("leak",), "give either --out FEED or --mqtt URL"),
        (("leak", "--site", ".", "--site-out", "x"), "--site-out writes the scenario's own fleet"),
    ],
)
def test_a_wrong_call_is_told_what_to_give(call: tuple[str, ...], expected: str) -> None:
    ran = tocsin("simulate", *call)
    assert ran.code == 2
    assert expected in ran.err
