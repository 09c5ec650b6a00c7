"""Headers that every answer carries: nothing is stored, indexed, framed, run or passed on."""

from base64 import b64encode
from hashlib import sha256

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def style_hash(css: str) -> str:
    """How a content security policy names a style sheet."""
    return f"'sha256-{b64encode(sha256(css.encode()).digest()).decode()}'"


class SafeHeaders:
    """ASGI middleware. Links carry their proof in the path, so no address may leak to other sites."""

    def __init__(self, app: ASGIApp, style: str) -> None:
        self._app = app
        policy = f"default-src 'none'; style-src {style}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        self._headers = {
            "content-security-policy": policy,
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            "x-robots-tag": "noindex, nofollow",
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)
