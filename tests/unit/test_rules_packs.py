"""The packs that ship: each loads, says where its figures come from, and speaks English and Chinese."""

import json
import re
import string
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from support.random_cases import START_MS
from support.reference import Reference
from support.site_builder import build_site

from ingest.gases import find_gas
from ingest.units import molar_volume_l
from plant.batch import Batch
from plant.entries import Readings
from plant.mistakes import InputError, Mistake
from plant.registry import PointRegistry
from plant.site_reader import read_site
from rules.loader import pack_names, read_rules, rules_schema
from rules.loader.packs import pack_text
from rules.loader.rule_files import rules_of_text
from rules.schema import Rule

STANDARDS_IN_THE_SOURCES = {
    ("GB/T 50493-2019", "5.5.2"),
    ("GB 50072-2021", "7.4"),
    ("GB 17681-2024", "6.3.3.1"),
    ("AQ 4273-2016", "5.1.4"),
    ("GBZ/T 223-2009", ""),
}
OUR_OWN = {("Tocsin", "ED"), ("site practice", "practice")}
NOT_READ = {"GB 6222-2005", "GBZ 2.1-2019", "GB 30871-2022"}
"""Standards of which the figures are known second-hand: practice, or switched off; never a ceiling."""


def rules_of_pack(name: str) -> list[Rule]:
    mistakes: list[Mistake] = []
    rules = [placed.rule for placed in rules_of_text(pack_text(name), name, mistakes, of_pack=True)]
    assert mistakes == []
    return rules


def test_the_packs_of_the_product_are_there() -> None:
    gases = {"gas-combustible", "gas-openpath", "gas-oxygen", "gas-toxic", "gas-toxic-gbz223", "metal-co", "ammonia"}
    work = {"hot-work", "earth-work", "confined-space", "height-work", "lifting-work"}
    assert set(pack_names()) >= gases | work | {
        "data-health",
        "dust-dry",
        "dust-wet",
        "early-warning",
        "exposure",
        "headcount",
        "tank",
    }


@pytest.mark.parametrize("name", pack_names())
def test_every_rule_of_a_pack_has_a_source_and_two_languages(name: str) -> None:
    for rule in rules_of_pack(name):
        assert rule.source is not None, rule.id
        assert set(rule.text) == {"en", "zh"}, rule.id
        assert set(rule.guidance) == {"en", "zh"}, rule.id
        if rule.source.certainty == "V":
            assert (rule.source.standard, rule.source.clause) in STANDARDS_IN_THE_SOURCES, rule.id
        elif rule.source.standard in NOT_READ:
            assert rule.source.certainty == "practice" or not rule.enabled, rule.id
            assert not rule.ceiling, rule.id
        else:
            assert (rule.source.standard, rule.source.certainty) in OUR_OWN, rule.id


@pytest.mark.parametrize("name", pack_names())
def test_texts_are_whole_in_both_languages(name: str) -> None:
    for rule in rules_of_pack(name):
        for text in rule.text.values():
            places = [field for _, field, _, _ in string.Formatter().parse(text) if field is not None]
            assert set(places) <= {"point", "value"}, (rule.id, text)
            assert places.count("point") == 1, (rule.id, text)
        assert ("{value}" in rule.text["en"]) == ("{value}" in rule.text["zh"]), rule.id
        for words in (rule.text, rule.guidance):
            assert re.search("[一-鿿]", words["zh"]), rule.id
            assert not re.search("[一-鿿]", words["en"]), rule.id
        for guidance in rule.guidance.values():
            assert "{" not in guidance, rule.id
            assert guidance.rstrip()[-1] in ".。", rule.id


def test_ids_are_unique_over_all_packs() -> None:
    ids = [rule.id for name in pack_names() for rule in rules_of_pack(name)]
    assert len(ids) == len(set(ids))


def test_no_delay_and_no_way_around_the_highest_level() -> None:
    for name in pack_names():
        for rule in rules_of_pack(name):
            for level in rule.levels:
                if level == "hh" and rule.severity_of(level) == "red":
                    assert rule.on_delay_of(level) == 0, rule.id
                    assert "hh" in rule.never_suppress, rule.id


@pytest.mark.parametrize(
    ("pack", "rule_id", "levels"),
    [
        ("gas-combustible", "gas-combustible", {"h": 25, "hh": 50}),
        ("gas-oxygen", "gas-oxygen", {"l": 19.5, "h": 23.5}),
        ("gas-openpath", "gas-openpath", {"h": 1, "hh": 2}),
        ("ammonia", "ammonia", {"h": 150}),
        ("ammonia", "ammonia-lel", {"hh": 25}),
        ("gas-toxic", "gas-toxic-co", {"h": 20, "hh": 40}),
        ("gas-toxic", "gas-toxic-nh3", {"h": 20, "hh": 40}),
        ("gas-toxic", "gas-toxic-oel", {"h": 100, "hh": 200}),
        ("gas-toxic", "gas-toxic-idlh", {"h": 5, "hh": 10}),
        ("gas-toxic-gbz223", "gbz223-co", {"h": 15, "hh": 30}),
        ("metal-co", "metal-co", {"h": 24, "hh": 160}),
        ("hot-work", "hot-work-vol", {"h": 0.5}),
        ("hot-work", "hot-work-vol-low-lel", {"h": 0.2}),
        ("tank", "tank-level", {"ll": None, "l": None, "h": None, "hh": None}),
        ("dust-dry", "dust-inlet-temperature", {"hh": 70}),
    ],
)
def test_the_levels_are_those_of_the_source(pack: str, rule_id: str, levels: dict[str, float | None]) -> None:
    rule = next(rule for rule in rules_of_pack(pack) if rule.id == rule_id)
    assert rule.condition.limit is not None
    assert {level: getattr(rule.condition.limit, level) for level in rule.levels} == levels


LIMITS_MG_M3 = {
    "h2s": (10, None, None), "cl2": (1, None, None), "hcl": (7.5, None, None), "hcn": (1, None, None),
    "cocl2": (0.5, None, None), "co": (None, 20, 30), "nh3": (None, 20, 30), "so2": (None, 5, 10),
    "no2": (None, 5, 10), "c6h6": (None, 6, 10), "c7h8": (None, 50, 100), "ch3oh": (None, 25, 50),
}  # fmt: skip
"""MAC, PC-TWA, PC-STEL."""


def toxic_levels(pack: str, mac: float | None, twa: float | None, stel: float | None) -> dict[str, dict[str, float]]:
    """Prefix of the rule's id -> its levels in mg/m3."""
    limit, short = mac or twa, mac or stel
    assert limit is not None
    assert short is not None
    if pack == "gas-toxic":
        return {"gas-toxic": {"h": limit, "hh": 2 * limit}}
    if pack == "gas-toxic-gbz223":
        return {"gbz223": {"h": short / 2, "hh": short}}
    if mac is not None:
        return {"exposure-mac": {"h": mac}}
    assert twa is not None
    assert stel is not None
    return {"exposure-twa": {"h": twa}, "exposure-stel": {"h": stel}}


@pytest.mark.parametrize("pack", ["gas-toxic", "gas-toxic-gbz223", "exposure"])
def test_each_gas_has_its_limits_in_mg_m3_and_never_looser_ones_in_ppm(pack: str) -> None:
    rules = {rule.id: rule for rule in rules_of_pack(pack)}
    for kind, limits in LIMITS_MG_M3.items():
        gas = find_gas(kind)
        assert gas is not None
        for prefix, levels in toxic_levels(pack, *limits).items():
            for suffix, factor in (("", 1.0), ("-ppm", molar_volume_l(20.0) / gas.molar_mass_g)):
                rule = rules.pop(f"{prefix}-{kind}{suffix}")
                assert rule.applies_to.kind == f"gas.toxic.{kind}"
                assert rule.applies_to.unit_symbols == (("ppm",) if suffix else ("mg/m3", "mg/m³"))
                given = getattr(rule.condition, rule.condition.kind)
                for level, value in levels.items():
                    assert 0.99 * value * factor < getattr(given, level) <= value * factor * (1 + 1e-9), rule.id
                assert rule.ceiling in ({}, {level: getattr(given, level) for level in rule.levels})
    assert set(rules) <= {"gas-toxic-oel", "gas-toxic-idlh", "gbz223-high"}


@pytest.mark.parametrize(
    ("name", "points", "said"),
    [
        (
            "a site's rule",
            "A,U,gas.combustible,%LEL,0,100,1",
            "rules/a.yaml:4: condition.limit.h: 30 is looser than the ceiling 25 (GB/T 50493-2019 5.5.2), "
            "allowed is at most 25",
        ),
        (
            "a cell of a toxic gas",
            "A,U,gas.toxic.co,mg/m3,0,300,1,,,,21,40",
            "points.csv:2: h: 21 is looser than the ceiling 20 (GB/T 50493-2019 5.5.2), allowed is at most 20 "
            "in rule gas-toxic-co",
        ),
        (
            "a cell of ammonia",
            "A,U,ammonia.ppm,ppm,0,1000,1,,,,200,",
            "points.csv:2: h: 200 is looser than the ceiling 150 (GB 50072-2021 7.4), allowed is at most 150 "
            "in rule ammonia",
        ),
    ],
)
def test_what_is_looser_than_a_standard_is_an_error_that_names_the_clause(
    name: str, points: str, said: str, tmp_path: Path
) -> None:
    site = build_site(tmp_path, 7, enterprises=1)
    (site / "site.yaml").write_text("name: x\ntimezone: UTC\npacks: [gas-combustible, gas-toxic, ammonia]\n")
    columns = "point,unit,kind,unit_symbol,range_low,range_high,period_s,report,ll,l,h,hh"
    row = points.replace(",U,", ",E0001-U1,") + "," * (columns.count(",") - points.count(","))
    (site / "points.csv").write_text(f"{columns}\n{row}\n")
    if name == "a site's rule":
        (site / "rules").mkdir()
        own = "rules:\n  - id: gas-combustible\n    applies_to: {kind: gas.combustible}\n"
        (site / "rules" / "a.yaml").write_text(f"{own}    condition: {{limit: {{h: 30, hh: 50}}}}\n")
    with pytest.raises(InputError) as raised:
        read_rules(site, read_site(site)[0])
    assert said in [str(mistake) for mistake in raised.value.mistakes]


def test_data_health_is_on_where_the_site_says_nothing_of_packs(tmp_path: Path) -> None:
    site = build_site(tmp_path, 14)
    (site / "site.yaml").write_text("name: x\ntimezone: Asia/Shanghai\n")
    points = (site / "points.csv").read_text().replace(",1,,", ",1,on_change,", 1)
    (site / "points.csv").write_text(points)
    rules, _ = read_rules(site, read_site(site)[0])
    assert [rule.id for rule in rules] == [rule.id for rule in rules_of_pack("data-health")]


def test_all_packs_at_once_raise_an_alarm(tmp_path: Path) -> None:
    site_folder = build_site(tmp_path, 7, enterprises=1)
    (site_folder / "site.yaml").write_text(f"name: x\ntimezone: Asia/Shanghai\npacks: [{', '.join(pack_names())}]\n")
    site, _ = read_site(site_folder)
    rules, _ = read_rules(site_folder, site)
    registry = PointRegistry(site.points)
    batch = Batch.of([(0, START_MS, 50.0, 0), (2, START_MS, 19.5, 0), (3, START_MS, 11.0, 0), (6, START_MS, 1.0, 0)])
    events = Reference(site, rules, registry).apply(Readings(START_MS, batch))
    assert {(event.rule, event.level) for event in events} == {
        ("gas-combustible", "hh"),
        ("tank-level", "hh"),
        ("dust-spark", "on"),
    }


def test_the_schema_takes_what_the_reader_takes() -> None:
    schema = rules_schema()
    Draft202012Validator.check_schema(schema)
    for name in pack_names():
        form = {
            "rules": [
                json.loads(rule.model_dump_json(by_alias=True, exclude_unset=True)) for rule in rules_of_pack(name)
            ]
        }
        assert not list(Draft202012Validator(schema).iter_errors(form)), name
