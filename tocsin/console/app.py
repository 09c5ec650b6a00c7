"""The console as one ASGI app: pages, their live feed, sign-in, and what is mounted beside them."""

import asyncio
import gc
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files

from fastapi import FastAPI
from nicegui import ui
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import ASGIApp

from tocsin.accounts.accounts import Accounts
from tocsin.accounts.middleware import CurrentPrincipal
from tocsin.centre.centre import Centre
from tocsin.centre.warming import warm
from tocsin.console.assets import asset_route
from tocsin.console.build import Parts, build_pages
from tocsin.console.disposal.evidence import evidence_route
from tocsin.console.guard import OnlySignedIn, SafePages
from tocsin.console.live import Live
from tocsin.console.lost import answer_lost
from tocsin.runtime.collector import spare_collector
from tocsin.settings.console import ConsoleSettings

_NICEGUI = ("/_nicegui_ws/", "/_nicegui/")


def make_console(
    centre: Centre,
    accounts: Accounts,
    settings: ConsoleSettings,
    *,
    routes: Sequence[BaseRoute] = (),
    mounts: Mapping[str, ASGIApp] | None = None,
) -> FastAPI:
    """The app; it watches the centre between start and end. Once in a process: NiceGUI keeps its pages globally.

    routes  of accounts, which look for themselves who comes
    mounts  other apps by the path that they stand under; they look for themselves who comes, too
    """
    mounts = mounts or {}
    live = Live(centre, accounts)

    @asynccontextmanager
    async def watched(_: FastAPI) -> AsyncIterator[None]:
        centre.watch.start()
        warming = asyncio.create_task(run_in_threadpool(_make_ready, centre))
        try:
            async with live.running():
                yield
        finally:
            warming.cancel()
            centre.rules.close()
            centre.drills.close()
            centre.watch.stop()

    guard = Middleware(OnlySignedIn, open_to_all=tuple(mounts))
    app = FastAPI(
        openapi_url=None,
        lifespan=watched,
        middleware=[
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=5),
            Middleware(SafePages, tiles_url=settings.tiles_url),
            Middleware(CurrentPrincipal, accounts=accounts, same_origin=_NICEGUI, public_url=settings.public_url),
            guard,
        ],
    )
    app.router.routes += [
        Route("/healthz", _health, methods=["GET"]),
        Route("/robots.txt", _robots, methods=["GET"]),
        asset_route(),
        evidence_route(centre),
        WebSocketRoute("/console/live", live.connect),
        *routes,
        *(Mount(path, mounted) for path, mounted in mounts.items()),
    ]
    build_pages(Parts(centre, accounts, settings))
    answer_lost()
    ui.run_with(
        app,
        title="Tocsin 警钟",
        favicon=str(files("tocsin.console") / "static" / "bell.svg"),
        dark=None,
        tailwind=False,
        gzip_middleware_factory=None,
        reconnect_timeout=30.0,
        show_welcome_message=False,
    )
    return app


def _make_ready(centre: Centre) -> None:
    """What is read here stays: a collector that looked through it again and again would hold every screen up."""
    gc.disable()
    try:
        warm(centre)
    finally:
        gc.enable()
        spare_collector()


async def _health(_: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _robots(_: Request) -> Response:
    return PlainTextResponse("User-agent: *\nDisallow: /\n")
