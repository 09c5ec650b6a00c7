"""What the loader says of schedules that can't be right."""

from pathlib import Path

import pytest
from support.site_builder import build_site

from plant.mistakes import InputError
from plant.site_reader import read_site
from rules.loader import read_rules

GAS = "condition: {limit: {h: 20, hh: 40}}"
PERMIT = "points: {x: tank.level}"
ERRORS = {
    "nothing": ("active: {}", "5: active: says nothing, allowed are shift, calendar, while"),
    "time": ('active: {shift: {from: "8:00", to: "20:00"}}', "5: active.shift.from: '8:00' can't be used"),
    "end": ('active: {shift: {from: "24:00", to: "20:00"}}', "5: active.shift.from: 24:00 ends a day"),
    "day": ('active: {shift: {from: "08:00", to: "20:00", days: [monday]}}', "5: active.shift.days.0: 'monday' is unk"),
    "no day": ('active: {shift: {from: "08:00", to: "20:00", days: []}}', "5: active.shift.days: names no day"),
    "second shift": (
        'active: {shift: [{from: "08:00", to: "20:00"}, {from: "08:00"}]}',
        "5: active.shift.1.to: this key is missing",
    ),
    "calendar": ("active: {calendar: weekends}", "5: active.calendar: 'weekends' is unknown, allowed are workdays"),
    "no points": ('active: {while: "x == 1"}', "5: active: while and points come together"),
    "formula": (f'active: {{while: "x = 1", {PERMIT}}}', "5: active.while: can't be read at column"),
    "name": (f'active: {{while: "y == 1", {PERMIT}}}', "5: active.while: y at column 1 is no name of a point here"),
    "several": (
        'active: {while: "x == 1", points: {x: "*"}}',
        "5: active.points.x: * is E0001-P000000 and E0001-P000002",
    ),
    "elsewhere": (
        'active: {while: "x == 1", points: {x: E0002-P000007}}\n    drops: {}',
        "5: active.points.x: E0002-P000007 is in no unit of the rule's points",
    ),
    "never_suppress": (
        "active: {calendar: workdays}\n    never_suppress: [h, hh]",
        "5: active: every level is under never_suppress",
    ),
    "levels of when": (
        f'when: [{{while: "x == 1", {PERMIT}, levels: {{h: 10}}}}]',
        "5: when.0.levels: names h, needed are those of the rule: h, hh",
    ),
    "ceiling of when": (
        f'when: [{{while: "x == 1", {PERMIT}, levels: {{h: 30, hh: 40}}}}]\n    ceiling: {{h: 25}}',
        "5: when.0.levels.h: 30 is looser than the ceiling 25",
    ),
    "never_suppress of when": (
        f'when: [{{while: "x == 1", {PERMIT}, levels: {{h: 10, hh: 45}}}}]\n    never_suppress: [hh]',
        "5: when.0.levels.hh: 45 is looser than the rule's 40, which is under never_suppress",
    ),
}


def told(tmp_path: Path, lines: str, condition: str = GAS) -> list[str]:
    rule = f"rules:\n  - id: gas\n    applies_to: {{points: [E0001-P000000]}}\n    {condition}\n    {lines}\n"
    site_folder = build_site(tmp_path / "site", 14, 2, rules={"a.yaml": rule})
    site, _ = read_site(site_folder)
    try:
        return [str(mistake) for mistake in read_rules(site_folder, site)[1] if mistake.file == "rules/a.yaml"]
    except InputError as error:
        return [str(mistake) for mistake in error.mistakes if mistake.file == "rules/a.yaml"]


@pytest.mark.parametrize("name", ERRORS)
def test_a_mistake_is_told_at_its_line(tmp_path: Path, name: str) -> None:
    lines, expected = ERRORS[name]
    assert [text[: len(f"rules/a.yaml:{expected}")] for text in told(tmp_path, lines)] == [f"rules/a.yaml:{expected}"]


@pytest.mark.parametrize(
    ("condition", "lines", "expected"),
    [
        (
            "condition: {stale: {after_s: 9, severity: blue}}",
            f'active: {{while: "x == 1", {PERMIT}}}',
            "5: active.while: can't be used with stale",
        ),
        (
            "condition: {discrete: {equals: 1, severity: blue}}",
            f'when: [{{while: "x == 1", {PERMIT}, levels: {{h: 1}}}}]',
            "5: when: can't be used with discrete, allowed is limit",
        ),
        (
            "condition: {vote: {n: 1, rule: other, per: enterprise}}",
            f'severity: blue\n    active: {{while: "x == 1", {PERMIT}}}',
            "6: active.while: names points of a unit, but the alarms of this rule stand on enterprises; "
            "allowed are shift and calendar, or a while on the rules that it names",
        ),
        (
            "condition: {vote: {n: 1, rule: other}}",
            "severity: blue\n    never_suppress: [on]\n    active: {calendar: workdays}",
            "7: active: every level is under never_suppress, and these take no notice of a schedule",
        ),
        (
            'condition: {expression: {is: "l > 1", points: {l: tank.level}}}',
            'severity: blue\n    active: {while: "x == 1", points: {x: "*"}}',
            "6: active.points.x: * is E0001-P000000 and E0001-P000002 in unit E0001-U1, allowed is one in each unit",
        ),
    ],
)
def test_kinds_without_it(tmp_path: Path, condition: str, lines: str, expected: str) -> None:
    assert f"rules/a.yaml:{expected}" in told(tmp_path, lines, condition)


def test_a_unit_without_the_point_is_a_warning(tmp_path: Path) -> None:
    lines = 'active: {while: "x == 1", points: {x: permit.hot}}'
    assert told(tmp_path, lines) == [
        "rules/a.yaml:5: active.points.x: warning: unit E0001-U1 has no point permit.hot, so it is always unknown there"
    ]


def test_a_schedule_that_is_right_says_nothing(tmp_path: Path) -> None:
    lines = (
        'active: {shift: {from: "20:00", to: "06:00", days: [mon, sat]}, calendar: workdays, while: "x > 1", '
        f'{PERMIT}}}\n    when: [{{while: "x > 5", {PERMIT}, levels: {{h: 10, hh: 20}}}}]\n    never_suppress: [hh]'
    )
    assert told(tmp_path, lines) == []
