"""Who is behind a request, and whether a browser really meant to send it."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from tocsin.accounts.accounts import Accounts
from tocsin.accounts.cookies import SESSION, cookie
from tocsin.accounts.proofs import form_mark, is_form_mark
from tocsin.accounts.roles import Principal

CSRF_HEADER: Final = "x-csrf-token"
CSRF_FIELD: Final = "csrf"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_MOST_FORM: Final = 64 << 10


class CurrentPrincipal:
    """ASGI middleware: puts `principal` (a Principal or None) and `csrf` (what forms and scripts must send back; ""
    without a session) into `request.state`.

    A request with `Authorization: Bearer` is the token's alone, whatever cookies come with it; one whose token proves
    nothing is nobody's. What a cookie stands for and would change something must carry `csrf` in the header
    x-csrf-token or, in a short form, in the field `csrf`; else it is answered 403. Connections of web sockets, and
    paths that begin with one of `same_origin` (where a framework sends without the header), must come from a page of
    this very site instead, or of `public_url`.
    """

    def __init__(
        self, app: ASGIApp, accounts: Accounts, *, same_origin: Sequence[str] = (), public_url: str = ""
    ) -> None:
        self._app = app
        self._accounts = accounts
        self._same_origin = tuple(same_origin)
        self._public = _authority(public_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        state = scope.setdefault("state", {})
        state["principal"], state["csrf"] = None, ""
        kind, _, shown = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            state["principal"] = await run_in_threadpool(self._accounts.principal_of_token, shown.strip())
        elif secret := cookie(scope, SESSION):
            principal = await run_in_threadpool(self._accounts.principal_of_session, secret)
            if principal is not None:
                receive_again = await self._meant(scope, headers, receive, secret)
                if receive_again is None:
                    await _refuse(scope, receive, send)
                    return
                receive = receive_again
                state["principal"], state["csrf"] = principal, form_mark(secret)
        await self._app(scope, receive, send)

    async def _meant(self, scope: Scope, headers: Headers, receive: Receive, secret: str) -> Receive | None:
        """How to receive the request on, if the browser meant to send it."""
        if scope["type"] == "websocket" or (scope["method"] not in _SAFE and self._is_same_origin_path(scope)):
            return receive if self._from_here(headers) else None
        if scope["method"] in _SAFE:
            return receive
        if CSRF_HEADER in headers:
            return receive if is_form_mark(headers[CSRF_HEADER], secret) else None
        if not headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return None
        messages, body = await _read(receive)
        return _replay(messages, receive) if is_form_mark(_field(body), secret) else None

    def _is_same_origin_path(self, scope: Scope) -> bool:
        return bool(self._same_origin) and str(scope["path"]).startswith(self._same_origin)

    def _from_here(self, headers: Headers) -> bool:
        """Browsers name the origin of every such request, and pages can't make it up. Who names none is no browser."""
        origin = headers.get("origin")
        if origin is None:
            return headers.get("sec-fetch-site", "same-origin") == "same-origin"
        authority = _authority(origin)
        return bool(authority) and authority in (headers.get("host", "").lower(), self._public)


def principal_in(scope: Scope) -> Principal | None:
    """Who is behind the request or connection, below CurrentPrincipal."""
    found = scope.get("state", {}).get("principal")
    return found if isinstance(found, Principal) else None


def _authority(url: str) -> str:
    """Host and port; "" for `null` and what is none."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


async def _read(receive: Receive) -> tuple[list[Message], bytes]:
    """The messages of a body and what they hold; cut off where it is longer than a form that carries a mark."""
    messages: list[Message] = []
    body = b""
    while len(body) <= _MOST_FORM:
        message = await receive()
        messages.append(message)
        body += message.get("body", b"")
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    return messages, body


def _field(body: bytes) -> str:
    if len(body) > _MOST_FORM:
        return ""
    try:
        fields = parse_qs(body.decode(), max_num_fields=200)
    except ValueError:  # no UTF-8, too many fields
        return ""
    return fields.get(CSRF_FIELD, [""])[0]


def _replay(messages: list[Message], receive: Receive) -> Receive:
    left = iter(messages)

    async def again() -> Message:
        return next(left, None) or await receive()

    return again


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await WebSocketClose(code=1008, reason="not from a page of this site")(scope, receive, send)
        return
    problem = {
        "type": "about:blank",
        "title": HTTPStatus.FORBIDDEN.phrase,
        "status": 403,
        "detail": f"a request with a session's cookie that changes something needs {CSRF_HEADER}",
    }
    await JSONResponse(problem, 403, media_type="application/problem+json")(scope, receive, send)
