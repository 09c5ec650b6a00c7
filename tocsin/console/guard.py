"""What stands before every answer of the console: who may come in, and headers that keep browsers on the safe side."""

import re
import secrets
from typing import Final
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from tocsin.accounts.middleware import principal_in

SIGNED_OUT_CODE: Final = 4401
"""Closes a web socket whose session is over."""

_OPEN: Final = (
    "/login",
    "/logout",
    "/set-password/",
    "/oidc/",
    "/console/static/",
    "/healthz",
    "/favicon.ico",
    "/robots.txt",
)
"""Everybody may come here, or it looks for itself who comes."""
_SCRIPT: Final = re.compile(rb"<script(?=[\s>])")


class OnlySignedIn:
    """ASGI middleware below CurrentPrincipal. Pages send others to sign in; everything else refuses.

    `open_to_all` are beginnings of paths that look for themselves who comes.
    """

    def __init__(self, app: ASGIApp, open_to_all: tuple[str, ...] = ()) -> None:
        self._app = app
        self._open = (*_OPEN, *open_to_all)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or self._may_pass(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(SIGNED_OUT_CODE)(scope, receive, send)
        elif scope["method"] == "GET" and "text/html" in Headers(scope=scope).get("accept", ""):
            query = scope.get("query_string", b"").decode("latin-1")
            wanted = scope["path"] + (f"?{query}" if query else "")
            await RedirectResponse(f"/login?next={quote(wanted, safe='')}", 303)(scope, receive, send)
        else:
            await PlainTextResponse("sign in first\n", 401)(scope, receive, send)

    def _may_pass(self, scope: Scope) -> bool:
        if str(scope["path"]).startswith(self._open) or _is_part(str(scope["path"])):
            return True
        principal = principal_in(scope)
        return principal is not None and principal.via != "token"


def _is_part(path: str) -> bool:
    """Scripts, styles and fonts of NiceGUI, which say nothing about the site."""
    return bool(re.match(r"/_nicegui/[0-9][0-9.a-z]*/(static|libraries|components|resources|esm)/", path))


class SafePages:
    """ASGI middleware: a policy under which a page runs our scripts only, and leads nowhere else.

    NiceGUI's own page has scripts in it: each answer names them by a number of its own. Templates are compiled in
    the browser, which takes 'unsafe-eval'; elements are placed by styles in the page.
    """

    def __init__(self, app: ASGIApp, tiles_url: str = "") -> None:
        self._app = app
        self._images = f"'self' data: blob: {_origin(tiles_url)}".rstrip()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number = secrets.token_urlsafe(16)
        start: Message | None = None
        body = bytearray()

        async def with_headers(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers(number).items():
                    headers.setdefault(name, value)
                if "x-nicegui-content" in headers:
                    start = message
                    return
            elif start is not None and message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                if message.get("more_body"):
                    return
                numbered = _SCRIPT.sub(f'<script nonce="{number}"'.encode(), bytes(body))
                MutableHeaders(scope=start)["content-length"] = str(len(numbered))
                await send(start)
                message = {"type": "http.response.body", "body": numbered}
            await send(message)

        await self._app(scope, receive, with_headers)

    def _headers(self, number: str) -> dict[str, str]:
        policy = (
            f"default-src 'self'; script-src 'self' 'nonce-{number}' 'unsafe-eval'; style-src 'self' 'unsafe-inline';"
            f" img-src {self._images}; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:;"
            " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        )
        return {
            "content-security-policy": policy,
            "referrer-policy": "same-origin",
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "x-robots-tag": "noindex, nofollow",
            "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
            "cross-origin-opener-policy": "same-origin",
        }


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
