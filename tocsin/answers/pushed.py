"""Callbacks of providers: receipts go to the outbox, replies with a code acknowledge."""

import hmac
from typing import Final

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from alerts.links import Links
from tocsin.answers.callbacks import PROVIDERS, StrangeError, read_callback
from tocsin.answers.desk import UnavailableError
from tocsin.answers.limiter import Limiter
from tocsin.answers.pages import Desk
from tocsin.answers.replying import take_reply
from tocsin.clock import Clock

MOST_BODY: Final = 1 << 20

_log = structlog.get_logger(__name__)


class Callbacks:
    """`channels` are kinds by the names of channels. The secret stands in the path, or in the header authorization."""

    def __init__(self, desk: Desk, links: Links, clock: Clock, channels: dict[str, str], secret: str) -> None:
        self._desk = desk
        self._links = links
        self._clock = clock
        self._channels = {name: kind for name, kind in channels.items() if kind in PROVIDERS}
        self._secret = secret.encode()
        self._wrong = Limiter(20, 60.0)

    async def take(self, request: Request) -> Response:
        """Take what a provider pushes. It is asked to push it again (503) where the service could not take it."""
        given = request.path_params.get("secret") or request.headers.get("authorization", "").removeprefix("Bearer ")
        channel = request.path_params["channel"]
        right = hmac.compare_digest(given.encode("utf-8", "replace"), self._secret)
        if not right or channel not in self._channels:
            client = request.client.host if request.client is not None else ""
            allowed = self._wrong.allows(client, self._clock.monotonic_s())
            return PlainTextResponse("403\n", 403) if allowed else PlainTextResponse("429\n", 429)
        provider = PROVIDERS[self._channels[channel]]
        body = await _body(request)
        if body is None:
            return PlainTextResponse("413\n", 413)
        try:
            pushed = read_callback(provider, body)
        except StrangeError as error:
            _log.warning("callback_unreadable", channel=channel, error=str(error))
            return Response(provider.not_taken, 400, media_type="application/json")
        for reason in pushed.strange:
            _log.warning("callback_part_unreadable", channel=channel, error=reason)
        try:
            if pushed.receipts:
                await run_in_threadpool(self._desk.receipts, channel, pushed.receipts)
            for reply in pushed.replies:
                await run_in_threadpool(take_reply, self._desk, self._links, channel, reply)
        except UnavailableError as error:
            _log.error("callback_not_taken", channel=channel, error=str(error))
            return Response(provider.not_taken, 503, media_type="application/json")
        return Response(provider.taken, media_type="application/json")


async def _body(request: Request) -> bytes | None:
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BODY:
                return None
    except ClientDisconnect:
        return None
    return body
