"""The reports of a month that the simulators made: counted again from records and journal, and in every form."""

import csv
import io
import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from support.command import tocsin
from support.golden_month import DAYS, at_ms, make_month

from alerts.machine import State
from alerts.record import AlarmRecord
from plant.entries import Readings
from tocsin.book import BookReader
from tocsin.log.layout import BOOK, JOURNAL, REGISTRY
from tocsin.log.reader import JournalReader
from tocsin.log.registry_file import load_registry
from tocsin.runtime.reading import configuration_in_force


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_month(tmp_path_factory.mktemp("month"))


@pytest.fixture(scope="module")
def month(data: Path) -> dict[str, Any]:
    return report(data, "month")


@pytest.fixture(scope="module")
def records(data: Path) -> list[AlarmRecord]:
    reader = BookReader.open_for_reading(data / BOOK)
    found = reader.alarms(set(State), 10_000)
    reader.close()
    return found


def report(data: Path, name: str, *more: object) -> dict[str, Any]:
    ran = tocsin("report", name, "--data", data, "--month", "2025-10", "--json", *more)
    assert (ran.code, ran.err) == (0, "")
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_the_golden_month(month: dict[str, Any]) -> None:
    """Fixed figures: whoever changes what is counted, or the simulators, looks at them again."""
    kpi, disposal = month["kpi"], month["disposal"]["severities"][0]
    assert (month["from_ms"], month["until_ms"]) == (at_ms(1), round(at_ms(31) + 86_400_000))
    assert (kpi["alarms"], kpi["historical"]) == (86, 0)
    assert kpi["severities"] == {"red": 6, "orange": 0, "yellow": 12, "blue": 68}
    assert [kpi["load"]["a_day"][day - 1] for day in DAYS] == [3, 11, 15, 19, 19, 19]
    assert (kpi["load"]["floods"], kpi["load"]["peak"]) == (4, 16.0)
    assert [a["waiting"] for a in kpi["answering"]] == [25, 1, 0, 0, 24]
    whole = month["coverage"]["shares"][0]
    assert (whole["covered"], whole["required"], whole["devices"]) == (7, 7, 3)
    assert whole["online_rate"] == pytest.approx(0.98551, abs=1e-5)
    assert {name: disposal[name] for name in ("opened", "closed", "closed_loop")} == {
        "opened": 3,
        "closed": 3,
        "closed_loop": 3,
    }


def test_alarms_counted_again(month: dict[str, Any], records: list[AlarmRecord]) -> None:
    kpi = month["kpi"]
    mine = [r for r in records if at_ms(1) <= r.raised_at < month["until_ms"] and not r.historical]
    assert kpi["alarms"] == len(mine)
    assert kpi["severities"] == {
        s: sum(r.worst_severity == s for r in mine) for s in ("red", "orange", "yellow", "blue")
    }
    days = Counter((r.raised_at - at_ms(1)) // 86_400_000 for r in mine)
    assert kpi["load"]["a_day"] == [days[i] for i in range(31)]
    most = Counter((r.rule, r.subject, r.side) for r in mine)
    assert [top["alarms"] for top in kpi["top"]] == sorted(most.values(), reverse=True)[:10]
    for top in kpi["top"]:
        assert most[top["rule"], top["subject"], top["side"]] == top["alarms"]
        assert top["subject"].startswith(top["enterprise"])


def test_coverage_counted_again(data: Path, month: dict[str, Any]) -> None:
    site, registry = configuration_in_force(data).site, load_registry(data / REGISTRY)
    reader = JournalReader.open(data / JOURNAL)
    heard = {
        registry.ids[number]
        for _, entry in reader.read(reader.first)
        if isinstance(entry, Readings) and at_ms(1) <= entry.received_at_ms < month["until_ms"]
        for number in entry.batch.point.tolist()
    }
    for share in month["coverage"]["shares"]:
        if share["kind"] != "enterprise":
            continue
        units = [u for u in site.units.values() if u.enterprise == share["id"]]
        needed = [(u.unit, kind) for u in units for kind in u.required]
        covered = [
            need for need in needed if any((p.unit, p.kind) == need and p.point in heard for p in site.points.values())
        ]
        assert (share["required"], share["covered"]) == (len(needed), len(covered))


def test_parts_add_up(data: Path, month: dict[str, Any]) -> None:
    parts = [report(data, "kpi", "--enterprise", name)["kpi"]["alarms"] for name in ("E001", "E002")]
    assert sum(parts) == month["kpi"]["alarms"]
    assert report(data, "kpi", "--region", "riverside")["kpi"]["alarms"] == month["kpi"]["alarms"]
    early = tocsin("report", "kpi", "--data", data, "--from", "2025-10-01", "--to", "2025-10-09", "--json")
    assert json.loads(early.out)["kpi"]["alarms"] == 3 + 11
    assert report(data, "kpi", "--consoles", "2")["kpi"]["load"]["peak"] == 8.0


def test_a_book_made_anew_says_the_same(data: Path, month: dict[str, Any], tmp_path: Path) -> None:
    copy = tmp_path / "data"
    shutil.copytree(data, copy)
    assert tocsin("book", "rebuild", "--data", copy).code == 0
    assert report(copy, "month") == month


def test_assessment_shows_its_working(month: dict[str, Any], data: Path) -> None:
    ranked = month["assessment"]["enterprises"]
    assert [a["rank"] for a in ranked] == [1, 2]
    shares = {s["id"]: s for s in month["coverage"]["shares"] if s["kind"] == "enterprise"}
    for a in ranked:
        points = sum(c["points"] for c in a["criteria"])
        weights = sum(c["weight"] for c in a["criteria"] if c["value"] is not None)
        assert a["score"] == pytest.approx(100 * points / weights, abs=0.051)
        coverage = next(c for c in a["criteria"] if c["name"] == "coverage")
        assert (coverage["part"], coverage["whole"]) == (shares[a["id"]]["covered"], shares[a["id"]]["required"])
    heavier = report(data, "assessment", "--weight", "coverage=0", "--weight", "online=0")["assessment"]
    assert heavier["weights"]["coverage"] == 0
    assert heavier["enterprises"][0]["score"] != ranked[0]["score"]


@pytest.mark.parametrize("name", ["kpi", "coverage", "disposal", "delivery", "assessment", "month"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_form(data: Path, tmp_path: Path, name: str, lang: str) -> None:
    given = ("report", name, "--data", data, "--month", "2025-10", "--lang", lang)
    table = tocsin(*given)
    assert (table.code, table.err) == (0, "")
    assert "示例县 Example county" in table.out
    rows = list(csv.reader(io.StringIO(tocsin(*given, "--csv").out)))
    assert rows[0] == ["table", "item", "figure", "value", "unit"]
    assert {len(row) for row in rows} == {5}
    page, book = tmp_path / "month.html", tmp_path / "month.xlsx"
    assert tocsin(*given, "--html", page, "--xlsx", book).out == ""
    text = page.read_text(encoding="utf-8")
    assert ('<html lang="zh-CN">' if lang == "zh" else '<html lang="en">') in text
    assert not re.search(r"(src|href)=\"(?!#)|url\((?!#)|<script|@import", text), "nothing from outside"
    workbook = openpyxl.load_workbook(book)
    assert workbook.sheetnames[0] == "about"
    assert len(workbook.sheetnames) > 1
    if name == "month":
        assert text.count("<svg") >= 3
        assert [workbook["figures"].cell(2, 2).value] == [pytest.approx(86 / 31)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--month", "2025-13"], "--month is 2025-13, allowed are months such as 2026-10"),
        (["--month", "2025-10", "--from", "2025-10-01"], "give --month or --from and --to"),
        (["--to", "2025-10-01"], "--to needs a --from"),
        (
            ["--from", "yesterday"],
            "--from is yesterday, allowed are dates, RFC 3339 with an offset, and ms since the epoch",
        ),
        (["--from", "2025-10-02", "--to", "2025-10-02"], "the period ends before it begins"),
        (["--from", "2099-01-01", "--to", "2099-01-02"], "the period lies ahead"),
        (["--month", "2025-10", "--region", "nope"], "no enterprise of the site lies in region nope"),
        (["--month", "2025-10", "--region", "riverside", "--park", "x"], "no enterprise of the site lies in region"),
    ],
)
def test_a_wrong_call_is_one_line(data: Path, arguments: list[str], said: str) -> None:
    ran = tocsin("report", "kpi", "--data", data, *arguments)
    assert (ran.code, ran.out) == (2, "")
    (line,) = ran.mistakes
    assert line.startswith(f"tocsin: {said}")


def test_weights_that_are_none(data: Path) -> None:
    for weight, said in (("beauty=3", "no criterion 'beauty'"), ("coverage=-1", "a number from 0 up")):
        ran = tocsin("report", "assessment", "--data", data, "--month", "2025-10", "--weight", weight)
        assert ran.code == 2
        assert said in ran.err


def test_a_month_of_which_the_journal_holds_nothing(data: Path, tmp_path: Path) -> None:
    given = ("--data", data, "--month", "2025-08")
    alone = tocsin("report", "coverage", *given)
    assert (alone.code, "the log holds nothing of that period" in alone.err) == (2, True)
    whole = tocsin("report", "month", *given, "--html", tmp_path / "a.html")
    assert (whole.code, whole.err) == (0, "")
    assert "No coverage and online figures" in (tmp_path / "a.html").read_text(encoding="utf-8")
