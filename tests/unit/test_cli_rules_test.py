"""`tocsin rules test`: what it prints, and its exit codes."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from support.command import tocsin

from rules.loader.rule_yaml import parse_rule_yaml
from rules.trial import trial_schema

ROOT = Path(__file__).resolve().parents[2]
GOOD = """\
points: {G1: {kind: gas.combustible, unit_symbol: "%LEL", range: [0, 100]}}
packs: [gas-combustible]
tests:
  - name: at once
    given: [{point: G1, value: 50}]
    expect: [{event: raised, level: hh}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(GOOD.replace("level: hh", "level: h"))
    (tmp_path / "wrong.yaml").write_text(GOOD.replace("point: G1", "point: G2"))
    return tmp_path


def test_all_is_well(folder: Path) -> None:
    ran = tocsin("rules", "test", folder / "good.yaml")
    assert (ran.code, ran.out, ran.err) == (0, "", "1 passed, 0 failed\n")
    ran = tocsin("rules", "test", "-v", folder / "good.yaml")
    assert ran.out == f"{folder}/good.yaml:4: passed: at once\n"


def test_a_failure_is_exit_1(folder: Path) -> None:
    ran = tocsin("rules", "test", folder / "good.yaml", folder / "bad.yaml")
    assert (ran.code, ran.err) == (1, "1 passed, 1 failed\n")
    assert ran.out.startswith(f"{folder}/bad.yaml:4: FAILED: at once\n")


def test_a_file_with_mistakes_is_exit_2_and_the_others_run(folder: Path) -> None:
    ran = tocsin("rules", "test", folder)
    assert ran.code == 2
    assert "bad.yaml:4: FAILED" in ran.out
    assert ran.err.splitlines() == [
        "1 passed, 1 failed",
        f"{folder}/wrong.yaml:5: given.0.point: there is no point 'G2' in the site of these tests",
    ]


def test_files_that_are_not_there(tmp_path: Path) -> None:
    ran = tocsin("rules", "test", tmp_path / "none.yaml")
    assert (ran.code, ran.err.splitlines()[-1]) == (2, f"{tmp_path}/none.yaml:1: no such file")
    assert tocsin("rules", "test", tmp_path).code == 2


def test_a_site_folder_with_its_own_rules(tmp_path: Path) -> None:
    assert tocsin("init", tmp_path / "site").code == 0
    points = (tmp_path / "site" / "points.csv").read_text()
    name = re.search(r"^([^,\n#]+),[^,]*,gas\.combustible,", points, re.MULTILINE)
    assert name is not None
    text = f"""\
site: site
tests:
  - name: a leak
    given: [{{point: {name[1]}, value: 60, for: 5s}}]
    expect: [{{event: raised, subject: {name[1]}, level: hh}}]
    others: allowed
"""
    (tmp_path / "leak.yaml").write_text(text)
    ran = tocsin("rules", "test", tmp_path / "leak.yaml")
    assert ran.code == 0, ran.out + ran.err


def test_the_example_of_the_reference_page_passes(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "reference" / "rule-tests.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "example.yaml").write_text(example, encoding="utf-8")
    ran = tocsin("rules", "test", tmp_path / "example.yaml")
    assert (ran.code, ran.out) == (0, ""), ran.out + ran.err


def test_what_the_reader_takes_the_schema_takes() -> None:
    schema = trial_schema()
    Draft202012Validator.check_schema(schema)
    mistakes: list[object] = []
    document = parse_rule_yaml(GOOD, "good.yaml", mistakes)  # type: ignore[arg-type]
    Draft202012Validator(schema).validate(json.loads(json.dumps(document)))
