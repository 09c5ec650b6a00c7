"""The CAP feed: what CAP channels have kept, as Atom, and each message."""

import hmac
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from alerts.cap.feed import CONTENT_TYPE, atom_feed
from alerts.cap.folder import CapFolder
from alerts.cap.message import CONTENT_TYPE as CAP_TYPE
from alerts.cap.reading import Summary, summary_of
from tocsin.clock import Clock

_MOST: Final = 100


class CapFeed:
    """Who shows the token sees every message, everybody else those whose scope is Public."""

    def __init__(self, folders: Sequence[Path], clock: Clock, public_url: str, token: str | None) -> None:
        self._folders = [CapFolder(folder) for folder in folders]
        self._clock = clock
        self._base = f"{public_url.rstrip('/')}/cap"
        self._token = token

    async def feed(self, request: Request) -> Response:
        """The newest messages."""
        trusted = self._trusted(request)
        if trusted is None:
            return PlainTextResponse("403\n", 403)
        messages = await run_in_threadpool(self._newest, trusted)
        given = request.query_params.get("token")
        query = f"?{urlencode({'token': given})}" if given else ""
        atom = atom_feed(self._base, "Tocsin", messages, self._clock.now_ms(), query)
        return Response(atom, media_type=CONTENT_TYPE)

    async def message(self, request: Request) -> Response:
        """One message, byte for byte."""
        trusted = self._trusted(request)
        if trusted is None:
            return PlainTextResponse("403\n", 403)
        xml = await run_in_threadpool(self._get, request.path_params["name"], trusted)
        return Response(xml, media_type=CAP_TYPE) if xml is not None else PlainTextResponse("404\n", 404)

    def _trusted(self, request: Request) -> bool | None:
        """Whether the token was shown; None for a wrong one."""
        given = request.query_params.get("token") or request.headers.get("authorization", "").removeprefix("Bearer ")
        if not given:
            return False
        right = self._token is not None and hmac.compare_digest(given.encode("utf-8", "replace"), self._token.encode())
        return True if right else None

    def _newest(self, trusted: bool) -> list[tuple[str, Summary]]:
        found = [pair for folder in self._folders for pair in folder.newest(10 * _MOST)]
        seen = [pair for pair in found if trusted or pair[1].scope == "Public"]
        return sorted(seen, key=lambda pair: pair[1].sent_at_ms, reverse=True)[:_MOST]

    def _get(self, identifier: str, trusted: bool) -> bytes | None:
        for folder in self._folders:
            xml = folder.get(identifier)
            try:
                if xml is not None and (trusted or summary_of(xml).scope == "Public"):
                    return xml
            except ValueError:
                continue  # a file that is no message of ours
        return None
