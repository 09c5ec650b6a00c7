"""Mistakes in rules over several points are told at their line; what such a rule comes to stands in `resolve`."""

from pathlib import Path

import pytest

from plant.mistakes import InputError
from plant.site import Site
from plant.site_reader import read_site
from rules.loader import read_rules
from rules.several import Resolved, resolve
from rules.several.naming import DEEPEST, in_order
from rules.subjects import SubjectIndex

UNITS = "unit,enterprise,name,kind\nU1,E1,One,workshop\nU2,E1,Two,workshop\nU3,E2,Three,tank_farm\n"
POINTS = (
    "point,unit,kind,unit_symbol,period_s,device\n"
    "G1,U1,gas.a,,1,D1\n"
    "G2,U1,gas.a,,1,D1\n"
    "G3,U2,gas.a,,1,D2\n"
    "L1,U1,tank.level,m,1,D3\n"
    "V1,U1,tank.valve,,1,\n"
    "L3,U3,tank.level,m,1,D3\n"
)
BASE = """rules:
  - {id: gas, applies_to: {kind: gas.a}, condition: {limit: {h: 25, hh: 50}}}
  - {id: level, applies_to: {kind: tank.level}, condition: {limit: {h: 80}}}
  - {id: off, applies_to: {kind: gas.a}, condition: {limit: {h: 10}}, enabled: false}
  - {id: quiet, applies_to: {kind: gas.a}, condition: {stale: {after_s: 9}}, severity: blue}
"""


def site_with(tmp_path: Path, rules: str) -> tuple[Path, Site]:
    (tmp_path / "rules").mkdir()
    (tmp_path / "site.yaml").write_text("name: x\ntimezone: Asia/Shanghai\npacks: []\n")
    (tmp_path / "enterprises.csv").write_text("enterprise,name,region\nE1,One,north\nE2,Two,north\n")
    (tmp_path / "units.csv").write_text(UNITS)
    (tmp_path / "points.csv").write_text(POINTS)
    (tmp_path / "rules" / "a.yaml").write_text(BASE)
    (tmp_path / "rules" / "b.yaml").write_text(rules)
    return tmp_path, read_site(tmp_path)[0]


def told(tmp_path: Path, rules: str) -> list[str]:
    folder, site = site_with(tmp_path, rules)
    try:
        return [str(mistake) for mistake in read_rules(folder, site)[1]]
    except InputError as error:
        return [str(mistake) for mistake in error.mistakes]


def resolved(tmp_path: Path, rules: str) -> dict[str, Resolved]:
    folder, site = site_with(tmp_path, rules)
    found, _ = resolve(site, read_rules(folder, site)[0], SubjectIndex(site))
    return {one.rule.id: one for one in found}


def rule(condition: str, applies_to: str = "{kind: '*'}", rule_id: str = "v") -> str:
    """A rule on four lines: its condition stands on the third."""
    return f"  - id: {rule_id}\n    applies_to: {applies_to}\n    condition: {condition}\n    severity: red\n"


def formula(text: str, points: str = "{a: tank.level, b: tank.valve}") -> str:
    return rule(f'{{expression: {{is: "{text}", points: {points}}}}}')


MISTAKES = {
    "no such rule": (
        rule("{vote: {n: 1, rule: gsa}}"),
        "rules/b.yaml:4: condition.vote.rule: there is no rule gsa, allowed are ids of rules in force; "
        "did you mean gas?",
    ),
    "a rule that is off": (
        rule("{vote: {n: 1, rule: 'off'}}"),
        "rules/b.yaml:4: condition.vote.rule: rule off is switched off (enabled: false)",
    ),
    "a stale rule": (
        rule("{vote: {n: 1, rule: quiet}}"),
        "rules/b.yaml:4: condition.vote.rule: quiet is a stale rule: a silent member is unknown, so none would count",
    ),
    "no such level": (
        rule("{vote: {n: 1, rule: gas, level: ll}}"),
        "rules/b.yaml:4: condition.vote.level: rule gas has no level ll, allowed are h, hh",
    ),
    "no such lone level": (
        rule("{vote: {n: 1, rule: level, lone_critical: hh}}"),
        "rules/b.yaml:4: condition.vote.lone_critical: rule level has no level hh, allowed are h",
    ),
    "n beyond the members": (
        rule("{vote: {n: 2, rule: gas}}"),
        "rules/b.yaml:4: condition.vote.n: n is 2, but unit U2 has 1 member; allowed is at most the members of each",
    ),
    "a device of two enterprises": (
        rule("{vote: {n: 1, rule: level, per: device}}"),
        "rules/b.yaml:4: condition.vote.per: device D3 stands in several enterprises, so it is no one device",
    ),
    "points without a device": (
        rule("{limit: {h: 1}}", "{points: [G1, V1]}", "some") + rule("{vote: {n: 1, rule: some, per: device}}"),
        "rules/b.yaml:8: condition.vote.per: warning: a point without a device is left out",
    ),
    "a vote over itself": (
        rule("{vote: {n: 1, rule: v}}"),
        "rules/b.yaml:4: condition.vote.rule: names itself in a circle: v -> v",
    ),
    "an enterprise in a unit": (
        rule("{vote: {n: 1, rule: gas, per: enterprise}}", rule_id="w") + rule("{vote: {n: 1, rule: w}}"),
        "rules/b.yaml:8: condition.vote.per: E1, a subject of w, is in no one unit",
    ),
    "a sequence of unknown rules": (
        rule("{sequence: {first: {rule: gas}, then: {rule: levle, level: h}, within_s: 5}}"),
        "rules/b.yaml:4: condition.sequence.then.rule: there is no rule levle, allowed are ids of rules in force; "
        "did you mean level?",
    ),
    "a sequence's level": (
        rule("{sequence: {first: {rule: gas, level: l}, then: {rule: level}, within_s: 5}}"),
        "rules/b.yaml:4: condition.sequence.first.level: rule gas has no level l, allowed are h, hh",
    ),
    "a name without a point": (
        formula("a > 1 and c > 1"),
        "rules/b.yaml:4: condition.expression.is: c at column 11 is no name of a point here, allowed are a, b",
    ),
    "a word as a name": (
        formula("min > 1", "{min: L1}"),
        "rules/b.yaml:4: condition.expression.points.min: min is a word of formulas, give the point another name",
    ),
    "division by zero": (
        formula("a / 0 > b"),
        "rules/b.yaml:4: condition.expression.is: 0 at column 5 is zero, and nothing can be divided by it",
    ),
    "an unknown function": (
        formula("sqrt(a) > b"),
        "rules/b.yaml:4: condition.expression.is: sqrt(a) at column 1 is no function here, allowed are abs, min, max",
    ),
    "too deep": (
        formula("(" * 40 + "a" + ")" * 40 + " > b"),
        "rules/b.yaml:4: condition.expression.is: brackets at column 33 nested deeper than 32 levels",
    ),
    "a point of another unit": (
        formula("a > b", "{a: L1, b: L3}"),
        "rules/b.yaml:4: condition.expression.points.b: point L3 is in unit U3, allowed are points of one unit that "
        "applies_to matches (the other points are in U1)",
    ),
    "a glob that matches two": (
        formula("a > 1", "{a: gas.*}"),
        "rules/b.yaml:4: condition.expression.points.a: gas.* matches 2 points of unit U1 (G1, G2), allowed is exactly "
        "one",
    ),
    "no such point": (
        formula("a > 1", "{a: tank.levl}"),
        "rules/b.yaml:4: condition.expression.points.a: there is no point and no kind of point 'tank.levl'; did you "
        "mean tank.level?",
    ),
    "a name that nobody uses": (
        formula("a > 1"),
        "rules/b.yaml:4: condition.expression.points.b: warning: is not used in the formula",
    ),
    "brackets too deep for any reader": (
        formula("(" * 400 + "a" + ")" * 400 + " > b"),
        "rules/b.yaml:4: condition.expression.is: brackets at column 33 nested deeper than 32 levels",
    ),
    "minus after minus": (
        formula("-" * 300 + "a > b"),
        "rules/b.yaml:4: condition.expression.is: more than 200 operations, allowed are at most so many",
    ),
    "an id that another file has": (
        rule("{vote: {n: 1, rule: gas}}", rule_id="level"),
        "rules/b.yaml:2: id: level stands twice, first at rules/a.yaml:3; ids are unique in the site",
    ),
    "an alias": (
        rule("{vote: &v {n: 1, rule: gas}}") + rule("{vote: *v}", rule_id="w"),
        "rules/b.yaml:8: *v is an alias, write the value itself",
    ),
    "an alias of aliases": (
        "  - &a [x, x, x, x, x, x, x, x]\n  - &b [*a, *a, *a, *a, *a, *a, *a, *a]\n",
        "rules/b.yaml:3: *a is an alias, write the value itself",
    ),
    "YAML too deep": (
        rule("{vote: " + "[" * 5000 + "]" * 5000 + "}"),
        "rules/b.yaml:4: nested more than 20 levels deep",
    ),
    "nothing to apply to": (
        rule("{vote: {n: 1, rule: gas}}", "{kind: tank.*}"),
        "rules/b.yaml:3: applies_to: warning: applies to no unit of the site",
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_every_mistake_is_told_at_its_line(tmp_path: Path, case: str) -> None:
    rules, expected = MISTAKES[case]
    assert expected in told(tmp_path, "rules:\n" + rules)


def test_rules_may_rest_on_rules_but_not_without_end(tmp_path: Path) -> None:
    chain = [rule(f"{{vote: {{n: 1, rule: {'gas' if not i else f'v{i - 1}'}}}}}", rule_id=f"v{i}") for i in range(20)]
    assert told(tmp_path, "rules:\n" + "".join(chain)) == [
        f"rules/b.yaml:{4 + 4 * DEEPEST}: condition.vote.rule: rests on rules that name rules more than 16 deep, "
        "allowed are 16"
    ]


def test_a_long_circle_is_told_in_short_and_not_of_every_rule(tmp_path: Path) -> None:
    circle = [rule(f"{{vote: {{n: 1, rule: v{(i + 1) % 200}}}}}", rule_id=f"v{i}") for i in range(200)]
    lines = told(tmp_path, "rules:\n" + "".join(circle))
    assert len(lines) == 20
    assert lines[0].endswith("circle: v0 -> v1 -> v2 -> v3 -> v4 -> v5 -> v6 -> v7 -> ... -> v0")


def test_ten_thousand_rules_that_name_one_another_are_put_in_order_at_once() -> None:
    circle = {str(i): [str((i + 1) % 10_000)] for i in range(10_000)}
    into = {str(i): [str(i + 1)] if i < 9_999 else ["9998", "9998"] for i in range(10_000)}
    fan = {"0": []} | {str(i): ["0", "0"] for i in range(1, 10_000)}
    assert len(in_order(circle).circles) == 20
    assert in_order(into).circles == [["9998", "9999", "9998"], ["9999", "9998", "9999"]]
    assert in_order(fan).order[0] == "0"
    assert len(in_order(fan).order) == 10_000


def test_the_nearest_name_is_looked_for_at_the_first_few_mistakes_alone(tmp_path: Path) -> None:
    many = [rule("{vote: {n: 1, rule: gsa}}", rule_id=f"v{i}") for i in range(20)]
    assert sum("did you mean gas?" in line for line in told(tmp_path, "rules:\n" + "".join(many))) == 5


def test_a_circle_is_told_for_each_rule_in_it(tmp_path: Path) -> None:
    rules = "rules:\n" + rule("{vote: {n: 1, rule: b}}", rule_id="a") + rule("{vote: {n: 1, rule: a}}", rule_id="b")
    circles = [line for line in told(tmp_path, rules + rule("{vote: {n: 1, rule: b}}")) if "circle" in line]
    assert [line.split("circle: ")[1] for line in circles] == ["a -> b -> a", "b -> a -> b"]


@pytest.mark.parametrize(
    ("per", "ids", "enterprises"),
    [
        ("unit", ("U1", "U2"), ("E1", "E1")),
        ("enterprise", ("E1",), ("E1",)),
        ("device", ("D1", "D2"), ("E1", "E1")),
        ("site", ("site",), ("",)),
    ],
)
def test_the_subjects_of_a_vote(tmp_path: Path, per: str, ids: tuple[str, ...], enterprises: tuple[str, ...]) -> None:
    found = resolved(tmp_path, "rules:\n" + rule(f"{{vote: {{n: 1, rule: gas, per: {per}}}}}"))["v"]
    assert (found.ids, found.enterprises) == (ids, enterprises)


def test_rules_that_name_rules_come_after_them(tmp_path: Path) -> None:
    rules = rule("{vote: {n: 1, rule: x, per: site}}", rule_id="z") + rule("{vote: {n: 1, rule: gas}}", rule_id="x")
    found = resolved(tmp_path, "rules:\n" + rules)
    assert list(found) == ["x", "z"]
    assert (found["z"].depth, found["z"].ids) == (1, ("site",))


def test_a_unit_without_one_of_the_points_is_no_subject(tmp_path: Path) -> None:
    assert resolved(tmp_path, "rules:\n" + formula("a > b"))["v"].ids == ("U1",)
