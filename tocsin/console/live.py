"""The live feed of every open page, over one web socket each: is all well, what calls, and the board's rows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import structlog
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from tocsin.accounts.accounts import Accounts
from tocsin.accounts.cookies import SESSION, cookie
from tocsin.accounts.middleware import principal_in
from tocsin.accounts.roles import Principal
from tocsin.centre.centre import Centre
from tocsin.centre.errors import UnavailableError
from tocsin.centre.grounds import Grounded
from tocsin.centre.sight import Sight
from tocsin.console.board_feed import BoardFeed
from tocsin.console.guard import SIGNED_OUT_CODE
from tocsin.console.words import LANGUAGES, Language

_BEAT_S: Final = 1.0
_SESSION_S: Final = 30.0
_SEND_S: Final = 10.0
"""A browser that takes nothing for so long is let go: it comes again."""

_log = structlog.get_logger(__name__)


class _Asked(msgspec.Struct):
    """What a page says: it shows the board, and stands at this turn of this epoch."""

    turn: int = -1
    epoch: str = ""


@dataclass(slots=True)
class _Screen:
    principal: Principal
    asked: _Asked | None = None
    sight: Sight = field(default_factory=lambda: Sight(frozenset(), whole=False))
    checked_s: float = 0.0


class Live:
    """One for the process. What changes is made ready once, then handed to all screens."""

    def __init__(self, centre: Centre, accounts: Accounts) -> None:
        self._centre = centre
        self._accounts = accounts
        self._feeds: dict[Language, BoardFeed] = {}
        self._news = asyncio.Event()
        self._grounded: Grounded | None = None
        self._sights: dict[tuple[object, ...], Sight] = {}
        self.screens = 0
        """How many are connected."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The feed goes on within."""
        task = asyncio.create_task(self._feed_on())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def connect(self, socket: WebSocket) -> None:
        """A page's socket, until either side ends it."""
        principal = principal_in(socket.scope)
        if principal is None:
            await socket.close(SIGNED_OUT_CODE)
            return
        await socket.accept()
        screen = _Screen(principal, checked_s=self._centre.clock.monotonic_s())
        self.screens += 1
        listening = asyncio.create_task(self._listen(socket, screen))
        try:
            await self._tell(socket, screen, listening)
        except (WebSocketDisconnect, TimeoutError, RuntimeError, OSError):
            _log.debug("a screen has gone")
        finally:
            self.screens -= 1
            listening.cancel()
            with suppress(asyncio.CancelledError, WebSocketDisconnect):
                await listening

    async def _listen(self, socket: WebSocket, screen: _Screen) -> None:
        while True:
            text = await socket.receive_text()
            with suppress(msgspec.MsgspecError):
                screen.asked = msgspec.json.decode(text, type=_Asked)
                self._wake()

    async def _tell(self, socket: WebSocket, screen: _Screen, listening: "asyncio.Task[None]") -> None:
        while not listening.done():
            news = self._news
            if not await self._still_signed_in(socket, screen):
                await socket.close(SIGNED_OUT_CODE)
                return
            feed = await self._feed(screen.principal.language)
            for message in self._messages(screen, feed):
                await asyncio.wait_for(socket.send_text(message), _SEND_S)
            with suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), _BEAT_S)

    def _messages(self, screen: _Screen, feed: BoardFeed) -> list[str]:
        """A beat, and the rows that the screen has yet to get."""
        if self._grounded is not None:
            screen.sight = self._sight(self._grounded, screen.principal)
        messages = [self._beat(feed, screen.sight)]
        if screen.asked is not None:
            rows = feed.rows(screen.sight, screen.asked.turn, screen.asked.epoch)
            if rows is not None:
                messages.append(rows)
                screen.asked = _Asked(feed.turn, feed.epoch)
        return messages

    def _beat(self, feed: BoardFeed, sight: Sight) -> str:
        clock, pulse = self._centre.clock, self._centre.watch.pulse.now()
        counts = feed.counts(sight)
        beat: dict[str, Any] = {
            "t": "beat",
            "now": clock.now_ms(),
            "looked": pulse.at_ms,
            "troubles": [t._asdict() for t in pulse.troubles],
            "turn": feed.turn,
            "epoch": feed.epoch,
            "open": counts.open,
            "newest": counts.newest,
        }
        return msgspec.json.encode(beat).decode()

    async def _feed_on(self) -> None:
        for language in LANGUAGES:
            await self._feed(language)  # so that the first screen need not wait
        while True:
            await self._centre.watch.news(_BEAT_S)
            for feed in list(self._feeds.values()):
                await self._update(feed)
            self._wake()

    async def _feed(self, language: Language) -> BoardFeed:
        feed = self._feeds.get(language)
        if feed is None:
            feed = self._feeds[language] = BoardFeed(self._centre, language)
            await self._update(feed)
        return feed

    async def _update(self, feed: BoardFeed) -> None:
        try:
            await run_in_threadpool(self._look, feed)
        except UnavailableError as error:
            _log.debug("no rows", reason=str(error))
        except Exception:
            _log.exception("feed_failed")  # the feed goes on: screens show that they are blind by the pulse's age

    def _look(self, feed: BoardFeed) -> None:
        """In a worker thread: a configuration that has just come into force takes a while to read."""
        self._grounded = self._centre.grounds.now()
        feed.update()

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _sight(self, grounded: Grounded, principal: Principal) -> Sight:
        key = (id(grounded), principal.scope, principal.only_enterprises)
        found = self._sights.get(key)
        if found is None:
            if len(self._sights) > 1000:
                self._sights.clear()
            found = self._sights[key] = grounded.sight(principal)
        return found

    async def _still_signed_in(self, socket: WebSocket, screen: _Screen) -> bool:
        """Looked up now and then; an open page counts as use of its session."""
        now_s = self._centre.clock.monotonic_s()
        if screen.principal.via != "session" or now_s - screen.checked_s < _SESSION_S:
            return True
        screen.checked_s = now_s
        secret = cookie(socket.scope, SESSION)
        found = await run_in_threadpool(self._accounts.principal_of_session, secret)
        if found is None:
            return False
        screen.principal = found
        return True
