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
def test_the_page_of_packs_names_every_rule(name: str) -> None:
    page = (REFERENCE / "packs.md").read_text(encoding="utf-8")
    assert f"`{name}`" in page
    for placed in rules_of_text(pack_text(name), name, [], of_pack=True):
        assert f"`{placed.rule.id}`" in page
