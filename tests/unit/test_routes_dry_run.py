"""`tocsin routes test` and `duty`: who would be told, when, over what and why; and who is on duty."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.command import Ran, tocsin
from support.data_folder import make_data_folder
from support.routes_alarms import ms
from support.routes_site import write_site

from tocsin.book import BookReader
from tocsin.dry_run.words import WORDS
from tocsin.log.layout import BOOK

ROUTES = """\
rosters:
  - id: duty
    shifts:
      - {from: "08:00", to: "20:00", contacts: [zhang, li]}
      - {from: "20:00", to: "08:00", contacts: [wang]}
routes:
  - id: red-centre
    match: {severity: [red]}
    ladder:
      - {to: [{roster: duty}]}
      - {after_s: 180, to: [{role: leader, of: region}], over: [voice, sms], at_once: true}
      - {after_s: 600, to: [{contact: zhang}], approvers: [boss]}
    repeat: {every_s: 300, times: 2}
  - id: enterprise
    match: {severity: [red, orange], region: [north]}
    tier: enterprise
    ladder: [{to: [{role: safety}]}, {after_s: 300, to: [{role: manager}]}]
  - id: nearby
    match: {severity: [red], kind: [gas.*]}
    ladder: [{to: [{within_m: 2000}]}]
    last: true
  - id: digest
    match: {severity: [yellow, red]}
    digest_s: 3600
    ladder: [{to: [{role: safety}]}]
"""
AT = "2026-11-01T23:10:00+08:00"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_site(tmp_path_factory.mktemp("site"), ROUTES)


def run(site: Path, *more: str) -> Ran:
    return tocsin("routes", "test", "--site", site, "--at", AT, *more)


def facts(site: Path, *more: str) -> dict[str, Any]:
    ran = run(site, *more, "--json")
    assert ran.code == 0, ran.err
    shown: dict[str, Any] = json.loads(ran.out)
    return shown


def told(shown: dict[str, Any]) -> list[tuple[int, str, int, str, list[str]]]:
    """(seconds after it was raised, route, rung, purpose, contacts)."""
    raised = ms("2026-11-01T23:10:00")
    return [
        (
            (step["at"] - raised) // 1000,
            step["route"],
            step["rung"],
            step["purpose"],
            [call["contact"] for call in step["calls"]],
        )
        for step in shown["steps"]
    ]


def test_every_rung_and_repeat_is_shown_in_its_time(site: Path) -> None:
    shown = facts(site, "--severity", "red", "--subject", "E1-G1")
    assert shown["alarm"]["rule"] == "gas-combustible"
    assert shown["alarm"]["level"] == "hh"
    assert told(shown) == [
        (0, "red-centre", 0, "alarm", ["wang"]),
        (0, "enterprise", 0, "alarm", ["safe1"]),
        (0, "nearby", 0, "alarm", ["safe2"]),
        (180, "red-centre", 1, "escalated", ["north-boss", "north-boss"]),
        (300, "enterprise", 1, "escalated", ["man1"]),
        (600, "red-centre", 2, "escalated", ["zhang"]),
        (900, "red-centre", 2, "repeat", ["zhang"]),
        (1200, "red-centre", 2, "repeat", ["zhang"]),
    ]
    assert [call["channels"] for step in shown["steps"][:4] for call in step["calls"]] == [
        ["sms"],
        ["sms"],
        ["sms", "mail"],
        ["voice"],
        ["sms"],
    ]
    assert shown["steps"][5]["calls"][0]["approvers"] == ["boss"]
    assert {"wang", "safe1", "safe2", "north-boss", "man1"} <= set(shown["told_when_over"])


def test_quiet_hours_and_digests_show_until_when(site: Path) -> None:
    orange = facts(site, "--severity", "orange", "--subject", "E1-G1")
    assert [(call["held_by"], call["not_before"]) for step in orange["steps"] for call in step["calls"]] == [
        ("quiet", ms("2026-11-02T07:00")),
        (None, None),
    ]
    yellow = facts(site, "--severity", "yellow", "--subject", "E2-G1")
    assert [(call["held_by"], call["not_before"]) for step in yellow["steps"] for call in step["calls"]] == [
        ("digest", ms("2026-11-02T00:00"))
    ]


def test_each_route_says_why(site: Path) -> None:
    routes = facts(site, "--severity", "red", "--subject", "E1-G1")["routes"]
    assert [(route["route"], route["entered"], route["behind"]) for route in routes] == [
        ("red-centre", True, None),
        ("enterprise", True, None),
        ("nearby", True, None),
        ("digest", False, "nearby"),
    ]
    assert routes[1]["reasons"][1] == {
        "key": "region",
        "wanted": ["north"],
        "found": ["north", "county"],
        "fits": True,
    }


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_people_read_a_timeline(site: Path, lang: str) -> None:
    ran = run(site, "--severity", "orange", "--subject", "E2-W", "--lang", lang)
    assert ran.code == 0
    said = WORDS[lang]
    assert said["timeline"] in ran.out
    assert "2026-11-01 23:10:00  +0:00  enterprise" in ran.out
    assert "安二 (safe2)  sms" + said["then"] + "mail" in ran.out
    assert said["nobody"] in ran.out, "E2 has no manager"
    assert said["is_not"].format(key="severity", found="orange", wanted="red") in ran.out


def test_a_late_alarm_is_told_once(site: Path) -> None:
    shown = facts(site, "--severity", "red", "--subject", "E1-G1", "--historical")
    assert {step["purpose"] for step in shown["steps"]} == {"late"}
    assert {step["rung"] for step in shown["steps"]} == {0}


def test_an_alarm_that_nobody_hears_of_is_exit_1(site: Path) -> None:
    ran = run(site, "--severity", "blue", "--subject", "E3")
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.endswith("Nobody is told of this alarm.\n")
    assert run(site, "--severity", "red", "--subject", "E1-G1", "--exercise").code == 1


def test_an_alarm_of_the_book_is_taken_at_its_worst(tmp_path: Path) -> None:
    made = make_data_folder(tmp_path)
    reader = BookReader.open_for_reading(made.data / BOOK)
    record = reader.alarms()[0]
    reader.close()
    contacts = "contact,name,role,channels\nli,Li,duty,sms\n"
    (made.site / "contacts.csv").write_text(contacts, encoding="utf-8")
    routes = "routes:\n  - {id: all, ladder: [{to: [{contact: li}]}]}\n"
    (made.site / "routes.yaml").write_text(routes, encoding="utf-8")
    ran = tocsin("routes", "test", "--site", made.site, "--alarm", record.alarm, "--data", made.data, "--json")
    assert ran.code == 0, ran.err
    shown = json.loads(ran.out)
    assert shown["alarm"]["severity"] == record.worst_severity
    assert [(step["at"], step["calls"][0]["contact"]) for step in shown["steps"]] == [(record.raised_at, "li")]
    gone = tocsin("routes", "test", "--site", made.site, "--alarm", "nosuch", "--data", made.data)
    assert (gone.code, gone.mistakes) == (2, [f"tocsin: no alarm nosuch in {made.data}"])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([], "tocsin routes test: give either --alarm with --data, or --severity with --subject"),
        (["--alarm", "x"], "tocsin routes test: --alarm goes with --data, and with nothing else"),
        (["--severity", "red"], "tocsin routes test: give either"),
        (["--severity", "red", "--subject", "E1-G9"], "tocsin: E1-G9 is no point, unit, device or enterprise"),
        (
            ["--severity", "red", "--subject", "E1-G1", "--rule", "nope"],
            "tocsin: no rule nope is in force at this site",
        ),
        (
            ["--severity", "red", "--subject", "E1-G1", "--rule", "gas-combustible", "--level", "ll"],
            "tocsin: rule gas-combustible has no level ll, it has h, hh",
        ),
    ],
)
def test_a_wrong_call_is_one_line(site: Path, more: list[str], said: str) -> None:
    ran = tocsin("routes", "test", "--site", site, *more)
    assert ran.code == 2
    (line,) = ran.mistakes
    assert line.startswith(said)


def test_duty_shows_who_is_there(site: Path) -> None:
    ran = tocsin("routes", "duty", "--site", site, "--at", "2026-11-01T12:00:00+08:00", "--days", "1")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "Roster duty (Asia/Shanghai)",
        "  Sun 2026-11-01 12:00  -  Sun 2026-11-01 20:00  张, 李",
        "  Sun 2026-11-01 20:00  -  Mon 2026-11-02 08:00  王",
        "  Mon 2026-11-02 08:00  -  Mon 2026-11-02 12:00  张, 李",
    ]
    chinese = tocsin(
        "routes", "duty", "--site", site, "--at", "2026-11-01T12:00:00+08:00", "--days", "1", "--lang", "zh"
    )
    assert "周日 2026-11-01 12:00" in chinese.out
    shown = json.loads(tocsin("routes", "duty", "--site", site, "--at", AT, "--days", "1", "--json").out)
    assert [span["contacts"] for span in shown[0]["spans"]] == [["wang"], ["zhang", "li"], ["wang"]]


def test_duty_without_rosters_says_so(tmp_path: Path) -> None:
    ran = tocsin("routes", "duty", "--site", write_site(tmp_path))
    assert (ran.code, ran.out, ran.err) == (0, "", "no rosters\n")


def test_both_languages_have_all_words() -> None:
    assert WORDS["en"].keys() == WORDS["zh"].keys()
