"""Server-sent events: alarms with resume by id, values, the pulse as a heartbeat."""

from collections.abc import AsyncIterator
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Header, Query, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from tocsin.accounts.accounts import Accounts
from tocsin.api.forms.form import media
from tocsin.api.live import MOST_POINTS, Ended, Listener, Told, alarms, values
from tocsin.api.problems import ProblemError
from tocsin.api.who import Who, looking_again
from tocsin.centre.centre import Centre

HEARTBEAT_S: Final = 10
CUT_OFF_S: Final = 30.0
"""A client that takes nothing for so long is cut off; it resumes by id."""
_EXAMPLE: Final = (
    'id: 41\r\nevent: ready\r\ndata: {"seq":41}\r\n\r\n'
    'id: 42\r\nevent: alarm\r\ndata: {"seq":42,"id":"7cq3pdg2vzjt5o4a.1","event":"raised",...}\r\n\r\n'
    ": pulse ok 1795305600000\r\n\r\n"
)

LastId = Annotated[
    str | None, Header(alias="Last-Event-ID", max_length=20, description="The id of the last event that came.")
]


def live_routes(centre: Centre, accounts: Accounts | None) -> APIRouter:
    """Under the tag `live`."""
    router = APIRouter(tags=["live"])
    stream = media("text/event-stream", "The stream", 404)
    stream[200]["content"]["text/event-stream"]["example"] = _EXAMPLE

    @router.get("/live/alarms", operation_id="live_alarms", responses=stream)
    async def live_alarms(
        request: Request,
        who: Who,
        last_id: LastId = None,
        after: Annotated[int | None, Query(ge=0, le=2**62, description="The same as Last-Event-ID.")] = None,
    ) -> Response:
        """Alarm events as they happen, or from the one after `Last-Event-ID` on: none is lost, none comes twice.

        The first event is `ready`; `reset` says to forget what was known and list alarms anew; `end` that the session
        or token is over. Comments each ten seconds say how the centre is.
        """
        at = _number(last_id) if last_id is not None else after
        listener = Listener(centre, looking_again(request, accounts), who)
        return _streamed(centre, listener, alarms(centre, listener, at))

    @router.get("/live/values", operation_id="live_values", responses=stream)
    async def live_values(
        request: Request,
        who: Who,
        point: Annotated[list[str] | None, Query(max_length=MOST_POINTS, description="May be repeated.")] = None,
        points: Annotated[str, Query(max_length=40_000, description="The same, parted by commas.")] = "",
    ) -> Response:
        """The last readings of points (at most 500), then new ones, twice a second at most."""
        wanted = [*(point or ()), *filter(None, points.split(","))]
        if not 0 < len(wanted) <= MOST_POINTS:
            raise ProblemError(422, f"give 1 to {MOST_POINTS} points", "invalid")
        listener = Listener(centre, looking_again(request, accounts), who)
        return _streamed(centre, listener, values(centre, listener, wanted))

    return router


def _streamed(centre: Centre, listener: Listener, told: AsyncIterator[Told | Ended]) -> Response:
    def heartbeat() -> ServerSentEvent:
        pulse = centre.health.pulse(listener.principal)
        state = "blind" if pulse.blind else ("trouble" if pulse.troubles else "ok")
        return ServerSentEvent(comment=f"pulse {state} {pulse.at_ms}")

    async def events() -> AsyncIterator[ServerSentEvent]:
        async for one in told:
            if isinstance(one, Ended):
                yield ServerSentEvent(event="end", data=one.why)
                return
            number = None if one.id is None else str(one.id)
            yield ServerSentEvent(id=number, event=one.kind, data=msgspec.json.encode(one.form).decode())

    return EventSourceResponse(events(), ping=HEARTBEAT_S, ping_message_factory=heartbeat, send_timeout=CUT_OFF_S)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ProblemError(422, f"Last-Event-ID is {text}, allowed are numbers that this stream gave", "invalid")
    return int(text)
