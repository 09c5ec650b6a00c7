"""Every mistake in a rule file is told at its line, with what is allowed; nothing starts."""

from pathlib import Path

import pytest
from support.site_builder import POINT_COLUMNS, build_site

from plant.mistakes import InputError
from plant.site_reader import read_site
from rules.loader import pack_names, read_rules

GAS = "condition: {limit: {h: 25, hh: 50}}"


def told(tmp_path: Path, rules: str | bytes, *, packs: str = "[]", points: str = "") -> tuple[list[str], list[str]]:
    """(errors, warnings) of a small site with these rules; a filled `points` replaces points.csv."""
    site = build_site(tmp_path / "site", 7, enterprises=1)
    (site / "site.yaml").write_text(f"name: x\ntimezone: Asia/Shanghai\npacks: {packs}\n")
    (site / "rules").mkdir()
    (site / "rules" / "a.yaml").write_bytes(rules if isinstance(rules, bytes) else rules.encode())
    if points:
        (site / "points.csv").write_text(f"{POINT_COLUMNS}\n{points}")
    ground, _ = read_site(site)
    try:
        _, warnings = read_rules(site, ground)
    except InputError as error:
        lines = [str(mistake) for mistake in error.mistakes]
        return [line for line in lines if "warning:" not in line], [line for line in lines if "warning:" in line]
    return [], [str(mistake) for mistake in warnings]


def one_rule(*lines: str) -> str:
    """A file with one rule: line 2 is its id, the given lines follow from line 3 on."""
    return "\n".join(["rules:", "  - id: gas", *(f"    {line}" for line in lines)]) + "\n"


GAS_POINTS = "applies_to: {kind: gas.combustible}"

ERRORS = {
    "unknown key": (
        one_rule(GAS_POINTS, "condition: {limit: {h: 25, dedband: 2}}"),
        "rules/a.yaml:4: condition.limit.dedband: unknown key, allowed are ll, l, h, hh, deadband; "
        "did you mean deadband?",
    ),
    "unknown key of a rule": (
        one_rule(GAS_POINTS, GAS, "on_dely_s: 3"),
        "rules/a.yaml:5: on_dely_s: unknown key, allowed are id, version, applies_to, unit_symbols, condition, active, "
        "when, cells, on_delay_s, off_delay_s, count, severity, latch, never_suppress, ceiling, suppresses, "
        "late_after_s, enabled, "
        "drops, text, guidance, source; did you mean on_delay_s?",
    ),
    "missing key": (one_rule(GAS_POINTS), "rules/a.yaml:2: condition: this key is missing"),
    "severity": (
        one_rule(GAS_POINTS, GAS, "severity: {h: purple}"),
        "rules/a.yaml:5: severity.h: 'purple' is unknown, allowed are red, orange, yellow, blue",
    ),
    "plain severity": (
        one_rule(GAS_POINTS, GAS, "severity: purple"),
        "rules/a.yaml:5: severity: 'purple' is unknown, allowed are red, orange, yellow, blue",
    ),
    "delay as text": (
        one_rule(GAS_POINTS, GAS, "on_delay_s: 3 s"),
        "rules/a.yaml:5: on_delay_s: '3 s' can't be used, allowed is a number",
    ),
    "negative delay": (
        one_rule(GAS_POINTS, GAS, "on_delay_s:", "  h: 3", "  hh: -1"),
        "rules/a.yaml:7: on_delay_s.hh: -1 can't be used, allowed is greater than or equal to 0",
    ),
    "a level that the condition lacks": (
        one_rule(GAS_POINTS, "condition: {limit: {h: 25}}", "ceiling: {hh: 50}"),
        "rules/a.yaml:2: ceiling speaks of hh, the condition has h",
    ),
    "NaN": (
        one_rule(GAS_POINTS, "condition: {limit: {h: .nan}}"),
        "rules/a.yaml:4: condition.limit.h: nan can't be used, allowed is a finite number",
    ),
    "number as text": (
        one_rule(GAS_POINTS, 'condition: {limit: {h: "25"}}'),
        "rules/a.yaml:4: condition.limit.h: '25' can't be used, allowed is a number",
    ),
    "a truth for a number": (
        one_rule(GAS_POINTS, "condition: {limit: {h: true}}"),
        "rules/a.yaml:4: condition.limit.h: True can't be used, allowed is a number",
    ),
    "two conditions": (
        one_rule(GAS_POINTS, "condition: {limit: {h: 25}, range: {is: over}}"),
        "rules/a.yaml:4: condition: needs exactly one kind of condition, allowed are limit, discrete, rate, window, "
        "twa, frozen, stale, range, clock, flapping, calibration, drift, "
        "forecast, deviation, vote, expression, sequence, gateway_down",
    ),
    "low rate": (
        one_rule(GAS_POINTS, "condition: {rate: {l: 0.5, over_s: 60}}"),
        "rules/a.yaml:4: condition.rate: l is 0.5: a low rate is written negative",
    ),
    "a window longer than readings are kept": (
        one_rule(GAS_POINTS, "condition: {window: {stat: mean, over_s: 3000000, h: 5}}"),
        "rules/a.yaml:4: condition.window.over_s: 3000000 can't be used, allowed is less than or equal to 2592000",
    ),
    "l not below h": (
        one_rule(GAS_POINTS, "condition: {limit: {l: 25, h: 25}}"),
        "rules/a.yaml:4: condition.limit: l 25.0 is not below h 25.0",
    ),
    "no severity": (
        one_rule(GAS_POINTS, "condition: {discrete: {equals: 1}}"),
        "rules/a.yaml:2: severity is missing, allowed are red, orange, yellow, blue",
    ),
    "stale with a delay": (
        one_rule(GAS_POINTS, "condition: {stale: {severity: blue}}", "on_delay_s: 3"),
        "rules/a.yaml:2: stale takes no delays and no count",
    ),
    "number as clause": (
        one_rule(GAS_POINTS, GAS, "source: {standard: GB 50072-2021, clause: 7.4, certainty: V}"),
        "rules/a.yaml:5: source.clause: 7.4 can't be used, allowed is text (a number is put in quotes)",
    ),
    "bad id": (
        "rules:\n  - id: gas one\n    applies_to: {kind: x}\n    condition: {limit: {h: 1}}\n",
        "rules/a.yaml:2: id: 'gas one' can't be used, allowed is 1 to 64 of A-Z a-z 0-9 . _ -",
    ),
    "ceiling": (
        one_rule(GAS_POINTS, "condition: {limit: {h: 30}}", "cells: false", "ceiling: {h: 25}"),
        "rules/a.yaml:4: condition.limit.h: 30 is looser than the ceiling 25, allowed is at most 25",
    ),
    "unknown point": (
        one_rule("applies_to: {points: [E0001-P000000, E0001-P000000x]}", GAS),
        "rules/a.yaml:3: applies_to.points.1: there is no point 'E0001-P000000x', allowed are ids of points.csv; "
        "did you mean E0001-P000000?",
    ),
    "unknown enterprise": (
        one_rule("applies_to: {enterprise: E9}", GAS),
        "rules/a.yaml:3: applies_to.enterprise: there is no enterprise 'E9', allowed are ids of enterprises.csv",
    ),
    "drops without a pack's rule": (
        one_rule(GAS_POINTS, GAS, "drops: {levels: [hh]}"),
        "rules/a.yaml:5: drops: this rule replaces no pack's rule, so it can't drop anything",
    ),
    "unit": (
        one_rule(GAS_POINTS, 'unit_symbols: ["%VOL"]', GAS),
        "points.csv:2: unit_symbol: %LEL is not the unit of rule gas (rules/a.yaml), allowed are %VOL",
    ),
    "twice": (
        one_rule(GAS_POINTS, GAS) + one_rule(GAS_POINTS, GAS).removeprefix("rules:\n"),
        "rules/a.yaml:5: id: gas stands twice, first at rules/a.yaml:2; ids are unique in the site",
    ),
    "key twice": (
        one_rule(GAS_POINTS, GAS, "version: 1", "version: 2"),
        "rules/a.yaml:6: version: this key stands twice, first on line 5",
    ),
    "alias": (
        "a: &a [1, 1]\nrules: [*a, *a]\n",
        "rules/a.yaml:2: *a is an alias, write the value itself",
    ),
    "tag": ("rules: !!python/object x\n", "rules/a.yaml:1: a tag (!...), allowed are plain values"),
    "tab": ("rules:\n\t- id: x\n", "rules/a.yaml:2: is not YAML: a tab, allowed are spaces to indent"),
    "empty": ("", "rules/a.yaml:1: is empty, needed is rules: with a list of rules"),
    "a list": ("- id: x\n", "rules/a.yaml:1: is not a map, needed is rules: with a list of rules"),
    "no list": ("rules: {id: x}\n", "rules/a.yaml:1: rules: needed is a list of rules, each beginning with - id:"),
    "a word for a rule": (
        "rules:\n  - gas\n",
        "rules/a.yaml:2: rules: 'gas' can't be used, allowed is a map with id: ...",
    ),
    "two documents": ("rules: []\n---\nrules: []\n", "rules/a.yaml:2: a second document, allowed is one"),
    "deep": (f"rules: {'[' * 30}{']' * 30}\n", "rules/a.yaml:1: nested more than 20 levels deep"),
    "GBK": ("rules: # 可燃气体报警\n".encode("gbk"), "rules/a.yaml:1: is GBK, save it as UTF-8"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_a_mistake_is_told_at_its_line(tmp_path: Path, name: str) -> None:
    rules, expected = ERRORS[name]
    assert told(tmp_path, rules)[0] == [expected]


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    rules = one_rule(GAS_POINTS, "condition: {limit: {h: x, hh: y}}") + "  - id: other\n    latch: 7\n"
    errors, _ = told(tmp_path, rules, packs="[data-helth]")
    assert errors == [
        "rules/a.yaml:4: condition.limit.h: 'x' can't be used, allowed is a number",
        "rules/a.yaml:4: condition.limit.hh: 'y' can't be used, allowed is a number",
        "rules/a.yaml:5: applies_to: this key is missing",
        "rules/a.yaml:5: condition: this key is missing",
        "rules/a.yaml:6: latch: 7 can't be used, allowed is true or false",
        f"site.yaml:3: packs: there is no pack 'data-helth', allowed are {', '.join(pack_names())}; "
        "did you mean data-health?",
    ]


POINT_ROW = "P1,E0001-U1,gas.combustible,%LEL,0,100,1,{report},{ll},{l},{h},{hh},,,,,,,,,\n"


def row(report: str = "", ll: str = "", l: str = "", h: str = "", hh: str = "") -> str:  # noqa: E741
    return POINT_ROW.format(report=report, ll=ll, l=l, h=h, hh=hh)


def test_a_cell_looser_than_the_ceiling_is_an_error_at_the_cell(tmp_path: Path) -> None:
    source = "source: {standard: GB/T 50493-2019, clause: 5.5.2, certainty: V}"
    rules = one_rule(GAS_POINTS, GAS, "ceiling: {h: 25, hh: 50}", source)
    assert told(tmp_path, rules, points=row(h="26"))[0] == [
        "points.csv:2: h: 26 is looser than the ceiling 25 (GB/T 50493-2019 5.5.2), allowed is at most 25 in rule gas"
    ]
    assert told(tmp_path / "exact", rules, points=row(h="25"))[0] == []


def test_a_low_cell_below_the_ceiling_is_looser(tmp_path: Path) -> None:
    rules = one_rule(GAS_POINTS, "condition: {limit: {l: 19.5}}", "ceiling: {l: 19.5}")
    assert told(tmp_path, rules, points=row(l="19"))[0] == [
        "points.csv:2: l: 19 is looser than the ceiling 19.5, allowed is at least 19.5 in rule gas"
    ]


def test_limits_must_be_in_order_with_the_cells_in_place(tmp_path: Path) -> None:
    assert told(tmp_path, one_rule(GAS_POINTS, GAS), points=row(h="60"))[0] == [
        "points.csv:2: h: h 60 is not at most hh 50 in rule gas, allowed is ll <= l < h <= hh"
    ]
    rules = one_rule(GAS_POINTS, "condition: {limit: {l: 10, h: 50}}")
    assert told(tmp_path / "low", rules, points=row(h="10"))[0] == [
        "points.csv:2: h: l 10 is not below h 10 in rule gas, allowed is ll <= l < h <= hh"
    ]


def test_on_change_points_need_a_time_for_stale(tmp_path: Path) -> None:
    rules = one_rule(GAS_POINTS, "condition: {stale: {severity: blue}}")
    assert told(tmp_path, rules, points=row(report="on_change"))[0] == [
        "rules/a.yaml:4: condition.stale: after_s is missing, needed for points that report on change (P1)"
    ]


def test_warnings(tmp_path: Path) -> None:
    rules = one_rule(GAS_POINTS, "condition: {limit: {l: , h: 25}}")
    rules += "  - {id: none, applies_to: {kind: Gas.*}, condition: {limit: {h: 1}}}\n"
    assert told(tmp_path, rules, points=row(h="20", hh="30")) == (
        [],
        [
            "points.csv:2: hh: warning: no rule uses this cell of P1",
            "rules/a.yaml:4: condition.limit.l: warning: no point has a cell l, so the level is never watched",
            "rules/a.yaml:5: applies_to: warning: applies to no point of the site",
        ],
    )


def test_other_files_in_the_folder_are_not_passed_over_in_silence(tmp_path: Path) -> None:
    site = build_site(tmp_path / "site", 1, rules={"b.yml": "rules: []"})
    ground, _ = read_site(site)
    _, warnings = read_rules(site, ground)
    assert "rules/b.yml:1: warning: this file is not read, allowed are rules/*.yaml" in map(str, warnings)


REPLACING = {
    "another unit": (
        [GAS_POINTS, 'unit_symbols: ["%LEL", ppm]', GAS],
        "rules/a.yaml:4: unit_symbols: %LEL, ppm are not pack gas-combustible's, allowed are %LEL",
    ),
    "a longer delay": (
        [GAS_POINTS, GAS, "on_delay_s: {h: 4}"],
        "rules/a.yaml:5: on_delay_s.h: 4 s for h is longer than pack gas-combustible's, allowed is at most 3",
    ),
    "a looser level": (
        [GAS_POINTS, "condition: {limit: {h: 26, hh: 50}}"],
        "rules/a.yaml:4: condition.limit.h: 26 is looser than the ceiling 25 (GB/T 50493-2019 5.5.2), "
        "allowed is at most 25",
    ),
    "a looser ceiling": (
        [GAS_POINTS, GAS, "ceiling: {h: 30}"],
        "rules/a.yaml:5: ceiling.h: 30 is looser than pack gas-combustible's ceiling 25",
    ),
    "another kind": (
        [GAS_POINTS, "condition: {stale: {after_s: 9, severity: red}}"],
        "rules/a.yaml:4: condition: stale in the place of pack gas-combustible's limit, allowed is that kind",
    ),
    "fewer levels": (
        [GAS_POINTS, "condition: {limit: {h: 25}}"],
        "rules/a.yaml:4: condition: no longer covers hh of pack gas-combustible, "
        "allowed where drops: {levels: [..]} lists them",
    ),
    "fewer points": (
        ["applies_to: {kind: gas.combustible, tags: [none]}", GAS],
        "rules/a.yaml:3: applies_to: no longer covers E0001-P000000 of pack gas-combustible, "
        "allowed where drops: {points: [..]} lists them (* is any text)",
    ),
    "switched off": (
        [GAS_POINTS, GAS, "enabled: false"],
        "rules/a.yaml:5: enabled: no longer covers E0001-P000000 of pack gas-combustible, "
        "allowed where drops: {points: [..]} lists them (* is any text)",
    ),
}


@pytest.mark.parametrize("name", REPLACING)
def test_a_rule_in_the_place_of_a_packs_is_not_looser(tmp_path: Path, name: str) -> None:
    lines, expected = REPLACING[name]
    rules = one_rule(*lines).replace("id: gas\n", "id: gas-combustible\n")
    assert told(tmp_path, rules, packs="[gas-combustible]")[0] == [expected]


def test_what_is_dropped_on_purpose_is_no_mistake(tmp_path: Path) -> None:
    lines = [
        "applies_to: {kind: gas.combustible, tags: [none]}",
        "condition: {limit: {h: 20}}",
        'drops: {points: ["E0001-*"], levels: [hh]}',
    ]
    rules = one_rule(*lines).replace("id: gas\n", "id: gas-combustible\n")
    assert told(tmp_path, rules, packs="[gas-combustible]")[0] == []


def test_a_forecast_that_leaves_its_levels_to_cells(tmp_path: Path) -> None:
    condition = "condition: {forecast: {h: , hh: , within_s: 60, half_life_s: 30}}"
    errors, warnings = told(tmp_path, one_rule("applies_to: {kind: gas.oxygen}", condition))
    assert errors == []
    oxygen = [line for line in warnings if "forecast" in line or line.startswith("points.csv:4:")]
    assert oxygen == [
        "points.csv:4: deadband: warning: no rule uses this cell of E0001-P000002",
        "points.csv:4: l: warning: no rule uses this cell of E0001-P000002",
        "rules/a.yaml:4: condition.forecast.hh: warning: no point has a cell hh, so the level is never watched",
    ]
