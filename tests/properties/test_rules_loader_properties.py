"""Whatever stands in a rule file, the reader answers with rules or with mistakes that have a place."""

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from plant.mistakes import Mistake
from rules.loader import pack_names
from rules.loader.packs import pack_text
from rules.loader.rule_files import rules_of_text
from rules.loader.rule_yaml import parse_rule_yaml

PACKS = "".join(pack_text(name) for name in pack_names())
WORDS = ("id", "applies_to", "condition", "limit", "h", "hh", "on", "on_delay_s", "severity", "latch", "count", "stale")
TREES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.sampled_from(["red", "V"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(st.sampled_from(WORDS), st.text(max_size=3)), inner)
    ),
    max_leaves=12,
)


def read(text: str) -> list[Mistake]:
    mistakes: list[Mistake] = []
    rules_of_text(text, "rules/x.yaml", mistakes, of_pack=False)
    lines = text.count("\n") + 2
    assert all(1 <= mistake.line <= lines and mistake.message and "\n" not in str(mistake) for mistake in mistakes)
    return mistakes


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
@example("rules:\n- \x85")
@example("\ufeffrules: []")
@example("rules: [{? {a: b} : c}]")
@example("rules: [" + "9" * 5000 + "]")
def test_any_text(text: str) -> None:
    read(text)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(PACKS)), st.integers(0, 40), st.text(alphabet="{}[]:,-#&*!|>'\"% \t\nahx1.", max_size=4))
def test_a_pack_with_a_slip_of_the_pen(at: int, length: int, slip: str) -> None:
    read(PACKS[:at][-2000:] + slip + PACKS[at + length :][:2000])


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from([*WORDS, "version", "ceiling", "drops", "source", "text"]), TREES))
def test_a_rule_of_anything_is_told_to_be_wrong(tree: dict[str, Any]) -> None:
    assert read(json.dumps({"rules": [tree]}))


# Beyond the basic plane JSON escapes pairs of surrogates, which YAML knows not; written out plainly both agree.
BMP = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=("Cs",)), max_size=5)
PLAIN = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(10**17), 10**17), st.floats(allow_nan=False, allow_infinity=False)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(BMP, inner, max_size=3)),
    max_leaves=10,
)


@settings(max_examples=200, deadline=None)
@given(PLAIN)
def test_json_is_yaml(value: Any) -> None:
    mistakes: list[Mistake] = []
    assert parse_rule_yaml(json.dumps(value), "x", mistakes) == value
    assert mistakes == []
