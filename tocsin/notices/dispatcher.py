"""Sends what the outbox owes: each target at its own pace, in order within an alarm, until the target has accepted."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog

from alerts.backoff import GIVE_UP_AFTER_MS, delay_s
from alerts.channels.port import Channel, Outcome
from tocsin.book.outbox import Outbox
from tocsin.book.outbox_rows import Again, Dead, Fate, Message
from tocsin.clock import Clock
from tocsin.notices.compose import notice_of

CONCURRENCY = 8
"""Notices on their way to one target at a time."""

_LONGEST_SLEEP_S = 60.0
"""A wall clock that is set back, or dead letters put back by another process, wait no longer than this."""

_RETRY_AFTER_AT_MOST_S = 3600.0
_AGAIN_S = 2.0

_log = structlog.get_logger(__name__)
_T = TypeVar("_T")


class Dispatcher:
    """One asyncio task. It has its own connection to the book, in its own thread: nobody waits for it."""

    def __init__(
        self,
        book: Path,
        channels: Sequence[Channel],
        clock: Clock,
        random: Callable[[], float],
        concurrency: int = CONCURRENCY,
    ) -> None:
        """`random` gives the jitter, in [0, 1)."""
        self._book = book
        self._channels = channels
        self._clock = clock
        self._random = random
        self._concurrency = concurrency
        self._wakes = [asyncio.Event() for _ in channels]
        self._stopping = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def wake(self) -> None:
        """Say that a commit has queued notices. From any thread; cheap."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        for event in self._wakes:
            event.set()

    def stop(self) -> None:
        """Begin nothing new; `run` returns once what is on its way has ended. From any thread."""
        self._stopping = True
        self.wake()

    async def run(self) -> None:
        """Send until stopped or cancelled. When cancelled, what is on its way may be sent again at the next start.

        BookError if the book can't be opened. While it can't be written (a full disk), nothing more is sent than is
        on its way, and writing is tried again: what can't be written down must not be sent over and over.
        """
        self._loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix="outbox") as thread:
            outbox = await self._in(thread, partial(Outbox.open_for_writing, self._book))
            try:
                names = [channel.name for channel in self._channels]
                given_up = await self._in(thread, partial(outbox.give_up_unknown, names, self._clock.now_ms()))
                if given_up:
                    _log.warning("notices_given_up", reason="target no longer configured", count=given_up)
                async with asyncio.TaskGroup() as tasks:
                    for channel, wake in zip(self._channels, self._wakes, strict=True):
                        tasks.create_task(self._serve(channel, wake, outbox, thread))
            finally:
                thread.submit(outbox.close)
                for channel in self._channels:
                    await channel.close()

    async def _serve(self, channel: Channel, wake: asyncio.Event, outbox: Outbox, thread: ThreadPoolExecutor) -> None:
        """Keep one target served. Alarms with a notice on its way are left alone, so their order is kept."""
        busy: set[str] = set()
        async with asyncio.TaskGroup() as sends:
            while not self._stopping:
                wake.clear()
                now_ms = self._clock.now_ms()
                limit = self._concurrency + len(busy)
                for due in await self._in(thread, partial(outbox.due, channel.name, now_ms, limit)):
                    if due.rows[0].alarm not in busy and len(busy) < self._concurrency:
                        busy.add(due.rows[0].alarm)
                        sends.create_task(self._attempt(channel, due, busy, wake, outbox, thread))
                next_at_ms = await self._in(thread, partial(outbox.next_at_ms, channel.name, now_ms))
                await _sleep(wake, None if next_at_ms is None else (next_at_ms - self._clock.now_ms()) / 1000)

    async def _attempt(
        self,
        channel: Channel,
        due: Message,
        busy: set[str],
        wake: asyncio.Event,
        outbox: Outbox,
        thread: ThreadPoolExecutor,
    ) -> None:
        try:
            notice = await self._in(thread, partial(notice_of, outbox, due, None))
            outcome = await channel.send(notice, self._clock.now_ms())
        except Exception as error:  # one channel's mistake must not stop the others
            outcome = Outcome(False, error=f"{type(error).__name__}: {error}")
        ended_ms = self._clock.now_ms()
        retry_at_ms = None if outcome.delivered else self._retry_at_ms(due, outcome, ended_ms)
        fate: Fate = Dead() if retry_at_ms is None else Again(retry_at_ms, whole=False)
        await self._in(thread, partial(outbox.record, due, outcome, ended_ms, dict.fromkeys(due.rows, fate)))
        if not outcome.delivered:
            _log.warning(
                "notice_failed" if retry_at_ms is not None else "notice_given_up",
                target=due.channel,
                id=due.id,
                attempt=due.rows[0].attempts + 1,
                error=outcome.error,
            )
        busy.discard(due.rows[0].alarm)
        wake.set()

    def _retry_at_ms(self, due: Message, outcome: Outcome, now_ms: int) -> int | None:
        first_at_ms = now_ms if due.rows[0].first_at_ms is None else due.rows[0].first_at_ms
        if now_ms - first_at_ms >= GIVE_UP_AFTER_MS:
            return None
        wait_s = delay_s(due.rows[0].attempts + 1, self._random())
        if outcome.retry_after_s is not None:
            wait_s = max(wait_s, min(outcome.retry_after_s, _RETRY_AFTER_AT_MOST_S))
        return now_ms + max(1, round(wait_s * 1000))

    async def _in(self, thread: ThreadPoolExecutor, call: Callable[[], _T]) -> _T:
        """Call in the outbox's thread, again and again while SQLite can't do it just now."""
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(thread, call)
            except sqlite3.OperationalError as error:
                _log.error("outbox_not_written", error=str(error))
                await asyncio.sleep(_AGAIN_S)


async def _sleep(wake: asyncio.Event, seconds: float | None) -> None:
    """Until woken, or until the seconds have passed."""
    bounded_s = _LONGEST_SLEEP_S if seconds is None else min(max(seconds, 0.0), _LONGEST_SLEEP_S)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(bounded_s):
            await wake.wait()
