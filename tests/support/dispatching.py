"""A dispatcher in a thread of its own, over a book, with a clock that tests move."""

import asyncio
import contextlib
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from support.alarm_steps import LATCHING
from support.webhook_receiver import SECRET

from alerts.channels.port import Channel
from alerts.channels.webhook import WebhookChannel, WebhookSettings
from alerts.fold import Step
from tocsin.book import AlarmBook, Outbox
from tocsin.clock import SystemClock
from tocsin.database import Place
from tocsin.notices.dispatcher import Dispatcher


class ShiftedClock:
    """The machine's clock plus a shift: signatures stay valid while days pass."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._shift_ms = 0

    def now_ms(self) -> int:
        return self._clock.now_ms() + self._shift_ms

    def monotonic_s(self) -> float:
        return self._clock.monotonic_s()

    def advance(self, seconds: float) -> None:
        self._shift_ms += round(seconds * 1000)


def webhook(folder: Path, url: str, name: str = "centre", timeout_s: float = 10.0, **facts: Any) -> WebhookChannel:
    secret_file = folder / "secret"
    secret_file.write_text(SECRET + "\n", encoding="ascii")
    settings = WebhookSettings(url=url, secret_file=secret_file, name=name, **({"allow_private": True} | facts))
    return WebhookChannel(settings, timeout_s)


class Dispatching:
    """A context manager: the dispatcher runs inside it and is cancelled at its end."""

    def __init__(
        self, path: Place, channels: list[Channel], clock: Any = None, concurrency: int | None = None, **more: Any
    ) -> None:
        self._path = path
        self._channels = channels
        self.clock = clock or SystemClock()
        self._concurrency = concurrency
        self._more = more
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), daemon=True)
        self.error: BaseException | None = None

    async def _main(self) -> None:
        self.dispatcher = Dispatcher(
            self._path, self._channels, self.clock, lambda: 0.5, self._concurrency, **self._more
        )
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self.dispatcher.run())
        self._started.set()
        try:
            await self._task
        except asyncio.CancelledError:
            pass
        except BaseException as error:
            self.error = error

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with contextlib.suppress(RuntimeError):  # it has returned, its loop is closed
            self._loop.call_soon_threadsafe(self._task.cancel)
        self.join()
        if error is None:
            assert self.error is None

    def join(self) -> None:
        """Until the dispatcher has returned by itself."""
        self._thread.join(20)
        assert not self._thread.is_alive()

    def wake(self) -> None:
        self.dispatcher.wake()


class Bell:
    """A book that tests fill step by step; every step is an entry."""

    def __init__(self, path: Place, channels: list[Any]) -> None:
        self.book = AlarmBook.open_for_writing(path, [channel.target for channel in channels])
        self._position = self.book.position

    def take(self, *steps: Step) -> int:
        """Commit the steps; returns how many notices they queued."""
        first = self._position
        self._position += len(steps)
        return self.book.commit(self._position, list(enumerate(steps, first)), LATCHING).queued


def backlog_due(path: Place) -> int:
    """How many notices are owed to anybody."""
    outbox = Outbox.open_for_reading(path)
    try:
        return sum(target.due for target in outbox.backlog().values())
    finally:
        outbox.close()
