"""The northbound feed: readings and alarms by log position, resumed anywhere."""

from collections.abc import AsyncIterator
from typing import Annotated, Final, Literal

import msgspec
from fastapi import APIRouter, Header, Query, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from tocsin.accounts.accounts import Accounts
from tocsin.api.forms.form import media
from tocsin.api.live import Listener
from tocsin.api.problems import ProblemError
from tocsin.api.routes.live import CUT_OFF_S, HEARTBEAT_S
from tocsin.api.who import Who, looking_again
from tocsin.centre.centre import Centre
from tocsin.centre.errors import UnavailableError
from tocsin.centre.northbound import FeedPage
from tocsin.northbound.feed import GoneError, What

_LOOK_S: Final = 1.0


def feed_routes(centre: Centre, accounts: Accounts | None) -> APIRouter:
    """Under the tag `northbound`."""
    router = APIRouter(tags=["northbound"])

    @router.get(
        "/feed",
        operation_id="feed",
        responses=media("text/event-stream", "Events `entry`; their id is a position of the log", 410),
    )
    async def feed(
        request: Request,
        who: Who,
        after: Annotated[int | None, Query(ge=-1, le=2**62, description="A position; left out: from now on.")] = None,
        what: Annotated[Literal["alarms", "readings", "both"], Query()] = "both",
        last_id: Annotated[str | None, Header(alias="Last-Event-ID", max_length=20, pattern=r"^-?\d+$")] = None,
    ) -> Response:
        """Readings as they were taken in and alarm events, in the order of the log, from behind a position on.

        Each event `entry` is what one entry of the log brought: `position`, `received_at`, `readings` (a list of
        [point, measured_at, value, quality]) and `alarms` (docs/reference/events.md, with their id). Names of people
        are left out. `ready` comes first; `at` tells the position where nothing in sight came for a while.
        """
        at = int(last_id) if last_id is not None else after
        if at is None:
            at = await run_in_threadpool(centre.northbound.end, who, what)
        try:
            first = await run_in_threadpool(centre.northbound.page, who, at, what)
        except GoneError as error:
            raise ProblemError(410, str(error)) from error
        listener = Listener(centre, looking_again(request, accounts), who)
        told = _told(centre, listener, at, what, first)
        return EventSourceResponse(told, ping=HEARTBEAT_S, send_timeout=CUT_OFF_S)

    return router


async def _told(
    centre: Centre, listener: Listener, at: int, what: What, page: FeedPage
) -> AsyncIterator[ServerSentEvent]:
    yield ServerSentEvent(id=str(at), event="ready", data=msgspec.json.encode({"position": at}).decode())
    told = at
    while True:
        for item in page.items:
            told = item.position
            yield ServerSentEvent(id=str(told), event="entry", data=msgspec.json.encode(item.form()).decode())
        more = page.upto > at
        at = page.upto
        if not more:
            await listener.news(_LOOK_S)
        elif at - told >= 1000:
            told = at
            yield ServerSentEvent(id=str(at), event="at", data=msgspec.json.encode({"position": at}).decode())
        if not await listener.may_go_on():
            break
        try:
            page = await run_in_threadpool(centre.northbound.page, listener.principal, at, what)
        except GoneError as error:
            yield ServerSentEvent(event="end", data=str(error))
            return
        except UnavailableError:
            page = FeedPage([], at)
    yield ServerSentEvent(event="end", data="the session or token is over")
