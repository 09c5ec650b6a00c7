"""What people do through the API stands in the log, and what is refused says why."""

from collections.abc import Iterator
from typing import Any

import pytest
from support.api import ApiDesk, Service, served
from support.waiting import eventually

Desk = tuple[ApiDesk, Service]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with served(tmp_path_factory.mktemp("api")) as running:
        yield running


def shown(desk: ApiDesk, alarm: str, name: str = "li") -> dict[str, Any]:
    answer = desk.get(name, f"/alarms/{alarm}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_an_alarm_is_acknowledged_once_seen_as_it_is(desk: Desk) -> None:
    api, _ = desk
    alarm = api.made.alarm
    level = shown(api, alarm)["alarm"]["peak_level"]
    stale = api.post("li", f"/alarms/{alarm}/acknowledge", {"if_level": "not this"})
    assert (stale.status_code, stale.json()["type"]) == (409, "urn:tocsin:problem:changed")
    assert shown(api, alarm)["alarm"]["acknowledged_by"] is None
    done = api.post("li", f"/alarms/{alarm}/acknowledge", {"comment": "on my way", "if_level": level})
    assert (done.status_code, done.text) == (204, "")
    after = shown(api, alarm)
    assert after["alarm"]["acknowledged_by"] == "li"
    assert [e["event"] for e in after["events"]] == ["raised", "acknowledged"]
    assert (after["actions"][0]["by"], after["actions"][0]["comment"]) == ("li", "on my way")
    again = api.post("zhao", f"/alarms/{alarm}/acknowledge", {})
    assert again.status_code == 409
    assert "acknowledged" in again.json()["detail"]


def test_a_comment_is_written_down_and_an_empty_one_is_refused(desk: Desk) -> None:
    api, _ = desk
    assert api.post("e2", f"/alarms/{api.made.alarm}/comment", {"comment": "valve is shut"}).status_code == 204
    assert shown(api, api.made.alarm)["actions"][0]["by"] == "e2"
    refused = api.post("e2", f"/alarms/{api.made.alarm}/comment", {"comment": "  "})
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")
    assert refused.json()["errors"][0]["where"] == "body.comment"


def test_who_may_not_is_told_so_and_nothing_happens(desk: Desk) -> None:
    api, _ = desk
    path = f"/alarms/{api.made.alarm}"
    assert api.post("viewer", f"{path}/comment", {"comment": "hello"}).status_code == 403
    assert api.post("e2", f"{path}/shelve", {"why": "quiet please", "for_s": 60}).status_code == 403
    assert api.post("e1", f"{path}/acknowledge", {}).status_code == 404
    assert api.post("", f"{path}/acknowledge", {}).status_code == 401
    assert [a["by"] for a in shown(api, api.made.alarm)["actions"] if a["by"] in ("viewer", "e1")] == []


def test_an_alarm_is_disposed_of_by_two_people(desk: Desk) -> None:
    api, _ = desk
    path = f"/alarms/{api.made.alarm}/disposal"

    def step(name: str, what: str, given: Any = None) -> int:
        return api.post(name, f"{path}/{what}", given).status_code

    assert step("e2", "start") == 204
    assert step("e2", "note", {"text": "ducts opened"}) == 204
    assert step("e2", "cause", {"code": "no.such"}) == 409
    assert step("e2", "cause", {"code": "equipment.fault", "text": "bearing"}) == 204
    assert step("e2", "submit", {}) == 204
    assert step("e2", "verify", {}) == 403
    assert step("li", "verify", {"text": "seen"}) == 204
    assert step("li", "close", {}) == 409  # the spark is still on
    assert step("li", "close", {"why": "the collector is shut down"}) == 204
    (story,) = api.get("e2", path).json()["disposals"]
    assert story["disposal"]["state"] == "closed"
    assert [s["name"] for s in story["steps"] if s["by"]] == ["start", "note", "cause", "submit", "verify", "close"]
    assert eventually(
        lambda: api.made.alarm not in {d["alarm"] for d in api.get("li", "/disposals").json()["disposals"]}
    )
    assert [d["alarm"] for d in api.get("li", "/disposals", state="closed").json()["disposals"]] == [api.made.alarm]
    assert step("li", "reopen", {"why": "once more"}) == 204


def test_evidence_comes_back_as_it_was_filed_and_programs_are_no_evidence(desk: Desk) -> None:
    api, _ = desk
    path = f"/alarms/{api.made.alarm}/disposal/evidence"
    photo = b"\xff\xd8\xff" + bytes(range(256)) * 300

    def send(name: str, file: bytes, called: str) -> Any:
        with api.client(name) as client:
            return client.post(path, files={"file": (called, file, "text/html")}, data={"text": "the duct"})

    assert send("viewer", photo, "duct.jpg").status_code == 403
    assert send("e1", photo, "duct.jpg").status_code == 404
    assert send("e2", b"MZ\x90\0 not a photo", "duct.exe").status_code == 415
    assert send("e2", b"<script>alert(1)</script>", "page.html").status_code == 415
    filed = send("e2", photo, "../../风管 duct.jpg")
    assert filed.status_code == 201, filed.text
    digest = filed.json()["sha256"]
    got = api.get("li", f"{path}/{digest}")
    assert got.content == photo
    assert got.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E9%A3%8E")
    assert got.headers["x-content-type-options"] == "nosniff"
    (step,) = [s for d in api.get("li", f"/alarms/{api.made.alarm}/disposal").json()["disposals"] for s in d["steps"]
               if s["name"] == "evidence"]  # fmt: skip
    assert (step["fields"]["kind"], step["fields"]["name"]) == ("image/jpeg", "风管 duct.jpg")
    assert api.get("e1", f"{path}/{digest}").status_code == 404
    assert api.get("li", f"{path}/{'0' * 64}").status_code == 404


def test_an_override_is_set_seen_and_ended(desk: Desk) -> None:
    api, _ = desk
    wanted = {"kind": "out_of_service", "purpose": "maintenance", "scope": "unit", "subject": "E001-MIX",
              "why": "new heads", "for_s": 3600}  # fmt: skip
    assert api.post("e1", "/overrides", wanted).status_code == 403
    without_end = {name: value for name, value in wanted.items() if name != "for_s"}
    refused = api.post("li", "/overrides", without_end)
    assert (refused.status_code, refused.json()["detail"]) == (409, "out of service needs an end (until)")
    begun = api.post("li", "/overrides", wanted)
    assert begun.status_code == 201, begun.text
    override = begun.json()["id"]
    assert override in [o["override"]["id"] for o in api.get("e1", "/overrides").json()["overrides"]]
    assert api.get("e2", "/overrides").json()["overrides"] == []
    assert api.post("zhao", f"/overrides/{override}/end", {"why": "done"}).status_code == 204
    assert api.get("e1", "/overrides").json()["overrides"] == []
    assert api.post("zhao", f"/overrides/{override}/end", {"why": "done"}).status_code == 409


def test_a_calibration_takes_a_second_person(desk: Desk) -> None:
    api, _ = desk
    wanted = {"kind": "out_of_service", "purpose": "calibration", "scope": "point", "subject": "E002-SPARK-01",
              "why": "yearly check", "for_s": 1800}  # fmt: skip
    proposed = api.post("li", "/proposed-overrides", wanted)
    assert proposed.status_code == 201, proposed.text
    override = proposed.json()["id"]
    assert api.get("e1", "/proposed-overrides").json()["proposed"] == []
    assert [p["id"] for p in api.get("e2", "/proposed-overrides").json()["proposed"]] == [override]
    own = api.post("li", f"/proposed-overrides/{override}/approve")
    assert (own.status_code, "another person" in own.json()["detail"]) == (409, True)
    assert api.post("e2", f"/proposed-overrides/{override}/approve").status_code == 403
    assert api.post("zhao", f"/proposed-overrides/{override}/approve").status_code == 204
    (found,) = [o["override"] for o in api.get("li", "/overrides").json()["overrides"]]
    assert (found["by"], found["approved_by"]) == ("li", "zhao")
    assert api.post("zhao", f"/proposed-overrides/{override}/approve").status_code == 404


def test_trends_and_values_follow_the_readings(desk: Desk) -> None:
    api, service = desk
    service.take(("E001-GAS-01", 3.0), ("E001-GAS-01", 4.5))
    assert eventually(
        lambda: [v["value"] for v in api.get("e1", "/values", unit="E001-MIX").json()["values"]][:1] == [4.5]
    )
    trend = api.get("e1", "/points/E001-GAS-01/trend").json()
    assert trend["last"][-2:] == [3.0, 4.5]
    assert api.get("e2", "/points/E001-GAS-01/trend").status_code == 404
    assert api.get("e2", "/values", point="E001-GAS-01").json() == {"values": []}
    wrong = api.get("e1", "/points/E001-GAS-01/trend", **{"from": 5, "to": 5})
    assert wrong.status_code == 422


def test_without_a_service_nothing_is_recorded_and_that_is_said(tmp_path: Any) -> None:
    with served(tmp_path) as (api, service):
        service.stop()
        answer = api.post("li", f"/alarms/{api.made.alarm}/acknowledge", {})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.json()["detail"].startswith("nothing was recorded")
        assert str(tmp_path) not in answer.text
