"""`tocsin explain`: what it tells of alarms of several kinds, and that it only claims a proof where it has one."""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.command import tocsin

from alerts.machine import State
from plant.batch import Batch
from plant.entries import Configuration, Entry, OperatorAction, Readings, SourceDown, SourceUp
from rules.schema import Condition
from tocsin.book import BookReader
from tocsin.configuration import read_configuration
from tocsin.explain.cut import look_back_ms
from tocsin.explain.explain import Explained, explain
from tocsin.explain.page import explain_page
from tocsin.explain.story import Story
from tocsin.explain.words import KINDS
from tocsin.log.layout import BOOK
from tocsin.records import FolderRecords
from tocsin.runtime.core import Core

START_MS = 1_792_000_000_000
FILES = {
    "site.yaml": "name: East Port\ntimezone: Asia/Shanghai\npacks: []\n",
    "enterprises.csv": "enterprise,name,region\nE1,Methanol Works,north\n",
    "units.csv": "unit,enterprise,name,kind\nU1,E1,Tank farm,tank_farm\nU2,E1,Hall,workshop\n",
    "points.csv": "point,unit,kind,unit_symbol,range_low,range_high,period_s,h\n"
    "G1,U1,gas.combustible,%LEL,0,100,1,22\nG2,U1,gas.combustible,%LEL,0,100,1,\nT1,U2,tank.level,%,0,100,1,\n",
    "rules/r.yaml": """\
rules:
  - id: gas
    applies_to: {kind: gas.combustible}
    condition: {limit: {h: 25, hh: 50, deadband: 2}}
    on_delay_s: {h: 3, hh: 0}
    text: {en: "{point} at {value} %LEL", zh: "{point} 可燃气体 {value} %LEL"}
    source: {standard: GB/T 50493-2019, clause: 5.5.2, certainty: V}
  - id: overfill
    applies_to: {kind: tank.level}
    condition: {forecast: {h: 80, within_s: 600, half_life_s: 5}}
    severity: {h: yellow}
  - id: two
    applies_to: {kind: gas.combustible}
    condition: {vote: {n: 2, rule: gas, per: unit, severity: red}}
""",
}
LATER = "rules:\n  - id: gas\n    version: 2\n    applies_to: {points: [G2]}\n    condition: {limit: {h: 90}}\n"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half an hour: a leak at G1 and G2, a tank that fills, an acknowledgement, and other rules in the end."""
    return make(tmp_path_factory.mktemp("explain"))


def make(folder: Path, *, keep_all: bool = True) -> Path:
    site = folder / "site"
    for name, text in FILES.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text, encoding="utf-8")
    core = Core.open(folder / "data", read_configuration(site), (), START_MS, segment_bytes=100_000)
    number = core.registry.registry.numbers

    def put(entries: Sequence[Entry]) -> None:
        first = core.append(entries)
        for commit in core.decide(list(enumerate(entries, first))):
            core.record(commit)

    def second(n: int) -> Readings:
        at_ms = START_MS + 1000 * n
        leak = max(0.0, (n - 1500) * 0.5) if n < 1600 else 0.0
        level = 40 + max(0, n - 1400) * 0.1 + 0.01 * (n % 7)
        rows = [(number["G1"], at_ms, 5 + leak, 0), (number["G2"], at_ms, 4 + leak, 0), (number["T1"], at_ms, level, 0)]
        if n == 1530:
            rows[0] = (number["G1"], at_ms, None, 2)
        return Readings(at_ms + 40, Batch.of(rows), "broker")

    put([SourceUp(START_MS + 500, "broker"), *(second(n) for n in range(1, 1560))])
    (alarm,) = [a.alarm for a in core.book.alarms() if (a.rule, a.subject) == ("gas", "G1")]
    put([OperatorAction(START_MS + 1_559_500, "acknowledge", alarm, "Wang", "on my way")])
    put([SourceDown(START_MS + 1_559_600, "broker", "keepalive"), SourceUp(START_MS + 1_559_800, "broker")])
    put([second(n) for n in range(1560, 1800)])
    (site / "rules" / "r.yaml").write_text(LATER, encoding="utf-8")
    other = read_configuration(site)
    digest = core.prepare(other)
    put([Configuration(START_MS + 1_800_000, "rules", digest, "Li Na", "as agreed")])
    put([second(n) for n in range(1801, 1860)])
    if not keep_all:
        core.checkpoint()()
        core.checkpoint()()
        core.journal.drop_before(START_MS + 1_850_000, core.keep_from(), 1)
    core.close()
    return folder / "data"


def found(data: Path, rule: str, subject: str) -> Explained:
    return explain(FolderRecords(data), alarm_id(data, rule, subject))


def alarm_id(data: Path, rule: str, subject: str) -> str:
    reader = BookReader.open_for_reading(data / BOOK)
    try:
        return next(a.alarm for a in reader.alarms(list(State)) if (a.rule, a.subject) == (rule, subject))
    finally:
        reader.close()


def test_a_limit_with_a_delay(data: Path) -> None:
    alarm = found(data, "gas", "G1")
    assert alarm.verdict == "reproduced"
    assert alarm.rerun is not None
    assert alarm.rerun.begun == "near"
    assert alarm.limit_origin == "points.csv:2, cell h"
    assert [event.event.event for event in alarm.events] == ["raised", "acknowledged", "upgraded", "cleared"]
    story = Story(alarm, "en")
    facts = dict(story.facts())
    assert facts["Limit"] == "high 22 %LEL, from points.csv:2, cell h"
    assert facts["On-delay"] == "3 s"
    assert facts["Standard"] == "GB/T 50493-2019, 5.5.2, certainty V"
    assert facts["In force"].startswith("version 1 of the site")
    raised = alarm.raised
    assert raised.onset is not None
    assert raised.at - raised.onset == 3000
    assert "3 s before; the rule asks for 3 s." in " ".join(story.why())
    assert any("on my way" in row[-1] for row in story.after())
    quality = list(story.quality())
    assert any("1 bad values" in line for line in quality)
    assert any("Source broker was down" in line for line in quality)


def test_several_points_and_a_forecast(data: Path) -> None:
    vote = found(data, "two", "U1")
    assert vote.verdict == "reproduced"
    assert [point.point for point in vote.points] == ["G1", "G2"]
    members = dict(Story(vote, "en").facts())["Its points then"]
    assert members.startswith("G1 ")
    assert "; G2 " in members
    forecast = found(data, "overfill", "T1")
    assert forecast.verdict == "reproduced"
    assert forecast.raised.forecast is not None
    assert "reaches the high limit of 80 %" in " ".join(Story(forecast, "en").why())
    # The readings of the gas detectors, in another unit, are not needed for it.
    assert forecast.rerun is not None
    assert forecast.rerun.begun == "start"
    assert 1799 <= forecast.rerun.readings < 1900


def test_how_far_back_goes_with_the_rule(data: Path) -> None:
    configured = found(data, "gas", "G1").configured
    assert configured is not None
    assert look_back_ms(configured, "gas", "G1") == 600_000 + 6_000 + 10_000
    assert look_back_ms(configured, "two", "U1") == look_back_ms(configured, "gas", "G1")
    assert look_back_ms(configured, "overfill", "T1") == 600_000 + 2 * 600_000 + 10_000


@pytest.mark.parametrize(("rule", "subject"), [("gas", "G1"), ("two", "U1"), ("overfill", "T1")])
def test_the_page(data: Path, rule: str, subject: str) -> None:
    pytest.importorskip("matplotlib")
    alarm = found(data, rule, subject)
    for lang, word in (("zh", "已复现"), ("en", "Reproduced")):
        text = explain_page(alarm, lang)  # type: ignore[arg-type]
        assert word in text
        assert "<svg" in text
        assert "//" not in text.replace("http://www.w3.org", "").replace("http://purl.org", "")
        assert alarm.alarm.alarm in text


def test_the_command(data: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in sorted(data.rglob("*")) if path.suffix in (".seg", ".jsonl")}
    page = tmp_path / "why.html"
    pytest.importorskip("matplotlib")
    alarm = alarm_id(data, "gas", "G1")
    ran = tocsin("explain", alarm, "--data", data, "--json", "--html", page)
    assert ran.code == 0, ran.err
    form = json.loads(ran.out)
    assert (form["format"], form["version"], form["verdict"]) == ("tocsin explain", 1, "reproduced")
    assert form["rerun"]["events"] == form["events"]
    assert form["in_force"]["version"] == 1
    assert page.stat().st_size > 10_000
    assert tocsin("explain", alarm, "--data", data, "--lang", "zh").out.startswith("橙色告警，高限：Methanol Works")
    unknown = tocsin("explain", "nosuchalarm", "--data", data)
    assert (unknown.code, "knows no alarm" in unknown.err) == (2, True)
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_what_the_log_has_dropped_is_said(tmp_path: Path) -> None:
    data = make(tmp_path, keep_all=False)
    alarm = found(data, "gas", "G1")
    assert alarm.verdict == "impossible"
    assert alarm.rerun is None
    story = Story(alarm, "en")
    assert "its retention has dropped the readings" in story.proof()
    # Rule, version and limit are kept all the same.
    assert dict(story.facts())["Limit"] == "high 22 %LEL, from points.csv:2, cell h"
    assert tocsin("explain", alarm.alarm.alarm, "--data", data).code == 1
    history = tocsin("rules", "history", "--data", data, "--json").out.splitlines()
    assert [json.loads(line)["who"] for line in history] == ["", "Li Na"]


def test_a_book_that_says_otherwise_is_found_out(tmp_path: Path) -> None:
    data = make(tmp_path)
    alarm = alarm_id(data, "gas", "G1")
    db = sqlite3.connect(data / BOOK)
    db.execute("UPDATE events SET form = replace(form, '\"limit\":22.0', '\"limit\":23.0') WHERE alarm = ?", (alarm,))
    db.commit()
    db.close()
    ran = tocsin("explain", alarm, "--data", data)
    assert ran.code == 1
    assert "NOT reproduced" in ran.out


def test_every_kind_of_condition_has_words() -> None:
    assert set(KINDS) == set(Condition.model_fields)
