"""The pages of accounts as a browser or a program meets them, without a server."""

import re
from html import unescape
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket
from support.accounts import Clock, Desk

from plant.site import Contact, Enterprise, Region, Site
from tocsin.accounts.middleware import CurrentPrincipal, principal_in
from tocsin.accounts.oidc import OidcProvider
from tocsin.accounts.routes import auth_routes

ORIGIN = "https://tocsin.test"
SITE = Site(
    "County", "Asia/Shanghai", None, None,
    regions={"R1": Region("R1", None, "临港镇"), "R2": Region("R2", "R1", "东港村")},
    enterprises={
        "E001": Enterprise("E001", "东港化工有限公司", "R2", "P1"),
        "E002": Enterprise("E002", "西港粮油有限公司", "R1", None),
    },
    contacts={"zhang": Contact("zhang", "张伟")},
)  # fmt: skip

_FORM = re.compile(r"<form(?P<head>[^>]*)>(?P<body>.*?)</form>", re.DOTALL)
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


class AccountsSite:
    """The app, and browsers that keep cookies of their own. /whoami and /feed tell who is behind a request."""

    def __init__(self, folder: Path, oidc: OidcProvider | None = None, clock: Clock | None = None) -> None:
        self.desk = Desk(folder, clock)
        self.accounts, self.clock = self.desk.accounts, self.desk.clock
        routes = auth_routes(self.accounts, self.clock, lambda: SITE, oidc=oidc)
        routes += [
            Route("/whoami", _whoami, methods=["GET", "POST"]),
            Route("/framework/send", _whoami, methods=["POST"]),
        ]
        middleware = Middleware(CurrentPrincipal, accounts=self.accounts, same_origin=["/framework/"])
        self.app = Starlette(routes=[*routes, WebSocketRoute("/feed", _feed)], middleware=[middleware])

    def browser(self, cookie: str = "", address: str = "203.0.113.5", origin: str = ORIGIN) -> "Browser":
        """A browser, in the middle of a session where a cookie is given."""
        client = TestClient(self.app, origin, follow_redirects=False, client=(address, 50000))
        if cookie:
            client.cookies.set("tocsin_session", cookie, domain="tocsin.test")
        return Browser(client)


class Browser:
    """Sends forms as they stand in pages."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    @property
    def cookie(self) -> str:
        return str(self.client.cookies.get("tocsin_session") or "")

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers=headers)

    def fields(self, path: str, action: str | None = None) -> dict[str, str]:
        """The hidden fields of a page's form, the one with that action where there are several."""
        for form in _FORM.finditer(self.client.get(path).text):
            if action is None or f'action="{action}"' in form["head"]:
                return {name: unescape(value) for name, value in _HIDDEN.findall(form["body"])}
        raise AssertionError(f"{path} has no form {action}")

    def submit(self, path: str, action: str | None = None, **fields: str | list[str]) -> httpx.Response:
        """Fill in a page's form and send it."""
        return self.client.post(action or path, data={**self.fields(path, action), **fields})

    def sign_in(self, name: str, password: str, path: str = "/login") -> httpx.Response:
        return self.submit(path, "/login", name=name, password=password)

    def who(self) -> str | None:
        """The name of who this browser is taken for."""
        name = self.client.get("/whoami").json()["name"]
        assert name is None or isinstance(name, str)
        return name


async def _whoami(request: Request) -> Response:
    who = principal_in(request.scope)
    return JSONResponse({
        "name": who and who.name, "via": who and who.via, "csrf": request.state.csrf,
        "body": (await request.body()).decode(),
    })  # fmt: skip


async def _feed(socket: WebSocket) -> None:
    await socket.accept()
    who = principal_in(socket.scope)
    await socket.send_json({"name": who and who.name})
    await socket.close()
