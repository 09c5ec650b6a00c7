"""How often somebody may ask: per principal and per address, by the kind of what is asked."""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from tocsin.accounts.middleware import principal_in
from tocsin.api.problems import problem

_HEAVY: Final = re.compile(r"/(reports/|rules/what-if|alarms/[^/]+/explain|devices/online-rate|evidence)")
_TOO_OFTEN_CODE: Final = 4429


@dataclass(frozen=True, slots=True)
class Rates:
    """Limits as `limits` writes them. `heavy` are reports, explanations, what-if and evidence; `acts` what changes."""

    reads: str = "6000/minute"
    acts: str = "300/minute"
    heavy: str = "60/minute"
    address: str = "24000/minute"
    """Of one address, whoever comes from there."""
    nobody: str = "120/minute"
    """Of one address, without a session or token."""


class RateLimits:
    """ASGI middleware below who knows who it is. Refuses with 429 and when to come again."""

    def __init__(self, app: ASGIApp, rates: Rates) -> None:
        self._app = app
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._items: dict[str, RateLimitItem] = {
            name: parse(getattr(rates, name)) for name in ("reads", "acts", "heavy", "address", "nobody")
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        wait_s = self._wait_s(scope)
        if wait_s is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(_TOO_OFTEN_CODE, "too often")(scope, receive, send)
        else:
            said = f"too many requests: come again in {wait_s} s"
            answer = problem(
                str(scope["path"]), HTTPStatus.TOO_MANY_REQUESTS, said, headers={"retry-after": str(wait_s)}
            )
            await answer(scope, receive, send)

    def _wait_s(self, scope: Scope) -> int | None:
        client = scope.get("client")
        address = str(client[0]) if client else "-"
        principal = principal_in(scope)
        nobody = [("nobody", address)]
        asked = nobody if principal is None else [(_kind(scope), principal.name), ("address", address)]
        for kind, key in asked:
            item = self._items[kind]
            if not self._limiter.hit(item, kind, key):
                # The sliding window frees up little by little: a tenth of it is enough for the next ones.
                return max(1, item.get_expiry() // 10)
        return None


def _kind(scope: Scope) -> str:
    if _HEAVY.search(str(scope["path"])):
        return "heavy"
    unsafe = scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS")
    return "acts" if unsafe else "reads"
