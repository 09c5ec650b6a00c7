"""Subjects and levels found fast are those found one by one; large sites load in a few seconds."""

from dataclasses import replace
from pathlib import Path
from random import Random
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.random_cases import random_rule, random_site
from support.reference_conditions import KINDS, applies
from support.site_builder import build_site

from plant.site_reader import read_site
from rules.levels import effective_deadband, effective_levels
from rules.loader import read_rules
from rules.schema import AppliesTo
from rules.subjects import SubjectIndex, subjects_of

WORDS = st.sampled_from(["gas.*", "*", "GAS.*", "gas.combustible", "tank.?evel", "[gt]a*", "workshop", "E1", "E9", "a"])
APPLIES = st.fixed_dictionaries(
    {},
    optional={
        "kind": WORDS,
        "points": st.lists(st.sampled_from(["P0", "P1", "P2", "P9"]), min_size=1, max_size=3),
        "unit_kind": st.sampled_from(["workshop", "tank_farm", "other"]),
        "enterprise": st.sampled_from(["E1", "E2", "E9"]),
        "tags": st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=2),
        "report": st.sampled_from(["periodic", "on_change"]),
        "unit_symbols": st.lists(st.sampled_from(["ppm", "%LEL", "bar"]), min_size=1, max_size=3),
        "principle": st.sampled_from(["catalytic", "infrared", "laser"]),
        "unit_has": WORDS,
    },
).filter(bool)


@settings(max_examples=200, deadline=None)
@given(st.randoms(use_true_random=False), APPLIES)
def test_subjects_are_the_points_that_match_one_by_one(rng: Random, applies_to: dict[str, object]) -> None:
    site = random_site(rng, 8)
    for name, point in site.points.items():
        symbol, principle = rng.choice([None, "ppm", "%LEL"]), rng.choice([None, "catalytic", "infrared"])
        site.points[name] = replace(point, unit_symbol=symbol, principle=principle)
    rule = random_rule(rng, site, "r").model_copy(update={"applies_to": AppliesTo.model_validate(applies_to)})
    expected = [point for point in site.points.values() if applies(rule, point, site)]
    assert subjects_of(rule, site) == expected
    assert SubjectIndex(site).of(rule) == expected


@pytest.mark.parametrize("seed", range(100))
def test_effective_levels_are_the_references(seed: int) -> None:
    rng = Random(seed)
    site = random_site(rng, 4)
    rule = random_rule(rng, site, "r")
    for point in site.points.values():
        if rule.condition.kind in ("limit", "rate", "window", "twa"):
            condition = KINDS[rule.condition.kind](rule, point)
            assert effective_levels(rule, point) == condition.limits
        else:
            assert effective_levels(rule, point) == {}
        if rule.condition.limit is not None:
            assert effective_deadband(rule, point) == KINDS["limit"](rule, point).deadband


@pytest.mark.slow
def test_ten_thousand_rules_load_in_a_few_seconds(tmp_path: Path) -> None:
    one = (
        "  - id: r{n}\n    applies_to: {{kind: gas.combustible, enterprise: E{e:04}}}\n"
        "    condition: {{limit: {{h: 25, hh: 50, deadband: 2}}}}\n    on_delay_s: {{h: 3, hh: 0}}\n"
        "    severity: {{h: orange, hh: red}}\n    ceiling: {{h: 25, hh: 50}}\n"
    )
    text = "rules:\n" + "".join(one.format(n=n, e=n % 100 + 1) for n in range(10_000))
    folder = build_site(tmp_path, 7_000, enterprises=100, rules={"many.yaml": text})
    site, _ = read_site(folder)
    before = process_time()
    rules, _ = read_rules(folder, site)
    assert len(rules) == 10_000
    assert process_time() - before < 15
