"""Nobody crosses into another's part of the site: every operation of the document is called with another's ids."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from support.api import PEOPLE, ApiDesk, Service, served

from tocsin.hazard_reports.record import NewReport, Reporter
from tocsin.runtime.control import DisposalRequest, OverrideRequest, Request, ask

PERSON, PHONE = "Zhang Wei", "13812345678"
IDS = {"enterprise": "E002", "unit": "E002-DUST", "point": "E002-SPARK-01", "place": "E002"}
OTHERS = ("E002", "Spark", "火花", "Example Dust")
SAYS_NOTHING = ("rules", "regions")
"""These are the site's, and say nothing about anybody."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ApiDesk, dict[str, str]]]:
    """E002 has an alarm with a disposal and evidence, an override, a hazard report that is shared with it."""
    with served(tmp_path_factory.mktemp("sight")) as (api, service):
        yield api, ids_of(api, service)


def ids_of(api: ApiDesk, service: Service) -> dict[str, str]:
    data, alarm = service.made.data, service.made.alarm
    service.take(("E002-SPARK-01", 1.0))
    assert ask(data, Request("comment", alarm, "li", "a comment")).refused is None
    assert ask(data, DisposalRequest("start", alarm, "wang", {})).refused is None
    with api.client("e2") as client:
        filed = client.post(f"/alarms/{alarm}/disposal/evidence", files={"file": ("a.txt", b"E002 secret")})
    assert filed.status_code == 201, filed.text
    until_ms = api.centre.clock.now_ms() + 3_600_000
    override = OverrideRequest("set", "ov-e2", "li", "out_of_service", "maintenance", "unit", "E002-DUST", "", "E002",
                               until_ms)  # fmt: skip
    assert ask(data, override).refused is None
    new = NewReport("hotline", "E002 smells", unit="E002-DUST", share=True, reporter=Reporter(PERSON, PHONE))
    report, _ = api.centre.hazard_reports.take(PEOPLE["li"], new)
    proposed = api.post("li", "/proposed-overrides", {"kind": "out_of_service", "purpose": "test", "scope": "point",
                        "subject": "E002-SPARK-01", "why": "E002", "for_s": 600})  # fmt: skip
    assert proposed.status_code == 201, proposed.text
    return {
        **IDS,
        "alarm": alarm,
        "sha256": filed.json()["sha256"],
        "override": proposed.json()["id"],
        "report": report.id,
        "rule": "dust-spark",
        "name": "kpi",
    }


def operations(api: ApiDesk) -> list[tuple[str, str, dict[str, Any]]]:
    paths = api.app.openapi()["paths"]
    return [(method, path, operation) for path, of_it in paths.items() for method, operation in of_it.items()]


def call(
    client: httpx.Client, method: str, path: str, operation: dict[str, Any], ids: dict[str, str]
) -> httpx.Response:
    """The operation with another's ids in its path, and with another's enterprise, unit and point in its query."""
    for name, value in ids.items():
        path = path.replace(f"{{{name}}}", value)
    query = {
        p["name"]: ids[p["name"]] for p in operation.get("parameters", ()) if p["in"] == "query" and p["name"] in ids
    }
    given = example(operation, ids)
    if given is None and "multipart/form-data" in operation.get("requestBody", {}).get("content", {}):
        return client.request(method, path, params=query, files={"file": ("x.txt", b"text")})
    with client.stream(method, path, params=query, json=given) as answer:
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            # The first thing that a stream tells.
            body = next(answer.iter_raw(), b"")
        else:
            body = answer.read()
        return httpx.Response(answer.status_code, headers={"content-type": "text/plain"}, content=body)


def example(operation: dict[str, Any], ids: dict[str, str]) -> Any:
    """A body that the operation would take."""
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return None
    name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return {
        "Acting": {},
        "Commenting": {"comment": "mine"},
        "Shelving": {"why": "mine", "for_s": 60},
        "Why": {"why": "mine"},
        "MaybeWhy": {},
        "Assigning": {"to": "C001"},
        "Noting": {"text": "mine"},
        "NamingCause": {"code": "weather"},
        "Submitting": {},
        "Overriding": {"kind": "out_of_service", "purpose": "test", "scope": "point", "subject": ids["point"],
                       "why": "mine", "for_s": 60},
        "Settling": {"key": f"{ids['alarm']}/1"},
        "Reporting": {"kind": "inspection", "text": "mine", "unit": ids["unit"]},
        "Linking": {"alarm": ids["alarm"]},
        "WhatIf": {"files": {"rules/a.yaml": "rules: []"}, "from": 0},
    }[name]  # fmt: skip


def test_a_manager_gets_nothing_of_another_enterprise(desk: tuple[ApiDesk, dict[str, str]]) -> None:
    api, ids = desk
    before = api.get("admin", "/audit", limit=1000).json()
    called = 0
    with api.client("e1") as client:
        for method, path, operation in operations(api):
            answer = call(client, method, path, operation, ids)
            said = f"{method} {path}: {answer.status_code} {answer.text[:300]}"
            assert answer.status_code < 500, said
            about_one = any(f"{{{name}}}" in path for name in ids if name not in ("rule", "name"))
            if about_one or method == "post":
                assert answer.status_code in (401, 403, 404, 405, 409, 415, 422), said
            if answer.status_code < 300 and path.split("/")[1] not in SAYS_NOTHING:
                assert not any(word in answer.text for word in OTHERS), said
            called += 1
    assert called > 60
    assert api.get("admin", "/audit", limit=1000).json() == before, "something of another was changed"


def test_nobody_gets_nothing_at_all(desk: tuple[ApiDesk, dict[str, str]]) -> None:
    api, ids = desk
    with api.client("") as client:
        for method, path, operation in operations(api):
            answer = call(client, method, path, operation, ids)
            assert answer.status_code == 401, f"{method} {path}: {answer.status_code} {answer.text[:300]}"


def test_the_owner_and_the_centre_do_get_it(desk: tuple[ApiDesk, dict[str, str]]) -> None:
    """Else the other tests would hold however broken everything is."""
    api, ids = desk
    for name in ("e2", "li"):
        with api.client(name) as client:
            for method, path, operation in operations(api):
                if method != "get" or path in ("/audit", "/devices/online-rate", "/values", "/live/values"):
                    continue
                answer = call(client, method, path, operation, ids)
                assert answer.status_code == 200, f"{name} {method} {path}: {answer.status_code} {answer.text[:300]}"


def test_who_reported_a_hazard_is_told_to_nobody_who_does_not_ask(desk: tuple[ApiDesk, dict[str, str]]) -> None:
    api, ids = desk
    for name in ("admin", "li", "e2"):
        with api.client(name) as client:
            for method, path, operation in operations(api):
                if method == "get":
                    text = call(client, method, path, operation, ids).text
                    assert PERSON not in text, path
                    assert PHONE not in text, path
    assert api.post("e2", f"/hazard-reports/{ids['report']}/reporter").status_code == 403
    told = api.post("li", f"/hazard-reports/{ids['report']}/reporter")
    assert told.json() == {"name": PERSON, "phone": PHONE}
    steps = api.get("li", f"/hazard-reports/{ids['report']}").json()["steps"]
    assert [s["name"] for s in steps] == ["received", "reporter"]
    assert [s["name"] for s in api.get("e2", f"/hazard-reports/{ids['report']}").json()["steps"]] == ["received"]
