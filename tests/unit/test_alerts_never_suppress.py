"""Levels under never_suppress: every path that could hide an alarm, one by one."""

from typing import Any

import pytest
from support.alarm_steps import ALARM, T0, action, engine_event
from support.override_desk import Desk
from support.reference_runs import point, rule, site_of

from alerts.place import Places
from alerts.policy import policy_of
from plant.entries import OverrideAction
from plant.mistakes import Mistake
from rules.loader.replacing import replace_pack_rules
from rules.loader.rule_files import PlacedRule, rules_of_text
from rules.loader.schedule_checks import ScheduleChecks
from rules.loader.suppression_checks import check_suppression
from rules.subjects import SubjectIndex

SITE = site_of(point("E001-P0015", device="D1"), point("P2", device="D1"))
PLACES = Places(SITE)
GAS = rule("gas", {"limit": {"h": 25, "hh": 50}}, severity={"h": "orange", "hh": "red"}, never_suppress=["hh"])
SPARK = rule("spark", {"discrete": {"equals": 1}}, never_suppress=["on"])
POLICY = policy_of([GAS, SPARK], SITE)
PACK = """
rules:
  - id: spark
    applies_to: {kind: "*"}
    condition: {discrete: {equals: 1, severity: red}}
    never_suppress: ["on"]
"""


@pytest.fixture
def desk() -> Desk:
    return Desk(POLICY, PLACES)


def hh(at_s: float = 10, name: str = "raised", raised_s: float | None = None) -> Any:
    at = T0 + round(at_s * 1000)
    raised_at = T0 + round((at_s if raised_s is None else raised_s) * 1000)
    return engine_event(name, at, "hh", raised_at=raised_at, received_at=at, enterprise="E1")


def h(at_s: float = 0, name: str = "raised", raised_s: float = 0) -> Any:
    at = T0 + round(at_s * 1000)
    return engine_event(name, at, "h", raised_at=T0 + round(raised_s * 1000), received_at=at, enterprise="E1")


def override(**facts: Any) -> OverrideAction:
    given: dict[str, Any] = {"kind": "out_of_service", "purpose": "maintenance", "until_ms": T0 + 600_000}
    given |= {"override": "ov-1", "by": "wang", "why": "new head", "scope": "point", "subject": "E001-P0015"}
    return OverrideAction(T0 + 1000, "set", **(given | facts))


@pytest.mark.parametrize("one_shot", [False, True])
@pytest.mark.parametrize("tier", ["centre", "enterprise"])
def test_it_is_not_shelved(desk: Desk, one_shot: bool, tier: Any) -> None:
    desk.take(hh(0), action("shelve", T0 + 1000, ALARM, until_ms=T0 + 60_000, one_shot=one_shot, tier=tier))
    assert len(desk.refused) == 1
    assert desk.records[ALARM].shelved_until is None
    assert not desk.overrides.is_quiet(ALARM)


def test_nor_while_it_was_at_such_a_level_and_nobody_acknowledged(desk: Desk) -> None:
    shelve = action("shelve", T0 + 3000, ALARM, until_ms=T0 + 60_000)
    desk.take(hh(0), h(2, "downgraded"), shelve)
    assert desk.refused == ["level hh of rule gas can't be shelved (never_suppress)"]


@pytest.mark.parametrize("one_shot", [False, True])
def test_a_shelf_does_not_reach_it(desk: Desk, one_shot: bool) -> None:
    desk.take(h(), action("shelve", T0 + 1000, until_ms=T0 + 600_000, one_shot=one_shot))
    desk.take(h(2, "cleared"), action("acknowledge", T0 + 3000), hh(10))
    assert desk.refused == []
    assert [n for n in desk.told if not n.startswith(ALARM)] == [f"{hh(10).alarm}.1"]


def test_a_shelf_ends_when_the_alarm_rises_to_it(desk: Desk) -> None:
    desk.take(h(), action("shelve", T0 + 1000, until_ms=T0 + 600_000), hh(2, "upgraded", 0))
    assert f"{ALARM}.3" in desk.told


@pytest.mark.parametrize("kind", [{}, {"kind": "disabled", "purpose": "", "until_ms": None}])
@pytest.mark.parametrize(
    "scope",
    [
        {},
        {"rule": "gas"},
        {"scope": "rule", "subject": "gas"},
        {"scope": "unit", "subject": "U1"},
        {"scope": "device", "subject": "D1"},
        {"scope": "enterprise", "subject": "E1"},
    ],
)
def test_no_override_reaches_it(desk: Desk, kind: dict[str, Any], scope: dict[str, Any]) -> None:
    desk.take(override(**kind, **scope), hh(2))
    assert desk.refused == []
    assert desk.told == [f"{hh(2).alarm}.1"]
    desk.take(h(3, "raised", 3))
    assert len(desk.told) == 1


@pytest.mark.parametrize(
    "facts",
    [
        {"purpose": "calibration"},
        {"purpose": "maintenance", "approved_by": "li"},
        {"purpose": "test", "approved_by": "li", "scope": "unit", "subject": "U1"},
        {"purpose": "test", "approved_by": "li", "scope": "device", "subject": "D1"},
    ],
)
def test_what_looks_like_a_test_does_not_reach_it(desk: Desk, facts: dict[str, Any]) -> None:
    desk.take(override(**facts), hh(2))
    assert desk.refused == []
    assert desk.told == [f"{hh(2).alarm}.1"]


def test_an_approved_test_of_the_very_point_does_for_an_hour_at_most(desk: Desk) -> None:
    desk.take(override(purpose="test", approved_by="li", until_ms=T0 + 1000 + 3_600_000), hh(2))
    assert desk.refused == []
    assert desk.told == []
    desk.clock(T0 + 1000 + 3_600_000)
    assert desk.told == [f"{hh(2).alarm}.1"]
    desk.take(override(override="ov-2", purpose="test", approved_by="li", until_ms=T0 + 1000 + 3_600_001))
    assert "at most 60 minutes" in desk.refused[0]


def test_an_override_of_a_rule_with_no_other_level_is_refused(desk: Desk) -> None:
    desk.take(override(scope="rule", subject="spark"), override(rule="spark"), override(rule="spark", purpose="test"))
    assert len(desk.refused) == 3
    desk.take(override(rule="spark", purpose="test", approved_by="li"))
    assert len(desk.refused) == 3


def placed(text: str, *, of_pack: bool = False) -> PlacedRule:
    mistakes: list[Mistake] = []
    (found,) = rules_of_text(text, "rules.yaml", mistakes, of_pack=of_pack)
    assert mistakes == []
    return found


def test_no_rule_suppresses_it_by_design() -> None:
    down = placed("""
rules:
  - id: down
    applies_to: {kind: "*"}
    condition: {gateway_down: {}}
    severity: yellow
    suppresses: [spark]
""")
    mistakes: list[Mistake] = []
    check_suppression([placed(PACK), down], mistakes)
    assert ["nothing may hide" in m.message for m in mistakes] == [True]


def test_no_schedule_switches_it_off() -> None:
    at_day = placed(PACK + '    active: {shift: {from: "08:00", to: "20:00"}}\n')
    mistakes: list[Mistake] = []
    ScheduleChecks(SITE, mistakes).check(at_day, list(SITE.points.values()))
    assert ["take no notice of a schedule" in m.message for m in mistakes] == [True]


def test_a_site_neither_disables_a_packs_rule_nor_takes_the_protection_off() -> None:
    pack, index = placed(PACK, of_pack=True), SubjectIndex(SITE)
    mistakes: list[Mistake] = []
    replace_pack_rules([pack], [placed(PACK + "    enabled: false\n")], index, mistakes)
    assert ["no longer covers" in m.message for m in mistakes] == [True]
    bare = placed(PACK.replace('    never_suppress: ["on"]\n', ""))
    (kept,) = replace_pack_rules([pack], [bare], index, [])
    assert kept.rule.never_suppress == ("on",)
