"""The reference pages name every key, every condition and every rule that there is."""

import re
from pathlib import Path

import pytest

from plant.mistakes import Mistake
from rules.loader import pack_names
from rules.loader.packs import pack_text
from rules.loader.rule_files import rules_of_text
from rules.schema import AppliesTo, Condition, Rule

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


def test_the_page_of_rules_names_every_key_and_every_parameter() -> None:
    page = (REFERENCE / "rules.md").read_text(encoding="utf-8")
    for name in (*Rule.model_fields, *AppliesTo.model_fields, *Condition.model_fields):
        assert f"`{name}`" in page, name
    for row in re.findall(r"^\| `(\w+)` \| (.*)$", page, re.MULTILINE):
        if row[0] in Condition.model_fields:
            condition = Condition.model_fields[row[0]].annotation
            parameters = {
                f.alias or n for a in condition.__args__ if a is not type(None) for n, f in a.model_fields.items()
            }
            for parameter in parameters - {"ll", "l", "h", "hh", "severity"}:
                assert f"`{parameter}" in row[1], (row[0], parameter)


def test_the_example_on_the_page_is_a_rule() -> None:
    page = (REFERENCE / "rules.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert example is not None
    mistakes: list[Mistake] = []
    assert len(rules_of_text(example[1], "rules.md", mistakes, of_pack=False)) == 1
    assert mistakes == []


@pytest.mark.parametrize("name", pack_names())
def test_each_pack_has_a_page_that_names_every_rule_with_its_levels_and_source(name: str) -> None:
    assert f"[`{name}`](packs/{name}.md)" in (REFERENCE / "packs.md").read_text(encoding="utf-8")
    page = (REFERENCE / "packs" / f"{name}.md").read_text(encoding="utf-8")
    for heading in ("## Rules", "## Why these delays", "## What to do", "## What it does not do"):
        assert heading in page
    assert "Points needed: " in page or "Points needed, " in page
    rows = {row.split("`")[1]: row for row in page.splitlines() if row.startswith("| `")}
    for placed in rules_of_text(pack_text(name), name, [], of_pack=True):
        rule, row = placed.rule, rows.pop(placed.rule.id)
        source = rule.source
        assert source is not None
        assert source.standard == "Tocsin" or source.standard in row, rule.id
        assert source.clause in row, rule.id
        assert re.search(rf"\b{source.certainty} \|$", row), rule.id
        assert ("**off**" in row) == (not rule.enabled), rule.id
        given = getattr(rule.condition, rule.condition.kind)
        for level in rule.levels if rule.levels != ("on",) else ():
            value = getattr(given, level)
            assert f"{level} {'cell' if value is None else format(value, '.15g')}" in row, rule.id
    assert rows == {}


def test_no_page_is_left_of_a_pack_that_is_gone() -> None:
    assert {path.stem for path in (REFERENCE / "packs").glob("*.md")} == set(pack_names())
