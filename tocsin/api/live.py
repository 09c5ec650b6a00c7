"""What streams tell: alarms from a number on, changed values, the pulse. Pulled at the pace of who listens."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final, NamedTuple

from starlette.concurrency import run_in_threadpool

from tocsin.accounts.roles import Principal
from tocsin.api.forms.health import PulseForm
from tocsin.api.forms.places import LatestForm
from tocsin.api.who import Again
from tocsin.centre.centre import Centre
from tocsin.centre.errors import UnavailableError

LOOK_AGAIN_S: Final = 15.0
"""A stream asks so often whether its listener still may listen, and to what."""
MOST_POINTS: Final = 500
_VALUES_S: Final = 0.5
"""Values of a point that changes more often come together."""
_UNREADABLE_S: Final = 2.0
_LOOK_S: Final = 1.0
"""Who waits for news looks again after this all the same: news that came a moment before waiting wakes nobody."""


class Told(NamedTuple):
    """One thing to tell. `id` is what to go on from; None: nothing changes about that."""

    kind: str
    id: int | None
    form: Any


class Ended(NamedTuple):
    """The listener may not listen any more."""

    why: str


class Listener:
    """Who listens, looked at again every so often. One task at a time."""

    def __init__(self, centre: Centre, again: Again, principal: Principal) -> None:
        self._centre = centre
        self._again = again
        self.principal = principal
        self._due_s = centre.clock.monotonic_s() + LOOK_AGAIN_S

    async def may_go_on(self) -> bool:
        """False when the session or the token is over. What they see is that of the last look."""
        now_s = self._centre.clock.monotonic_s()
        if now_s >= self._due_s:
            found = await run_in_threadpool(self._again)
            if found is None:
                return False
            self.principal, self._due_s = found, now_s + LOOK_AGAIN_S
        return True

    async def news(self, timeout_s: float) -> None:
        """Until something has changed, or it is time to look again."""
        left_s = self._due_s - self._centre.clock.monotonic_s()
        await self._centre.watch.news(max(0.05, min(timeout_s, left_s)))


async def alarms(centre: Centre, listener: Listener, after: int | None) -> AsyncIterator[Told | Ended]:
    """Events with a number above `after` (None: from now on), each once and in order, then as they happen.

    First comes `ready`, with the number to resume from; `reset` where the book has not come that far: the listener
    forgets what it had and lists alarms anew.
    """
    events = centre.alarm_events
    newest = await _newest(centre)
    at = newest if after is None else after
    if at > newest:
        at = newest
        yield Told("reset", at, {"seq": at})
    yield Told("ready", at, {"seq": at})
    while await listener.may_go_on():
        if events.last_seq <= at:
            await listener.news(_LOOK_S)
            # The board may not have looked yet, or another book stands there.
            if 0 < events.last_seq < at and await _newest(centre) < at:
                at = events.last_seq
                yield Told("reset", at, {"seq": at})
            continue
        try:
            found = await run_in_threadpool(events.since, listener.principal, at)
        except UnavailableError:
            await asyncio.sleep(_UNREADABLE_S)
            continue
        for event in found.events:
            yield Told("alarm", event.seq, {"seq": event.seq, "id": event.id, **event.form})
        at = found.upto
    yield Ended("the session or token is over")


async def _newest(centre: Centre) -> int:
    while True:
        try:
            return await run_in_threadpool(centre.alarm_events.newest)
        except UnavailableError:
            await asyncio.sleep(_UNREADABLE_S)


async def values(centre: Centre, listener: Listener, points: list[str]) -> AsyncIterator[Told | Ended]:
    """The last readings of the points in sight, then those that are new."""
    turn = 0
    while await listener.may_go_on():
        try:
            turn, found = await run_in_threadpool(centre.places.latest_since, listener.principal, points, turn)
        except UnavailableError:
            await asyncio.sleep(_UNREADABLE_S)
            continue
        if found:
            yield Told("values", None, [LatestForm.of(latest) for latest in found.values()])
        await asyncio.sleep(_VALUES_S)
        while centre.watch.latest.turn == turn and await listener.may_go_on():
            await listener.news(_LOOK_S)
    yield Ended("the session or token is over")


async def pulse(centre: Centre, listener: Listener) -> AsyncIterator[Told | Ended]:
    """The pulse, now and when what is not well has changed."""
    last = None
    while await listener.may_go_on():
        now = centre.health.pulse(listener.principal)
        if last is None or now.troubles != last:
            last = now.troubles
            yield Told("pulse", None, PulseForm.of(now))
        await listener.news(_LOOK_S)
    yield Ended("the session or token is over")
