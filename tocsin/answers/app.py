"""The answers as a Starlette app: pages, callbacks, the CAP feed. It can be mounted under any path."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from alerts.links import Links
from tocsin.answers.feed import CapFeed
from tocsin.answers.headers import SafeHeaders, style_hash
from tocsin.answers.page import style
from tocsin.answers.pages import Desk, Pages
from tocsin.answers.pushed import Callbacks
from tocsin.clock import Clock


def make_app(
    desk: Desk,
    links: Links,
    clock: Clock,
    *,
    public_url: str,
    centre_phone: str = "",
    callbacks: dict[str, str] | None = None,
    callback_secret: str | None = None,
    cap_folders: tuple[Path, ...] = (),
    feed_token: str | None = None,
) -> Starlette:
    """`callbacks` are kinds by names of channels; they are served where there is a `callback_secret`.

    `cap_folders` are what CAP channels write into; without a `feed_token` only public messages are shown.
    """
    pages = Pages(desk, links, clock, centre_phone)
    routes = [
        Route("/a/{token}", pages.show, methods=["GET", "HEAD"]),
        Route("/a/{token}", pages.answer, methods=["POST"]),
        Route("/healthz", _health, methods=["GET"]),
        Route("/robots.txt", _robots, methods=["GET"]),
    ]
    if callback_secret is not None and callbacks:
        pushed = Callbacks(desk, links, clock, callbacks, callback_secret)
        routes += [
            Route("/callbacks/{channel}", pushed.take, methods=["POST"]),
            Route("/callbacks/{channel}/{secret}", pushed.take, methods=["POST"]),
        ]
    if cap_folders:
        feed = CapFeed(cap_folders, clock, public_url, feed_token)
        routes += [
            Route("/cap/feed.atom", feed.feed, methods=["GET", "HEAD"]),
            Route("/cap/{name}.xml", feed.message, methods=["GET", "HEAD"]),
        ]
    return Starlette(routes=routes, middleware=[Middleware(SafeHeaders, style=style_hash(style()))])


async def _health(_: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _robots(_: Request) -> Response:
    return PlainTextResponse("User-agent: *\nDisallow: /\n")
