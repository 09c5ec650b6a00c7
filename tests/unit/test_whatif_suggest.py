"""Suggestions on made readings whose cure is known."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from support.command import tocsin
from support.data_folder import Made, make_data_folder
from support.whatif import START_MS, Values, configured, gas_site

from plant.site_reader import read_site
from rules.loader import read_rules
from tocsin.init import write_example
from tocsin.whatif.advice_text import to_set
from tocsin.whatif.candidates import candidates
from tocsin.whatif.nuisance import Record
from tocsin.whatif.suggest import Advices, run_suggest

HIGH = {"condition": {"limit": {"h": 25, "deadband": 1}}}
CHATTER = [26.0, 26.0, 22.5, 22.5] * 30
"""Back and forth over the limit and past the deadband, raised every four seconds."""
REAL = [0.0] * 300 + [40.0] * 300 + [0.0] * 900


def suggested(values: Sequence[float | None], rule: dict[str, object]) -> Advices:
    return run_suggest(Values(values), configured(gas_site(), rule))


def test_a_quiet_alarm_is_left_alone() -> None:
    assert suggested(REAL, HIGH).advices == []


def test_a_deadband_calms_an_alarm_at_its_limit_and_loses_nothing() -> None:
    (advice,) = suggested([*REAL, *CHATTER, *REAL], HIGH).advices
    assert (advice.key, advice.record.alarms) == (("r", "gas", "high"), 32)
    assert (advice.record.chatters, advice.record.most_in_a_minute, advice.record.stands) == (True, 16, False)
    best = advice.best
    assert best is not None
    assert (best.candidate.setting, best.candidate.before, best.candidate.value) == ("deadband", 1, 5)
    assert best.candidate.origin == "5 % of the range"
    assert (best.record.alarms, best.missed, best.most_delay_ms) == (3, 0, 0)
    assert best.record.standing_ms > advice.record.standing_ms


def test_an_on_delay_says_what_it_costs() -> None:
    blips: list[float | None] = ([30.0] + [0.0] * 19) * 9
    (advice,) = suggested([*REAL, *blips, *REAL], HIGH).advices
    by_setting = {(t.candidate.setting, t.candidate.value): t for t in advice.trials}
    delayed = by_setting["on_delay_s", 3.0]
    assert (delayed.record.alarms, delayed.missed) == (2, 9), "the blips are gone, and counted as missed"
    assert (delayed.most_delay_ms, delayed.median_delay_ms) == (3000, 3000)
    held = by_setting["off_delay_s", 30.0]
    assert (held.record.alarms, held.missed, held.most_delay_ms) == (3, 0, 0)
    assert advice.best is held, "what loses nothing is preferred"


def test_levels_of_never_suppress_and_high_high_get_no_on_delay() -> None:
    both = {"condition": {"limit": {"h": 25, "hh": 50}}, "never_suppress": ["h"]}
    hh = {"condition": {"limit": {"h": 25, "hh": 50}}}
    for rule, levels in ((both, set()), (hh, {("h",)})):
        (given,) = configured(gas_site(), rule).rules
        tried = list(candidates(given, gas_site().points["gas"], "high", Record(most_in_a_minute=9), {}))
        assert {c.levels for c in tried if c.setting == "on_delay_s"} == levels
        for candidate in tried:
            assert candidate.rule.on_delay_of("hh") == 0
            limit = candidate.rule.condition.limit
            assert limit is not None
            assert (limit.h, limit.hh) == (25, 50), "a limit is never touched"


def test_a_pack_bounds_the_on_delay() -> None:
    (given,) = configured(gas_site(), HIGH).rules
    tried = candidates(given, gas_site().points["gas"], "high", Record(most_in_a_minute=9), {"h": 5.0})
    assert [c.value for c in tried if c.setting == "on_delay_s"] == [3.0, 5.0]


def test_a_deadband_always_lets_the_level_go_off_again() -> None:
    low_high = {"condition": {"limit": {"l": 20, "h": 25}}}
    (given,) = configured(gas_site(), low_high).rules
    tried = candidates(given, gas_site().points["gas"], "high", Record(most_in_a_minute=9), {})
    assert [c.value for c in tried if c.setting == "deadband"] == [1, 2], "5 would reach from 25 down to 20"


def test_the_starting_deadband_of_a_kind_comes_first() -> None:
    site = gas_site()
    (given,) = configured(site, HIGH).rules
    tank = replace(site.points["gas"], kind="tank.level")
    first = next(candidates(given, tank, "high", Record(most_in_a_minute=9), {}))
    assert (first.value, first.origin) == (2.0, "EEMUA 191: 2 % of the range")


@pytest.mark.parametrize(("value", "setting"), [(24.3, "deadband"), (30.0, None)])
def test_an_alarm_that_stands_for_a_day(value: float, setting: str | None) -> None:
    values = [30.0, *[value] * (25 * 60)]
    (advice,) = run_suggest(Values(values, step_s=60), configured(gas_site(period_s=60.0), HIGH)).advices
    assert advice.record.stands
    if setting is None:
        assert advice.best is None
        assert advice.why_none == "the value itself stays beyond the limit: find the cause"
    else:
        assert advice.best is not None
        assert (advice.best.candidate.setting, advice.best.candidate.value) == (setting, 0.5)


def test_a_link_that_comes_and_goes() -> None:
    values: list[float | None] = ([1.0] * 3 + [None] * 4) * 40
    found = suggested(values, {"condition": {"stale": {}}, "severity": "blue"})
    (advice,) = found.advices
    assert advice.best is not None
    assert (advice.best.candidate.setting, advice.best.candidate.value) == ("after_s", 6)
    assert to_set(advice, found) == {"cell": {"file": "points.csv", "point": "gas", "column": "period_s", "value": 2.0}}


def test_candidates_are_decided_as_the_rule_itself_would_be() -> None:
    """The trial of a setting has the alarms that the changed rule has on its own."""
    found = suggested([*REAL, *CHATTER, *REAL], HIGH)
    for trial in found.advices[0].trials:
        rule = trial.candidate.rule.model_dump(mode="json", by_alias=True, exclude_unset=True)
        alone = run_suggest(Values([*REAL, *CHATTER, *REAL]), configured(gas_site(), rule))
        records = [advice.record for advice in alone.advices]
        if trial.record.wearing:
            assert [(r.alarms, r.standing_ms) for r in records] == [(trial.record.alarms, trial.record.standing_ms)]
        else:
            assert records == []


def test_a_rule_that_looks_at_another_point_is_tried_with_its_readings(tmp_path: Path) -> None:
    site = write_example(tmp_path / "site") and tmp_path / "site"
    (site / "rules" / "site.yaml").write_text(
        "rules: [{id: hot, applies_to: {points: [E001-LEVEL-01]}, condition: {limit: {h: 3, deadband: 0.01}},"
        " cells: false, active: {points: {t: E001-TEMP-01}, while: t > 20}}]\n"
    )
    rows = [f"E001-TEMP-01,{START_MS + 5000 * n},30" for n in range(200)]
    rows += [f"E001-LEVEL-01,{START_MS + 5000 * n},{3.01 if n % 2 else 2.98}" for n in range(200)]
    (tmp_path / "feed.csv").write_text("point,measured_at,value\n" + "\n".join(rows) + "\n")
    ran = tocsin("rules", "suggest", "--feed", tmp_path / "feed.csv", "--site", site, "--json", tmp_path / "s.json")
    assert ran.code == 0, ran.err
    (mine,) = [a for a in json.loads((tmp_path / "s.json").read_text())["alarms"] if a["rule"] == "hot"]
    assert mine["suggestion"]["then"]["alarms"] == 1, "not none: it is active in the trial too"
    assert (mine["suggestion"]["setting"], mine["suggestion"]["missed"]) == ("deadband", 0)


@pytest.fixture
def chattering(tmp_path: Path) -> tuple[Path, Path]:
    """The example site and a feed in which a tank's temperature chatters at its limit."""
    write_example(tmp_path / "site")
    rows = [f"E001-TEMP-01,{START_MS + 5000 * n},{41 if n % 24 < 8 else 38.5}" for n in range(600)]
    (tmp_path / "feed.csv").write_text("point,measured_at,value\n" + "\n".join(rows) + "\n")
    return tmp_path / "site", tmp_path / "feed.csv"


def test_the_command_gives_a_cell_that_calms(chattering: tuple[Path, Path], tmp_path: Path) -> None:
    site, feed = chattering
    ran = tocsin("rules", "suggest", "--feed", feed, "--site", site, "--json", tmp_path / "s.json")
    assert ran.code == 0
    form = json.loads((tmp_path / "s.json").read_text())
    assert (form["format"], form["version"]) == ("tocsin rules suggest", 1)
    (mine,) = [a for a in form["alarms"] if a["rule"] == "tank-temperature"]
    cell = mine["to_set"]["cell"]
    assert f"points.csv, point E001-TEMP-01: deadband = {cell['value']:g}" in ran.out
    points = (site / "points.csv").read_text()
    (site / "points.csv").write_text(points.replace("40,50,1,", f"40,50,{cell['value']:g},"))
    again = tocsin("rules", "suggest", "--feed", feed, "--site", site, "--json", tmp_path / "s.json")
    assert again.code == 0
    assert "tank-temperature" not in {a["rule"] for a in json.loads((tmp_path / "s.json").read_text())["alarms"]}


def test_the_rule_to_write_can_be_read(tmp_path: Path) -> None:
    """An off-delay goes into the rule: the YAML is one that the loader takes in the place of a pack's."""
    site = write_site_with_blips(tmp_path)
    ran = tocsin("rules", "suggest", "--feed", tmp_path / "feed.csv", "--site", site, "--json", tmp_path / "s.json")
    assert ran.code == 0, ran.err
    (mine,) = [a for a in json.loads((tmp_path / "s.json").read_text())["alarms"] if a["rule"] == "dust-spark"]
    assert mine["suggestion"]["setting"] == "off_delay_s"
    (site / "rules" / "calmer.yaml").write_text(mine["to_set"]["yaml"], encoding="utf-8")
    read, _ = read_site(site)
    rules, warnings = read_rules(site, read)
    (calmer,) = [rule for rule in rules if rule.id == "dust-spark"]
    assert calmer.off_delay_of("on") == mine["suggestion"]["value"]
    assert not [w for w in warnings if w.file == "rules/calmer.yaml"]


def write_site_with_blips(folder: Path) -> Path:
    write_example(folder / "site")
    rows = [f"E002-SPARK-01,{START_MS + 1000 * n},{int(n % 15 == 0)}" for n in range(300)]
    (folder / "feed.csv").write_text("point,measured_at,value\n" + "\n".join(rows) + "\n")
    return folder / "site"


def test_a_journal_is_looked_at_under_the_rules_in_force(tmp_path: Path) -> None:
    made: Made = make_data_folder(tmp_path)
    ran = tocsin("rules", "suggest", "--journal", made.data)
    assert (ran.code, ran.out) == (0, "no alarm chatters, repeats or stands too long\n")
    assert ran.err.startswith("2 readings, 0 alarms found, 0 settings tried")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ((), "give either --feed or --journal"),
        (("--feed", "f.csv"), "--feed needs --site"),
        (("--journal", "nowhere"), "no data folder of a service"),
        (("--journal", "d", "--skip-unknown"), "--skip-unknown belongs to --feed"),
    ],
)
def test_mistakes_in_the_call(call: tuple[str, ...], message: str) -> None:
    ran = tocsin("rules", "suggest", *call)
    assert ran.code == 2
    assert len(ran.mistakes) == 1
    assert message in ran.err
