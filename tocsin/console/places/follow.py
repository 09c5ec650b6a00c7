"""Pages that stay up to date: one look a second for all of them, in one thread, and each told what is new to it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import structlog
from nicegui import Client, run, ui

from tocsin.accounts.roles import Principal
from tocsin.centre.errors import ForbiddenError, NotFoundError, UnavailableError
from tocsin.console.page import PageContext, SignedOutError

LOOK_S: Final = 1.0
_SESSION_S: Final = 15.0
"""A session that has ended, or a role that has changed, is noticed after this at the latest."""

_log = structlog.get_logger(__name__)

Look = Callable[[Principal], Any]
"""What is new since the last call; None: nothing. Called in a worker thread, by one at a time."""
Show = Callable[[Any], None]
"""Puts it on the page; called on the event loop, where the page's elements can be changed."""


@dataclass(slots=True)
class _Follower:
    context: PageContext
    client: Client
    look: Look
    show: Show
    every_s: float
    principal: Principal
    due_s: float = 0.0
    check_s: float = 0.0


class Following:
    """Of one process. It looks while somebody follows, and while the browser of who follows is there."""

    def __init__(self) -> None:
        self._followers: list[_Follower] = []
        self._task: asyncio.Task[None] | None = None

    def follow(self, context: PageContext, look: Look, show: Show, every_s: float = LOOK_S) -> None:
        """`show` what `look` finds, from when the browser has the page until it is left. Call while a page is built."""
        client = ui.context.client
        follower = _Follower(context, client, look, show, every_s, context.principal)
        self._followers.append(follower)
        client.on_delete(lambda: self._leave(follower))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._go_on())

    def _leave(self, follower: _Follower) -> None:
        if follower in self._followers:
            self._followers.remove(follower)

    async def _go_on(self) -> None:
        while self._followers:
            await asyncio.sleep(LOOK_S)
            try:
                await self._look_once()
            except Exception:
                _log.exception("pages_not_followed")  # the next second is another try

    async def _look_once(self) -> None:
        if not self._followers:
            return
        now_s = self._followers[0].context.centre.clock.monotonic_s()
        due = [f for f in self._followers if f.client.has_socket_connection and f.due_s <= now_s]
        for follower in [f for f in due if f.check_s <= now_s]:
            await self._check(follower, now_s)
        due = [f for f in due if f in self._followers]
        for follower in due:
            follower.due_s = now_s + follower.every_s - LOOK_S / 2
        for follower, found in await run.io_bound(_looked, due) or []:
            if found is not None and follower in self._followers:
                _put(follower, found)

    async def _check(self, follower: _Follower, now_s: float) -> None:
        try:
            follower.principal = await follower.context.again()
            follower.check_s = now_s + _SESSION_S
        except SignedOutError:
            self._leave(follower)  # the frame's script sends the browser to sign in


def _looked(due: list[_Follower]) -> list[tuple[_Follower, Any]]:
    found = []
    for follower in due:
        try:
            found.append((follower, follower.look(follower.principal)))
        except (UnavailableError, NotFoundError, ForbiddenError) as error:
            # The banner tells what is down; what the page shows stays, greyed.
            _log.debug("a page could not look", error=str(error))
        except Exception:
            _log.exception("page_look_failed", path=follower.context.request.url.path)
    return found


def _put(follower: _Follower, found: Any) -> None:
    try:
        with follower.client:
            follower.show(found)
    except Exception:
        _log.exception("page_show_failed", path=follower.context.request.url.path)


FOLLOWING: Final = Following()
"""For what takes milliseconds. NiceGUI's pages are those of a process; so is this."""

SLOWLY: Final = Following()
"""For what may take seconds: nobody else's page waits for it."""
