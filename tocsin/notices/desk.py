"""What the tasks of the dispatcher share: the outbox in its thread, the clock, who is known."""

import asyncio
import contextlib
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import structlog

from tocsin.book.outbox import Outbox
from tocsin.clock import Clock
from tocsin.database.errors import TRY_AGAIN
from tocsin.notices.directory import Directory

AGAIN_S = 2.0
"""How long to wait while the book can't be written."""

LONGEST_SLEEP_S = 60.0
"""A wall clock that is set back, or dead letters put back by another process, wait no longer than this."""

_log = structlog.get_logger(__name__)
_T = TypeVar("_T")


class Desk:
    """One for a dispatcher. `directory` may be replaced at any time."""

    def __init__(
        self, clock: Clock, random: Callable[[], float], channels: Collection[str], directory: Directory | None
    ) -> None:
        self.clock = clock
        self.random = random
        self.channels = frozenset(channels)
        self.directory = directory
        self.stopping = False
        self.failed = asyncio.Event()
        """A call may have been given up."""
        self.moved: Callable[[], None] = lambda: None
        """Called when a call has been passed on to another channel."""
        self._outbox: Outbox | None = None
        self._thread: ThreadPoolExecutor | None = None

    def open(self, outbox: Outbox, thread: ThreadPoolExecutor) -> None:
        self._outbox, self._thread = outbox, thread

    async def do(self, work: Callable[[Outbox], _T]) -> _T:
        """Work on the outbox in its thread, again and again while SQLite can't do it just now."""
        outbox = self._outbox
        assert outbox is not None  # noqa: S101 - opened before any task begins
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(self._thread, work, outbox)
            except TRY_AGAIN as error:
                _log.error("outbox_not_written", error=str(error))
                await asyncio.sleep(AGAIN_S)

    async def sleep(self, wake: asyncio.Event, until_ms: int | None) -> None:
        """Until woken, or until then."""
        seconds = LONGEST_SLEEP_S if until_ms is None else (until_ms - self.clock.now_ms()) / 1000
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(max(seconds, 0.0), LONGEST_SLEEP_S)):
                await wake.wait()
