"""The packs that ship: each loads, says where its figures come from, and speaks English and Chinese."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from support.random_cases import START_MS
from support.reference import Reference
from support.site_builder import build_site

from plant.batch import Batch
from plant.entries import Readings
from plant.mistakes import Mistake
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
}


def rules_of_pack(name: str) -> list[Rule]:
    mistakes: list[Mistake] = []
    rules = [placed.rule for placed in rules_of_text(pack_text(name), name, mistakes, of_pack=True)]
    assert mistakes == []
    return rules


def test_the_packs_of_the_product_are_there() -> None:
    assert set(pack_names()) >= {
        "ammonia",
        "data-health",
        "dust-dry",
        "gas-combustible",
        "gas-openpath",
        "gas-oxygen",
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
        else:
            assert (rule.source.standard, rule.source.certainty) == ("Tocsin", "ED"), rule.id


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
        ("ammonia", "ammonia", {"h": 150, "hh": 0.25 * 150_000}),
        ("tank", "tank-level", {"ll": None, "l": None, "h": None, "hh": None}),
        ("dust-dry", "dust-inlet-temperature", {"hh": 70}),
    ],
)
def test_the_levels_are_those_of_the_source(pack: str, rule_id: str, levels: dict[str, float | None]) -> None:
    rule = next(rule for rule in rules_of_pack(pack) if rule.id == rule_id)
    assert rule.condition.limit is not None
    assert {level: getattr(rule.condition.limit, level) for level in rule.levels} == levels


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
