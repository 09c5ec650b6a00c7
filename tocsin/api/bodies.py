"""Bodies that are too large or nested too deeply are refused before anybody reads them."""

import re
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tocsin.api.problems import problem
from tocsin.evidence import LARGEST_BYTES

MOST_JSON_BYTES: Final = 1 << 20
MOST_WHAT_IF_BYTES: Final = 16 << 20
DEEPEST: Final = 32
_FORM_BYTES: Final = 1 << 20
"""What of a multipart body is not its file."""
_TEXT: Final = re.compile(rb'"(?:[^"\\]|\\.)*"')


class CheckedBodies:
    """ASGI middleware. JSON is read whole and measured; a file goes by in pieces and is counted."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_file = headers.get("content-type", "").startswith("multipart/form-data")
        most = _most(str(scope["path"]), is_file=is_file)
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > most:
            await _refuse(scope, receive, send, f"the body has {length} bytes, the most is {most}")
            return
        if is_file:
            await self._app(scope, _counted(receive, most), send)
            return
        body = await _whole(receive, most)
        if body is None:
            await _refuse(scope, receive, send, f"the body is longer than {most} bytes")
        elif depth(body) > DEEPEST:
            await _refuse(scope, receive, send, f"the body is nested more than {DEEPEST} deep", HTTPStatus.BAD_REQUEST)
        else:
            await self._app(scope, _replayed(body, receive), send)


def depth(body: bytes) -> int:
    """How deeply arrays and objects of a JSON text are nested."""
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return 0
    deepest = now = 0
    for byte in _TEXT.sub(b"", body):
        if byte in b"[{":
            now += 1
            deepest = max(deepest, now)
        elif byte in b"]}":
            now -= 1
    return deepest


def _most(path: str, *, is_file: bool) -> int:
    if is_file:
        return LARGEST_BYTES + _FORM_BYTES
    return MOST_WHAT_IF_BYTES if path.endswith("/rules/what-if") else MOST_JSON_BYTES


async def _whole(receive: Receive, most: int) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > most:
            return None
        if message["type"] != "http.request" or not message.get("more_body"):
            return bytes(body)


def _counted(receive: Receive, most: int) -> Receive:
    """A body that goes on beyond what is allowed looks like a client who has left."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        return {"type": "http.disconnect"} if seen > most else message

    return counted


def _replayed(body: bytes, receive: Receive) -> Receive:
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return left.pop() if left else await receive()

    return again


async def _refuse(
    scope: Scope, receive: Receive, send: Send, detail: str, status: int = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
) -> None:
    await problem(str(scope["path"]), status, detail, headers={"connection": "close"})(scope, receive, send)
