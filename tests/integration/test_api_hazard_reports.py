"""Hazard reports of the hotline and of inspections: taken in once, kept, shown to whom they are for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.api import ApiDesk, served

from tocsin.hazard_reports.record import NewReport, Reporter, ReportState
from tocsin.hazard_reports.store import HazardReportsFileError, HazardReportStore, ReusedKeyError

CALL = {
    "kind": "hotline",
    "text": "夜里机油味很重",
    "unit": "E002-DUST",
    "reporter": {"name": "张三", "phone": "13812345678"},
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiDesk]:
    with served(tmp_path_factory.mktemp("hazard")) as (api, _):
        yield api


def take(api: ApiDesk, **more: Any) -> dict[str, Any]:
    answer = api.post("li", "/reports", {**CALL, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_call_that_is_sent_twice_is_one_report(desk: ApiDesk) -> None:
    first = desk.post("li", "/reports", CALL, **{"idempotency-key": "42"})
    again = desk.post("li", "/hazard-reports", CALL, **{"idempotency-key": "42"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["enterprise"] == "E002"
    assert first.json()["reporter_masked"] == "张** ***78"
    other = desk.post("li", "/reports", {**CALL, "text": "another"}, **{"idempotency-key": "42"})
    assert other.status_code == 409
    assert desk.post("zhao", "/reports", CALL, **{"idempotency-key": "42"}).json()["id"] != first.json()["id"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"unit": "E404"}, 404),
        ({"unit": "E002-DUST", "enterprise": "E001"}, 422),
        ({"unit": "", "enterprise": "", "place": " "}, 422),
        ({"unit": "", "place": "by the river"}, 201),
        ({"text": " "}, 422),
        ({"kind": "rumour"}, 422),
        ({"colour": "red"}, 422),
        ({"lat": 91}, 422),
    ],
)
def test_a_report_says_where_and_what(desk: ApiDesk, change: dict[str, Any], status: int) -> None:
    assert desk.post("li", "/reports", {**CALL, **change}).status_code == status


def test_only_who_takes_in_reports_may(desk: ApiDesk) -> None:
    for name, status in (("viewer", 403), ("e2", 403), ("", 401)):
        assert desk.post(name, "/reports", CALL).status_code == status


def test_it_is_linked_closed_and_opened_again(desk: ApiDesk) -> None:
    path = f"/hazard-reports/{take(desk)['id']}"
    assert desk.post("li", f"{path}/link", {"alarm": "none"}).status_code == 404
    linked = desk.post("li", f"{path}/link", {"alarm": desk.made.alarm}).json()
    assert (linked["state"], linked["alarm"]) == ("linked", desk.made.alarm)
    elsewhere = take(desk, unit="E001-MIX")["id"]
    assert desk.post("li", f"/hazard-reports/{elsewhere}/link", {"alarm": desk.made.alarm}).status_code == 409
    assert desk.post("li", f"{path}/reopen", {"why": "x"}).status_code == 409
    assert desk.post("li", f"{path}/close", {"why": " "}).status_code == 422
    assert desk.post("zhao", f"{path}/close", {"why": "duct mended"}).json()["state"] == "closed"
    assert desk.post("li", f"{path}/link", {"alarm": desk.made.alarm}).status_code == 409
    assert desk.post("li", f"{path}/reopen", {"why": "again"}).json()["state"] == "linked"
    steps = desk.get("li", path).json()["steps"]
    assert [(s["name"], s["by"], s["why"]) for s in steps] == [
        ("received", "li", ""),
        ("linked", "li", desk.made.alarm),
        ("closed", "zhao", "duct mended"),
        ("reopened", "li", "again"),
    ]


def test_an_enterprise_reads_what_is_shared_with_it(desk: ApiDesk) -> None:
    report = take(desk)["id"]
    assert desk.get("e2", f"/hazard-reports/{report}").status_code == 404
    assert report not in [r["id"] for r in desk.get("e2", "/hazard-reports").json()["reports"]]
    assert desk.post("li", f"/hazard-reports/{report}/share").status_code == 200
    assert desk.get("e2", f"/hazard-reports/{report}").status_code == 200
    assert report in [r["id"] for r in desk.get("e2", "/hazard-reports", unit="E002-DUST").json()["reports"]]
    assert desk.get("e1", f"/hazard-reports/{report}").status_code == 404


def test_pages_hold_every_report_once(desk: ApiDesk) -> None:
    wanted = [take(desk)["id"] for _ in range(5)][::-1]
    found: list[str] = []
    before: int | None = None
    while True:
        page = desk.get("li", "/hazard-reports", limit=2, **({"before": before} if before else {})).json()
        found += [r["id"] for r in page["reports"]]
        before = page["more"]
        if before is None:
            break
    assert found[:5] == wanted
    assert len(found) == len(set(found))


def test_the_file_outlives_the_console_and_another_file_is_refused(tmp_path: Path) -> None:
    store = HazardReportStore(tmp_path / "reports.sqlite")
    new = NewReport("inspection", "loose guard", place="hall 3", reporter=Reporter("Li", "12350"))
    report, is_new = store.add(new, "li", 1, "k")
    assert is_new
    store.move(report.id, "closed", ReportState.CLOSED, "li", 2, "done")
    store.close()
    again = HazardReportStore(tmp_path / "reports.sqlite")
    found = again.find(report.id)
    assert found is not None
    assert (found.state, found.reporter_masked) == (ReportState.CLOSED, "L** ***")
    assert again.add(new, "li", 3, "k") == (found, False)
    with pytest.raises(ReusedKeyError):
        again.add(NewReport("inspection", "other", place="x"), "li", 3, "k")
    again.close()
    (tmp_path / "no.sqlite").write_bytes(b"not a database, not at all" * 100)
    with pytest.raises(HazardReportsFileError):
        HazardReportStore(tmp_path / "no.sqlite").find("x")
