"""`tocsin rules diff`: what changed, what that would have done, on feeds and journals; and the page that tells it."""

import json
import re
import shutil
from pathlib import Path

import pytest
from support.command import tocsin
from support.data_folder import START_MS, Made, make_data_folder
from support.simulated import point, site_of
from support.whatif import Values, configured, gas_site

from tocsin.init import write_example
from tocsin.whatif.diff import run_diff
from tocsin.whatif.rule_changes import FieldChange, ItemChange, point_changes, rule_changes
from tocsin.whatif.tally import Side, Tally
from tocsin.whatif.words import change_text, effect

HIGH = {"condition": {"limit": {"h": 25, "hh": 50, "deadband": 2}}}


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example site as a, a changed copy as b, and a rehearsed leak as leak.csv."""
    folder = tmp_path_factory.mktemp("sites")
    write_example(folder / "a")
    shutil.copytree(folder / "a", folder / "b")
    rules = folder / "b" / "rules" / "site.yaml"
    text = rules.read_text(encoding="utf-8").replace("limit: {h: 10, deadband: 2}", "limit: {h: 8, deadband: 2}")
    text = text.replace("rising: {value} %LEL", "rises: {value} %LEL").replace(
        "{h: 1.0, over_s: 30", "{h: 1.4, over_s: 30"
    )
    rules.write_text(text[: text.index("  # A contact, counted")], encoding="utf-8")
    points = folder / "b" / "points.csv"
    points.write_text(
        points.read_text(encoding="utf-8").replace("0.5,0.8,5.0,5.4", "0.5,0.8,4.8,5.4"), encoding="utf-8"
    )
    scenario = folder / "a" / "scenarios" / "leak.yaml"
    assert tocsin("simulate", scenario, "--site", folder / "a", "--out", folder / "leak.csv").code == 0
    return folder


def test_a_stricter_limit_comes_earlier_and_a_longer_delay_loses_the_short_one() -> None:
    values = [0.0] * 10 + [15.0, 22.0, 30.0, 30.0, 30.0] + [0.0] * 10 + [30.0] + [0.0] * 10
    lower = {"condition": {"limit": {"h": 20, "hh": 50, "deadband": 2}}, "on_delay_s": {"h": 2}}
    diff = run_diff(Values(values), configured(gas_site(), HIGH), configured(gas_site(), lower))
    said = [(p.changes[0].value, p.later_ms) for p in diff.listed]
    assert said == [("gone", None), ("later", 1000)]
    assert diff.total.before.standing_ms == 4000
    assert dict(diff.total.before.by_severity) == {"orange": 2}
    assert dict(diff.total.after.by_severity) == {"orange": 1}
    assert (diff.readings, diff.stretch_ms) == (len(values), 1000 * (len(values) - 1))


def test_a_severity_that_rises_is_louder() -> None:
    values = [0.0] * 5 + [30.0] * 5 + [0.0] * 5
    red = {**HIGH, "severity": {"h": "red"}}
    diff = run_diff(Values(values), configured(gas_site(), HIGH), configured(gas_site(), red))
    (pair,) = diff.listed
    assert [change.value for change in pair.changes] == ["louder"]
    assert list(diff.by_rule) == ["r"]
    assert list(diff.by_enterprise) == ["E"]


def test_only_so_many_differences_are_kept_and_the_worst_of_them() -> None:
    values = ([30.0] * 3 + [0.0] * 3) * 5 + [60.0] * 3 + [0.0] * 3
    none: list[dict[str, object]] = []
    diff = run_diff(Values(values), configured(gas_site(), HIGH), configured(gas_site(), *none), most_listed=2)
    assert [(p.span.severity, p.changes[0].value) for p in diff.listed] == [("red", "gone"), ("orange", "gone")]
    assert (diff.not_listed, diff.total.changes.total()) == (4, 6)


def test_a_point_that_only_one_side_has_and_nobody_heard_is_left_out() -> None:
    stale = {"condition": {"stale": {}}, "severity": "blue", "applies_to": {"kind": "*"}}
    more = site_of([gas_site().points["gas"], point("planned", "gas.combustible", 0, 100)])
    recording = Values([1.0] * 20)
    recording.heard = lambda: frozenset({"gas"})  # type: ignore[method-assign]
    recording.registry.assign(["planned"])
    diff = run_diff(recording, configured(gas_site(), stale), configured(more, stale))
    assert (diff.same, diff.unheard) == (True, ["planned"])
    assert diff.points == [ItemChange("planned", "added")]


def test_rules_are_compared_as_they_take_effect() -> None:
    (one,) = configured(gas_site(), {**HIGH, "on_delay_s": 3, "version": 1}).rules
    (same,) = configured(gas_site(), {**HIGH, "on_delay_s": {"h": 3.0, "hh": 3.0}, "severity": {"h": "orange"}}).rules
    (worded,) = configured(gas_site(), {**HIGH, "on_delay_s": 3, "version": 2, "text": {"en": "gas"}}).rules
    (cell,) = configured(
        gas_site(), {"condition": {"limit": {"h": None, "hh": 50.0, "deadband": 2}}, "on_delay_s": 3}
    ).rules
    assert rule_changes([one], [same]) == []
    (item,) = rule_changes([one], [worded])
    assert item.wording_only
    (item,) = rule_changes([one], [cell])
    assert item.fields == (FieldChange("condition.limit.h", 25.0, "from the point's cell"),)
    assert rule_changes([one], []) == [ItemChange("r", "removed")]


def test_points_are_compared_by_what_decides() -> None:
    before, after = gas_site(h=20.0), gas_site(h=18.0, topic="elsewhere")
    assert point_changes(before, after) == [ItemChange("gas", "changed", (FieldChange("h", 20.0, 18.0),))]
    assert point_changes(before, gas_site(h=20.0, key="k")) == []


@pytest.mark.parametrize(
    ("path", "before", "after", "says"),
    [
        ("condition.limit.h", 25.0, 20.0, "stricter"),
        ("condition.limit.l", 19.5, 19.0, "looser"),
        ("on_delay_s.h", 3.0, 10.0, "looser"),
        ("off_delay_s.h", 3.0, 10.0, "last longer"),
        ("condition.limit.deadband", 2.0, 1.0, "end sooner"),
        ("enabled", True, False, ""),
        ("severity.h", "orange", "red", ""),
    ],
)
def test_what_a_change_does_in_words(path: str, before: object, after: object, says: str) -> None:
    assert says in effect(FieldChange(path, before, after), "en")
    assert bool(effect(FieldChange(path, before, after), "zh")) == bool(says)


def test_changes_in_words() -> None:
    assert change_text(FieldChange("condition.limit.h", 25.0, 20.0), "en") == "high limit: 25 → 20"
    assert change_text(FieldChange("on_delay_s.hh", 0.0, 3.0), "zh") == "接通延时（高高限）：0 s → 3 s"
    assert change_text(FieldChange("severity.h", "orange", "red"), "zh") == "严重程度（高限）：橙 → 红"


def test_the_command_on_a_feed(sites: Path, tmp_path: Path) -> None:
    call = ("rules", "diff", "--site", sites / "a", "--against", sites / "b", "--feed", sites / "leak.csv")
    ran = tocsin(*call, "--json", tmp_path / "d.json")
    assert ran.code == 0
    assert "rule gas-early: high limit: 10 → 8" in ran.out
    assert "point E001-LEVEL-01: high limit: 5 → 4.8" in ran.out
    assert re.search(r"^gone +red +spark-again +E002-SPARK-01 ", ran.out, re.M)
    assert ran.err.startswith("3180 readings under both rule sets in ")
    form = json.loads((tmp_path / "d.json").read_text(encoding="utf-8"))
    assert (form["format"], form["version"], form["same"]) == ("tocsin rules diff", 1, False)
    assert {name: n for name, n in form["total"]["changes"].items() if n} == {
        "gone": 1,
        "earlier": 2,
        "later": 1,
        "ends_later": 2,
        "ends_sooner": 1,
    }
    assert form["by_rule"]["spark-again"]["after"]["alarms"] == 0
    assert len(form["differences"]) == 4
    zh = tocsin(*call, "--lang", "zh")
    assert "规则 gas-early: 高限：10 → 8" in zh.out


def test_a_site_does_not_differ_from_itself(sites: Path) -> None:
    ran = tocsin("rules", "diff", "--site", sites / "a", "--against", sites / "a", "--feed", sites / "leak.csv")
    assert ran.code == 0
    assert ran.out.startswith("no alarm would have been different\n")


def test_a_window_chooses_the_alarms(sites: Path, tmp_path: Path) -> None:
    call = ("rules", "diff", "--site", sites / "a", "--against", sites / "b", "--feed", sites / "leak.csv")
    late = tocsin(*call, "--from", "2025-01-01T00:05:00+08:00", "--json", tmp_path / "d.json")
    assert late.code == 0
    form = json.loads((tmp_path / "d.json").read_text(encoding="utf-8"))
    assert [d["rule"] for d in form["differences"]] == ["spark-again"]
    early = tocsin(*call, "--to", "2025-01-01T00:01:20+08:00", "--json", tmp_path / "d.json")
    assert early.code == 0
    form = json.loads((tmp_path / "d.json").read_text(encoding="utf-8"))
    assert [d["changes"] for d in form["differences"] if d["rule"] == "gas-rising"] == [["gone"]], (
        "the other comes later"
    )


@pytest.mark.parametrize(("lang", "title"), [("en", "What a change of alarm rules"), ("zh", "告警规则修改的影响评估")])
def test_the_page_tells_rules_first_then_what_they_do(sites: Path, tmp_path: Path, lang: str, title: str) -> None:
    pytest.importorskip("matplotlib")
    pytest.importorskip("jinja2")
    call = ("rules", "diff", "--site", sites / "a", "--against", sites / "b", "--feed", sites / "leak.csv")
    assert tocsin(*call, "--html", tmp_path / "d.html", "--lang", lang).code == 0
    page = (tmp_path / "d.html").read_text(encoding="utf-8")
    assert title in page
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", page)
    assert len(headings) == 4
    assert page.index("gas-early") < page.index(headings[1]) < page.index(headings[2])
    assert page.count("<svg") == 4, "each difference with its trend"
    assert not re.search(r"(src|href)=\"?http", page)


@pytest.mark.parametrize(("lang", "whole"), [("en", "whole site"), ("zh", "全区")])
def test_an_alarm_on_the_whole_site_has_a_name(tmp_path: Path, lang: str, whole: str) -> None:
    pytest.importorskip("matplotlib")
    pytest.importorskip("jinja2")
    write_example(tmp_path / "a")
    scenario = tmp_path / "a" / "scenarios" / "leak.yaml"
    assert tocsin("simulate", scenario, "--site", tmp_path / "a", "--out", tmp_path / "leak.csv").code == 0
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    (tmp_path / "b" / "rules" / "all.yaml").write_text(
        "rules:\n  - id: anywhere\n    applies_to: {kind: gas.combustible}\n"
        "    condition: {vote: {n: 1, rule: gas-combustible, per: site, severity: red}}\n",
        encoding="utf-8",
    )
    call = ("rules", "diff", "--site", tmp_path / "a", "--against", tmp_path / "b", "--feed", tmp_path / "leak.csv")
    ran = tocsin(*call, "--html", tmp_path / "d.html", "--lang", lang)
    assert ran.code == 0, ran.err
    assert ran.out.count(whole) == 3, "among the enterprises, and as the subject of both alarms"
    page = (tmp_path / "d.html").read_text(encoding="utf-8")
    assert re.search(f"anywhere[,，] ?{whole}", page)
    assert "()" not in page


def test_the_command_on_a_journal(tmp_path: Path) -> None:
    made: Made = make_data_folder(tmp_path)
    shutil.copytree(made.site, tmp_path / "b")
    (tmp_path / "b" / "site.yaml").write_text(
        (made.site / "site.yaml").read_text(encoding="utf-8").replace("  - dust-dry", "  # - dust-dry"),
        encoding="utf-8",
    )
    call = ("rules", "diff", "--site", made.site, "--against", tmp_path / "b", "--journal", made.data)
    ran = tocsin(*call, "--json", tmp_path / "d.json")
    assert ran.code == 0
    assert ran.err.startswith("2 readings under both rule sets")
    form = json.loads((tmp_path / "d.json").read_text(encoding="utf-8"))
    (gone,) = [d for d in form["differences"] if d["changes"] == ["gone"]]
    assert (gone["rule"], gone["before"]["alarm"], gone["before"]["raised_at"]) == (
        "dust-spark",
        made.alarm,
        START_MS + 2000,
    )


def test_another_sites_journal(tmp_path: Path) -> None:
    made: Made = make_data_folder(tmp_path)
    shutil.copytree(made.site, tmp_path / "b")
    for name in ("points.csv", "rules/site.yaml"):
        path = tmp_path / "b" / name
        path.write_text(path.read_text(encoding="utf-8").replace("E00", "X00"), encoding="utf-8")
    for name in ("units.csv", "enterprises.csv", "contacts.csv"):
        path = tmp_path / "b" / name
        path.write_text(path.read_text(encoding="utf-8").replace("E00", "X00"), encoding="utf-8")
    ran = tocsin("rules", "diff", "--site", made.site, "--against", tmp_path / "b", "--journal", made.data)
    assert ran.code == 2
    assert "the journal knows none of the points of" in ran.err


def test_unknown_points_and_broken_sites(sites: Path, tmp_path: Path) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_text(f"point,measured_at,value\nSTRANGE,{START_MS},1\nE002-SPARK-01,{START_MS},1\n")
    call = ("rules", "diff", "--site", sites / "a", "--against", sites / "b", "--feed", feed)
    assert tocsin(*call).code == 2
    ran = tocsin(*call, "--skip-unknown")
    assert ran.code == 0
    assert ran.err.endswith(", 1 rows of unknown points left out\n")
    broken = tmp_path / "broken"
    shutil.copytree(sites / "b", broken)
    (broken / "rules" / "site.yaml").write_text("rules: [{id: x}]\n")
    ran = tocsin("rules", "diff", "--site", sites / "a", "--against", broken, "--feed", feed)
    assert ran.code == 2
    assert all(line.startswith(f"{broken}: rules/site.yaml:1: ") for line in ran.mistakes)


def test_nothing_to_decide(sites: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("point,measured_at,value\n")
    ran = tocsin("rules", "diff", "--site", sites / "a", "--against", sites / "b", "--feed", tmp_path / "empty.csv")
    assert ran.code == 0
    assert "no alarm would have been different" in ran.out


def test_tallies_of_a_day() -> None:
    side = Side()
    side.by_severity["red"] = 3
    assert side.per_day(43_200_000) == 6
    assert Tally().before.per_day(0) == 0
