"""Requests that are too large, too deep, too often or not needed at all."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from support.api import ApiDesk, served

from tocsin.api import bodies
from tocsin.api.answers import has
from tocsin.api.bodies import DEEPEST, MOST_JSON_BYTES, CheckedBodies, depth
from tocsin.api.document import api_document
from tocsin.api.rates import Rates


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiDesk]:
    with served(tmp_path_factory.mktemp("requests")) as (api, _):
        yield api


@pytest.mark.parametrize(
    ("text", "deep"),
    [
        ("[" * 40 + "]" * 40, 40),
        ("[" * 20 + "]" * 20, 0),  # so few that nobody counts
        (json.dumps({"text": "[" * 500}), 1),
        (json.dumps({"a": "\\" * 33 + '"' + "[{" * 40, "b": [[]]}), 3),
        ("[]," * 100, 1),
    ],
)
def test_the_depth_of_a_body_is_that_of_its_brackets_outside_texts(text: str, deep: int) -> None:
    assert depth(text.encode()) == deep


def test_a_body_that_is_too_deep_or_too_long_is_refused(desk: ApiDesk) -> None:
    deep = "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1)
    with desk.client("li", **{"content-type": "application/json"}) as client:
        answer = client.post("/reports", content=deep)
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
        assert client.post("/reports", content=" " * (MOST_JSON_BYTES + 1)).status_code == 413
        dripping = client.post("/reports", content=iter([b" " * 65536] * 20))
        assert dripping.status_code == 413
        assert client.post("/reports", content=b'{"kind":').status_code == 422
        assert client.post("/reports", content=b"\xff\xfe").status_code == 422


def test_a_file_that_goes_on_too_long_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "LARGEST_BYTES", 1000)
    monkeypatch.setattr(bodies, "_FORM_BYTES", 500)

    async def take(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(len(await request.body())))

    app = CheckedBodies(Starlette(routes=[Route("/", take, methods=["POST"])]))

    async def send(count: int) -> httpx.Response:
        async def pieces():  # type: ignore[no-untyped-def]
            for _ in range(count):
                yield b"x" * 100

        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
            return await client.post("/", content=pieces(), headers={"content-type": "multipart/form-data; boundary=x"})

    assert asyncio.run(send(15)).text == "1500"
    with pytest.raises(Exception, match=r".*"):
        asyncio.run(send(16)).raise_for_status()


def test_an_answer_that_the_caller_has_is_not_sent_again(desk: ApiDesk) -> None:
    first = desk.get("li", "/alarms")
    tag = first.headers["etag"]
    assert not tag.startswith("W/")
    with desk.client("li", **{"if-none-match": f'"other", {tag}'}) as client:
        again = client.get("/alarms")
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert client.get("/alarms", params={"limit": 1}).status_code in (200, 304)
    assert desk.get("e1", "/alarms").headers["etag"] != tag
    assert has("*", tag)
    assert not has("", tag)


def test_who_asks_too_often_waits(tmp_path: Path) -> None:
    rates = Rates(reads="5/day", acts="2/day", heavy="1/day", nobody="3/day", address="1000/minute")
    with served(tmp_path, rates) as (api, _):
        assert [api.get("li", "/me").status_code for _ in range(6)] == [200] * 5 + [429]
        late = api.get("li", "/site")
        assert late.status_code == 429
        assert int(late.headers["retry-after"]) >= 1
        assert late.json()["type"] == "urn:tocsin:problem:too-many-requests"
        assert api.get("zhao", "/me").status_code == 200, "another's requests are not counted"
        assert [api.post("li", "/notices/approve", {"key": "k"}).status_code for _ in range(3)] == [404, 404, 429]
        assert [api.get("li", "/reports/disposal").status_code for _ in range(2)] == [200, 429]
        assert [api.get("", "/me").status_code for _ in range(4)] == [401] * 3 + [429]


def test_unforeseen_mistakes_say_nothing_of_the_inside(desk: ApiDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(type(desk.centre.place_lists), "head", broken)
    answer = desk.get("li", "/site")
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:tocsin:problem:internal-server-error")
    assert "secret" not in answer.text


def test_paths_that_are_none_and_methods_that_are_not_taken_are_problems(desk: ApiDesk) -> None:
    assert desk.get("li", "/nowhere").headers["content-type"] == "application/problem+json"
    assert desk.post("li", "/site").json()["status"] == 405
    assert "access-control-allow-origin" not in desk.get("li", "/site").headers


def test_the_document_is_had_without_a_site() -> None:
    document = api_document()
    assert document["info"]["title"] == "Tocsin"
    assert "/alarms/{alarm}/acknowledge" in document["paths"]
