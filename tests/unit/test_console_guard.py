"""Who comes in, and what browsers are told."""

import asyncio
import re
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tocsin.accounts.roles import Principal, Role
from tocsin.console.assets import asset, asset_route
from tocsin.console.guard import SIGNED_OUT_CODE, OnlySignedIn, SafePages

LI = Principal("li.na", Role.OPERATOR)


class _As:
    """In place of CurrentPrincipal."""

    def __init__(self, app: ASGIApp, principal: Principal | None) -> None:
        self._app, self._principal = app, principal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["principal"] = self._principal
        await self._app(scope, receive, send)


async def _page(_: Request) -> Response:
    page = '<script type="importmap">{}</script><p>&lt;script&gt;</p><script>1</script>'
    return HTMLResponse(page, headers={"x-nicegui-content": "page"})


async def _text(request: Request) -> Response:
    return PlainTextResponse(request.url.path)


def app_for(principal: Principal | None, open_to_all: tuple[str, ...] = ()) -> Starlette:
    return Starlette(
        routes=[Route("/", _page), Route("/{path:path}", _text, methods=["GET", "POST"])],
        middleware=[
            Middleware(SafePages, tiles_url="https://tiles.example.org/{z}/{x}/{y}.png"),
            Middleware(_As, principal=principal),
            Middleware(OnlySignedIn, open_to_all=open_to_all),
        ],
    )


def ask(app: ASGIApp, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://centre.example.org") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(asked())


def test_pages_send_strangers_to_sign_in_and_back() -> None:
    answer = ask(app_for(None), "/alarms/a1?exercise=1", accept="text/html")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Falarms%2Fa1%3Fexercise%3D1"


@pytest.mark.parametrize(
    "path",
    ["/_nicegui_ws/socket.io/", "/_nicegui/client/7/upload/3", "/console/live", "/_nicegui/3.18.0/dynamic_resources/x"],
)
def test_everything_else_refuses_strangers(path: str) -> None:
    assert ask(app_for(None), path).status_code == 401
    assert ask(app_for(None), path, "POST", accept="text/html").status_code == 401
    assert ask(app_for(LI), path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/login", "/set-password/x", "/healthz", "/_nicegui/3.18.0/static/nicegui.js", "/api/v1/sites"]
)
def test_what_everybody_may_see(path: str) -> None:
    assert ask(app_for(None, ("/api/v1",)), path).status_code == 200


def test_a_token_opens_no_page() -> None:
    by_token = Principal("program", Role.OPERATOR, via="token")
    assert ask(app_for(by_token), "/").status_code == 401


def test_sockets_of_strangers_are_closed_with_a_code_that_pages_know() -> None:
    told: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        told.append(message)

    scope = {"type": "websocket", "path": "/console/live", "headers": [], "query_string": b""}
    asyncio.run(app_for(None)(scope, receive, send))
    assert [(m["type"], m["code"]) for m in told] == [("websocket.close", SIGNED_OUT_CODE)]


def test_only_our_scripts_run() -> None:
    answer = ask(app_for(LI), "/")
    policy = answer.headers["content-security-policy"]
    number = re.search(r"'nonce-([\w-]+)'", policy)
    assert number is not None
    assert answer.text.count(f'<script nonce="{number[1]}"') == 2
    assert "<p>&lt;script&gt;</p>" in answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)
    scripts = re.search(r"script-src ([^;]*)", policy)
    assert scripts is not None
    assert "unsafe-inline" not in scripts[1]
    assert "https://tiles.example.org" in policy
    assert "frame-ancestors 'none'" in policy
    other = ask(app_for(LI), "/").headers["content-security-policy"]
    assert other != policy, "each answer has a number of its own"


def test_other_answers_have_the_headers_too() -> None:
    headers = ask(app_for(LI), "/somewhere").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


def test_assets_are_kept_by_their_content() -> None:
    files = Starlette(routes=[asset_route()])
    answer = ask(files, asset("live.js"))
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert ask(files, "/console/static/older/live.js").headers["cache-control"] == "no-cache"
    assert ask(files, "/console/static/older/nothing.js").status_code == 404
    assert ask(files, "/console/static/older/..%2Fapp.py").status_code == 404
