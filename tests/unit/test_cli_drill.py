"""`tocsin drill` as its users call it: tables, JSON, comparison, exit codes, mistakes."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.command import tocsin

from simulators import packaged_scenarios
from tocsin.drill.library import programme
from tocsin.init import write_example

LEAK = """\
name: two-leaks
duration_s: 900
incidents:
  - {name: big, kind: leak, pick: {kind: gas.combustible, nth: 1}, at_s: 60, for_s: 200, magnitude: 80, rise_s: 30}
  - {name: small, kind: leak, pick: {kind: gas.combustible, nth: 2}, at_s: 60, for_s: 200, magnitude: 12, rise_s: 30}
faults:
  - {name: mute, kind: dropout, pick: {kind: tank.level}, at_s: 300, for_s: 120}
"""
EARLY_RULE = """\
rules:
  - id: gas-early
    applies_to: {kind: gas.combustible}
    condition: {limit: {h: 10}}
    on_delay_s: DELAY
    severity: yellow
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The example site with a scenario of its own."""
    write_example(tmp_path / "site")
    (tmp_path / "two.yaml").write_text(LEAK, encoding="utf-8")
    return tmp_path / "site"


def without_rule(site: Path) -> None:
    """Take the gas rules away: the leak is then missed."""
    lines = (site / "site.yaml").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.strip().startswith("- gas-combustible")]
    (site / "site.yaml").write_text("\n".join(kept), encoding="utf-8")
    (site / "rules" / "site.yaml").write_text("rules: []\n", encoding="utf-8")


def outcome(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_drill_scores_what_the_rules_said(site: Path, tmp_path: Path) -> None:
    ran = tocsin("drill", tmp_path / "two.yaml", "--site", site, "--json", tmp_path / "out.json")
    assert (ran.code, ran.err) == (0, "")
    assert "two-leaks" in ran.out
    assert "gas-combustible" in ran.out
    found = outcome(tmp_path / "out.json")
    assert (found["format"], found["version"], found["seeds"]) == ("tocsin-drill", 1, [1])
    total = found["total"]
    assert (total["incidents"], total["incidents_missed"], total["hits"], total["misses"]) == (1, 0, 1, 0)
    assert (total["faults"], total["faults_named"], total["false_alarms"]) == (1, 1, 0)
    assert -20 < total["delay_s"]["median"] < 0, "the rule at 10 %LEL speaks before 25 is reached"
    assert total["delay_s"]["n"] == total["lead_s"]["n"] == 1
    (stale,) = (rule for rule in found["rules"] if rule["rule"] == "data-stale")
    assert (stale["sort"], stale["hits"]) == ("instrument", 1)


def test_the_same_drill_gives_the_same_outcome_in_several_processes(site: Path, tmp_path: Path) -> None:
    for name, jobs in (("a", 1), ("b", 2)):
        call = ("drill", tmp_path / "two.yaml", "--site", site, "--seed", 5, "--seeds", 3, "--jobs", jobs)
        assert tocsin(*call, "--json", tmp_path / f"{name}.json").code == 0
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    found = outcome(tmp_path / "a.json")
    assert found["seeds"] == [5, 6, 7]
    assert found["total"]["due"] == 3
    assert found["across_seeds"]["hit_rate"] == {"n": 3, "median": 1.0, "p5": 1.0, "p95": 1.0}


def test_a_missed_incident_makes_the_exit_code_1(site: Path, tmp_path: Path) -> None:
    without_rule(site)
    ran = tocsin("drill", tmp_path / "two.yaml", "--site", site, "--json", tmp_path / "out.json")
    assert ran.code == 1
    assert "missed: two-leaks seed 1, big (leak) at " in ran.out
    (missed,) = outcome(tmp_path / "out.json")["unheard"]
    assert (missed["incident"], missed["incident_missed"], missed["silent"]) == ("big", True, [])
    assert tocsin("drill", tmp_path / "two.yaml", "--site", site, "--fail-on", "nothing").code == 0
    assert tocsin("drill", tmp_path / "two.yaml", "--site", site, "--fail-on", "false").code == 0


def test_a_comparison_says_what_got_worse(site: Path, tmp_path: Path) -> None:
    rules = site / "rules" / "site.yaml"
    call = ("drill", tmp_path / "two.yaml", "--site", site)
    rules.write_text(EARLY_RULE.replace("DELAY", "0"), encoding="utf-8")
    assert tocsin(*call, "--json", tmp_path / "old.json").code == 0
    rules.write_text(EARLY_RULE.replace("DELAY", "6"), encoding="utf-8")
    ran = tocsin(*call, "--compare", tmp_path / "old.json", "--fail-on", "worse", "--json", tmp_path / "new.json")
    assert ran.code == 1
    assert "worse" in ran.out
    assert "delay, median, s" in ran.out
    assert "better" not in ran.out.split("Against the older drill")[1]
    back = tocsin(*call, "--compare", tmp_path / "new.json", "--fail-on", "worse")
    assert back.code == 0
    assert "nothing got worse or better" in back.out
    without_rule(site)
    gone = tocsin(*call, "--compare", tmp_path / "old.json", "--fail-on", "worse")
    assert gone.code == 1
    assert "newly missed: two-leaks, big at " in gone.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("no-such-scenario",), "no-such-scenario:1: no such file"),
        (("leak", "--fail-on", "worse"), "--fail-on worse needs --compare"),
        (("leak", "--seeds", "0"), "--seeds"),
        (("leak", "--site", "nowhere"), "nowhere"),
    ],
)
def test_a_wrong_call_is_one_line_on_stderr(arguments: tuple[str, ...], says: str) -> None:
    ran = tocsin("drill", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.mistakes[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{}", "old.json:1: format: is not the outcome of a drill"),
        ('{"format": "tocsin-drill", "version": 9}', "old.json:1: version: is 9, this program reads 1"),
        ('{"format": "tocsin-drill", "version": 1}', "old.json:1: is not the outcome of a drill: "),
        ("x", "old.json:1: is not the outcome of a drill: "),
    ],
)
def test_an_older_outcome_that_is_none_is_a_mistake(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "old.json").write_text(text)
    ran = tocsin("drill", "leak", "--compare", tmp_path / "old.json")
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.mistakes[0]


def test_what_does_not_fit_the_site_is_left_out_by_name(site: Path, tmp_path: Path) -> None:
    found = programme((), site, tmp_path / "nothing-is-written-here")
    left_out = dict(found.left_out)
    assert "the site has no point" in left_out["ammonia-cold-store"]
    played = [stage.name for stage in found.stages]
    assert {"leak", "quiet-day"} <= set(played)
    assert set(played) | set(left_out) == set(packaged_scenarios()) - {"county-demo"}


def test_without_a_site_each_scenario_brings_its_own(tmp_path: Path) -> None:
    found = programme((), None, tmp_path)
    assert found.left_out == ()
    assert len({stage.folder for stage in found.stages}) > 15
    assert all(stage.configured().rules for stage in found.stages)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_report_is_whole_and_draws_every_incident(site: Path, tmp_path: Path, lang: str) -> None:
    pytest.importorskip("matplotlib")
    page = tmp_path / "report.html"
    assert tocsin("drill", tmp_path / "two.yaml", "--site", site, "--html", page, "--lang", lang).code == 0
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 2
    assert "://" not in text
    words = ("should speak", "what really was", "In short") if lang == "en" else ("应报警", "真实值", "结论")
    for word in (*words, "gas-combustible", "hh 50"):
        assert word in text
    again = tmp_path / "again.html"
    assert tocsin("drill", tmp_path / "two.yaml", "--site", site, "--html", again, "--lang", lang).code == 0
    assert again.read_bytes() == page.read_bytes()
