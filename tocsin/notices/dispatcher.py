"""Sends what the outbox owes: each channel at its own pace, in order within an alarm, until somebody has been told."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import structlog

from alerts.channels.port import Channel, Receipt, TellsReceipts
from tocsin.book.outbox import Outbox
from tocsin.book.outbox_rows import Fate, Owed
from tocsin.clock import Clock
from tocsin.database import Place
from tocsin.notices import receipts
from tocsin.notices.desk import AGAIN_S, Desk
from tocsin.notices.directory import Directory
from tocsin.notices.sender import Sender
from tocsin.notices.serving import serve_bundled, serve_singly
from tocsin.notices.verdict import next_way

_log = structlog.get_logger(__name__)


class Dispatcher:
    """One asyncio task. It has its own connection to the book, in its own thread: nobody waits for it."""

    def __init__(
        self,
        book: Place,
        channels: Sequence[Channel],
        clock: Clock,
        random: Callable[[], float],
        concurrency: int | None = None,
        *,
        directory: Directory | None = None,
        on_failed: Callable[[str], None] | None = None,
    ) -> None:
        """`random` gives the jitter, in [0, 1). `concurrency` bounds the messages on their way over one channel below
        the channel's own limit.

        `on_failed` is told the key of each call of which every way has failed, at least once, over restarts too; it
        is called in the event loop and must not block.
        """
        self._book = book
        self._channels = channels
        self._concurrency = concurrency
        self._on_failed = on_failed
        self._desk = Desk(clock, random, [channel.name for channel in channels], directory)
        self._desk.moved = self._wake
        self._wakes = [asyncio.Event() for _ in channels]
        self._strays = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def wake(self) -> None:
        """Say that a commit has queued notices. From any thread; cheap."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def use(self, directory: Directory) -> None:
        """Go by another configuration from now on. From any thread."""
        self._desk.directory = directory

    async def receipt_came(self, channel: str, receipt: Receipt) -> None:
        """A provider has pushed a receipt. In the event loop, while `run` runs."""
        await receipts.take(channel, receipt, self._desk)

    def stop(self) -> None:
        """Begin nothing new; `run` returns once what is on its way has ended. From any thread."""
        self._desk.stopping = True
        self.wake()

    def _wake(self) -> None:
        for event in (*self._wakes, self._strays):
            event.set()

    async def run(self) -> None:
        """Send until stopped or cancelled. When cancelled, what is on its way may be sent again at the next start.

        BookError if the book can't be opened. While it can't be written (a full disk), nothing more is sent than is
        on its way, and writing is tried again: what can't be written down must not be sent over and over.
        """
        self._loop = asyncio.get_running_loop()
        desk, channels = self._desk, self._channels
        with ThreadPoolExecutor(1, thread_name_prefix="outbox") as thread:
            outbox = await self._loop.run_in_executor(thread, Outbox.open_for_writing, self._book)
            desk.open(outbox, thread)
            try:
                await self._take_up()
                async with asyncio.TaskGroup() as helpers:
                    helping = [helpers.create_task(self._keep_strays()), helpers.create_task(self._report_failed())]
                    for channel in channels:
                        if isinstance(channel, TellsReceipts):
                            helping.append(helpers.create_task(receipts.poll(channel.name, channel, desk)))
                    async with asyncio.TaskGroup() as tasks:
                        for channel, wake in zip(channels, self._wakes, strict=True):
                            tasks.create_task(self._serve(channel, wake))
                    for task in helping:
                        task.cancel()
            finally:
                thread.submit(outbox.close)
                for channel in channels:
                    await channel.close()

    async def _serve(self, channel: Channel, wake: asyncio.Event) -> None:
        sender = Sender(channel, self._desk)
        await sender.restore()
        most = sender.limits.concurrency
        serve = serve_bundled if sender.limits.bundles else serve_singly
        await serve(sender, wake, self._desk, most if self._concurrency is None else min(most, self._concurrency))

    async def _take_up(self) -> None:
        """What the last dispatcher left: messages on their way, and what is owed to nobody any more."""
        desk = self._desk
        recovered = await desk.do(Outbox.recover)
        if recovered:
            _log.info("notices_taken_up", count=recovered)
        now_ms = desk.clock.now_ms()
        given_up = await desk.do(lambda outbox: outbox.give_up_unknown(desk.channels, now_ms))
        if given_up:
            _log.warning("notices_given_up", reason="target no longer configured", count=given_up)

    async def _keep_strays(self) -> None:
        """Calls over channels that are not configured go the next way."""
        desk = self._desk
        while True:
            self._strays.clear()
            while rows := await desk.do(lambda outbox: outbox.strays(desk.channels)):
                now_ms = desk.clock.now_ms()
                for channel in {row.channel for row in rows}:
                    fates = {row: next_way(row, desk.channels, now_ms) for row in rows if row.channel == channel}
                    error = f"the channel {channel} is not configured"
                    await desk.do(partial(_skip, fates=fates, error=error, now_ms=now_ms))
                    _log.warning("notices_passed_on", reason=error, count=len(fates))
                for wake in self._wakes:
                    wake.set()
                desk.failed.set()
            await desk.sleep(self._strays, None)

    async def _report_failed(self) -> None:
        """Tell of calls that were given up."""
        desk = self._desk
        while self._on_failed is not None:
            desk.failed.clear()
            for key in await desk.do(Outbox.unreported):
                try:
                    self._on_failed(key)
                except Exception as error:  # told again later
                    _log.error("failed_call_not_told", call=key, error=f"{type(error).__name__}: {error}")
                    await asyncio.sleep(AGAIN_S)
                    desk.failed.set()
                    break
                await desk.do(partial(_reported, key=key))
            await desk.sleep(desk.failed, None)


def _skip(outbox: Outbox, fates: Mapping[Owed, Fate], error: str, now_ms: int) -> None:
    outbox.move(fates, error, now_ms, skipped=True)


def _reported(outbox: Outbox, key: str) -> None:
    outbox.reported(key)
