"""Scenario files: what is read, and every mistake with its line."""

import json
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
import yaml
from support.simulated import SMALL_SITE

from plant.mistakes import InputError
from plant.site_reader import read_site
from simulators import (
    Simulation,
    describe_scenarios,
    load_scenario,
    open_scenario,
    packaged_scenarios,
    scenario_schema,
    truth_of,
    write_county,
)
from simulators.fittings import FITTINGS
from simulators.kinds import KINDS

GOOD = """\
name: one
duration_s: 60
incidents:
  - {kind: leak, point: gas, at_s: 5, for_s: 10, magnitude: 50}
"""


MANY = "magnitude: 50, every_s: 10"


def mistakes(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "s.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_scenario(file, SMALL_SITE)
    return [str(m).removeprefix(f"{tmp_path}/") for m in caught.value.mistakes]


def incident(keys: str) -> str:
    return f"name: one\nduration_s: 60\nincidents:\n  - {{{keys}}}\n"


def test_a_good_file(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(GOOD)
    scenario = load_scenario(tmp_path / "s.yaml", SMALL_SITE)
    assert (scenario.name, scenario.duration_ms, scenario.start_ms) == ("one", 60_000, 1_735_660_800_000)
    jsonschema.validate(yaml.safe_load(GOOD), scenario_schema())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: one\nduration: 60\n", ["s.yaml:1: duration_s: is missing", "s.yaml:2: duration: unknown key"]),
        (
            "- a\n",
            [
                "s.yaml:1: is not a mapping, allowed are the keys name, description, duration_s, start, seed, fleet, "
                "schedule, weather, incidents, faults"
            ],
        ),
        ("name: one\nname: two\n", ["s.yaml:2: the key 'name' stands twice, first on line 1"]),
        (
            "name: one\nduration_s: -1\nstart: 2025-01-01T00:00:00\n",
            [
                "s.yaml:2: duration_s: Input should be greater than 0, not -1",
                "s.yaml:3: start: Input should have timezone info",
            ],
        ),
        (
            incident("kind: leak, point: gas, at_s: 0, for_s: 1"),
            ["s.yaml:4: incidents[1]: leak needs a magnitude, in the point's unit or as 'N % of range|l|ll|h|hh'"],
        ),
        (
            incident("kind: stuck, point: gas, unit: U, at_s: 0, for_s: 1"),
            ["s.yaml:4: incidents[1]: needs exactly one of point, unit, pick"],
        ),
        (
            incident("kind: dropout, point: gas, at_s: 0, for_s: 10, every_s: 5"),
            ["s.yaml:4: incidents[1]: every_s 5 is shorter than for_s 10"],
        ),
        (
            incident("kind: dropout, point: nowhere, at_s: 0, for_s: 10"),
            ["s.yaml:4: incidents[1]: the site has no point nowhere"],
        ),
        (
            incident("kind: overfill, point: gas, at_s: 0, for_s: 10, magnitude: 5"),
            ["s.yaml:4: incidents[1]: the site has no point that overfill can happen to (gas)"],
        ),
        (
            incident("kind: leak, point: gas, at_s: 0, for_s: 10, magnitude: 120 % of h"),
            ["s.yaml:4: incidents[1]: magnitude '120 % of h': point gas has no h"],
        ),
        (
            "name: one\nduration_s: 60\nstart: 1999-01-01T00:00:00Z\n",
            ["s.yaml:1: start is out of time, a scenario lies between 2015-01-01 and 2100-01-01"],
        ),
        (
            "duration_s: 3e6\n" + GOOD.replace("duration_s: 60\n", "").replace("magnitude: 50", MANY),
            ["s.yaml:1: incidents repeat 300000 times, allowed are 100000"],
        ),
        ("name: [\n", ["s.yaml:2: is not YAML: expected the node content, but found '<stream end>'"]),
    ],
)
def test_mistakes_name_their_place(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert mistakes(tmp_path, text) == expected


def test_an_unknown_kind_is_told_those_there_are(tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, incident("kind: flood, point: gas, at_s: 0, for_s: 1"))
    assert found.startswith("s.yaml:4: incidents[1].kind: Input should be 'leak', 'release', ")
    assert found.endswith(" or 'out_of_order', not 'flood'")


def test_a_bad_magnitude_is_one_mistake(tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, incident("kind: leak, point: gas, at_s: 0, for_s: 1, magnitude: lots"))
    assert found.startswith("s.yaml:4: incidents[1].magnitude: ")


def test_an_unknown_name_lists_those_there_are() -> None:
    with pytest.raises(InputError, match="scenarios by name are ammonia-cold-store, bad-links, "):
        load_scenario("nothing", SMALL_SITE)


def test_a_file_in_another_encoding_says_so(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_bytes("name: one\ndescription: 储罐\n".encode("gbk"))
    with pytest.raises(InputError, match=r"s\.yaml:2: is not UTF-8"):
        load_scenario(tmp_path / "s.yaml", SMALL_SITE)


QUIET = {"quiet-day", "quiet-week", "windy-night"}


@pytest.mark.parametrize("name", packaged_scenarios())
def test_the_packaged_scenarios_bring_a_fleet_that_they_fit(name: str) -> None:
    site, scenario = open_scenario(name)
    truths = list(truth_of(Simulation(site, scenario.model_copy(update={"duration_s": 6000.0}))))
    assert bool(truths) is (name not in QUIET)
    assert scenario.name == name
    assert scenario.description


@pytest.mark.parametrize("name", packaged_scenarios())
def test_the_packaged_scenarios_fit_the_schema(name: str) -> None:
    text = (resources.files("simulators") / "scenarios" / f"{name}.yaml").read_text("utf-8")
    jsonschema.validate(json.loads(json.dumps(yaml.safe_load(text), default=str)), scenario_schema())


def test_the_schema_knows_ranges_and_refuses_what_the_reader_refuses() -> None:
    good = {"name": "x", "duration_s": 1, "weather": {"wind_m_s": {"from": 1, "to": 2}}}
    jsonschema.validate(good, scenario_schema())
    for wrong in ({"wind_m_s": {"from": 1}}, {"wind_m_s": -1}, {"wind": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(good | {"weather": wrong}, scenario_schema())


def test_the_library_covers_every_kind_of_unit_and_of_incident() -> None:
    library = list(describe_scenarios())
    hit = {i.pick.unit_kind for s in library for i in s.incidents if i.pick} | {"dust_collector"}
    assert len(library) >= 20
    assert {k for s in library if s.fleet and s.fleet.units for k in s.fleet.units} >= set(FITTINGS) - {"other"}
    assert hit >= set(FITTINGS) - {"other"}
    assert {i.kind for s in library for i in (*s.incidents, *s.faults)} == set(KINDS)


@pytest.mark.parametrize("name", ["leak", "quiet-day", "county-demo"])
def test_some_scenarios_fit_the_demo_county(tmp_path: Path, name: str) -> None:
    write_county(tmp_path)
    site, _ = read_site(tmp_path)
    assert load_scenario(name, site).name == name


def test_repeats_move_on_to_the_next_point_and_vary(tmp_path: Path) -> None:
    text = incident("kind: leak, pick: {kind: 'gas.*'}, at_s: 5, for_s: 5, magnitude: 50, every_s: 20, danger: 30")
    (tmp_path / "s.yaml").write_text(text)
    truths = list(truth_of(Simulation(SMALL_SITE, load_scenario(tmp_path / "s.yaml", SMALL_SITE))))
    assert [(t.incident, t.point) for t in truths] == [("leak-1.1", "gas"), ("leak-1.2", "gas-2"), ("leak-1.3", "o2")]
    assert len({t.peak for t in truths}) == 3
