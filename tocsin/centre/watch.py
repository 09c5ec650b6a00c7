"""One thread that looks at journal, book and service for all screens, and wakes who waits for news."""

import asyncio
import threading
from collections.abc import Callable
from typing import Final

import structlog

from tocsin.book import BookError
from tocsin.centre.board import Board
from tocsin.centre.latest import LatestValues
from tocsin.centre.pulse import OLD_READINGS_MS, PulseKeeper, pulse_of
from tocsin.clock import Clock
from tocsin.database import DATABASE_ERRORS, Place
from tocsin.records import UNREADABLE, Records

_LOOK_S: Final = 0.2
_PULSE_S: Final = 1.0

_log = structlog.get_logger(__name__)


class Watch:
    """Between `start` and `stop`. What it finds stands in `board`, `exercise_board`, `latest` and `pulse`."""

    def __init__(self, records: Records, listen: str, clock: Clock, *, old_ms: int = OLD_READINGS_MS) -> None:
        """`listen` is where the service tells its health ([http] listen); `old_ms` how old readings may be."""
        self.board = Board(lambda: records.book)
        self.exercise_board = Board(self._exercise_book)
        self.latest = LatestValues(records)
        self.pulse = PulseKeeper()
        self._records = records
        self._clock = clock
        self._old_ms = old_ms
        self._probe = records.probe(listen)
        self._health: dict[str, object] | None = None
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._threads = [
            threading.Thread(target=self._look_on, name="centre-watch", daemon=True),
            threading.Thread(target=self._probe_on, name="centre-probe", daemon=True),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Returns when both threads have ended."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        self.board.close()
        self.exercise_board.close()
        self.latest.close()
        self._probe.close()

    async def news(self, timeout_s: float) -> bool:
        """Wait until something has changed; False when `timeout_s` passed first. Look for yourself what it was."""
        event = asyncio.Event()
        waiter = (asyncio.get_running_loop(), event)
        with self._lock:
            self._waiting.add(waiter)
        try:
            async with asyncio.timeout(timeout_s):
                await event.wait()
            return True
        except TimeoutError:
            return False
        finally:
            with self._lock:
                self._waiting.discard(waiter)

    def _look_on(self) -> None:
        pulse_due_s = 0.0
        while not self._stop.is_set():
            unreadable, news = "", False
            for look in (self._readings, self._alarms, self._exercise):
                try:
                    news |= look()
                except (BookError, *DATABASE_ERRORS, *UNREADABLE) as error:
                    unreadable = unreadable or _why(error)
            now_s = self._clock.monotonic_s()
            if now_s >= pulse_due_s or unreadable:
                pulse_due_s = now_s + _PULSE_S
                news |= self._feel(unreadable)
            if news:
                self._wake()
            self._stop.wait(_LOOK_S)

    def _probe_on(self) -> None:
        while not self._stop.is_set():
            self._health = self._probe.ask()
            self._stop.wait(_PULSE_S)

    def _readings(self) -> bool:
        return self.latest.poll()

    def _alarms(self) -> bool:
        return self.board.poll(self._clock.monotonic_s())

    def _exercise(self) -> bool:
        if self._records.exercise_book is None:
            return False
        return self.exercise_board.poll(self._clock.monotonic_s())

    def _exercise_book(self) -> Place:
        place = self._records.exercise_book
        if place is None:
            raise BookError("there was no exercise yet")
        return place

    def _feel(self, unreadable: str) -> bool:
        before = self.pulse.now()
        latest = self.latest
        now_ms = self._clock.now_ms()
        after = pulse_of(now_ms, latest.clocks_ms(), latest.heard_ms, self._health, unreadable, self._old_ms)
        self.pulse.put(after)
        if {t[:2] for t in before.troubles} != {t[:2] for t in after.troubles}:
            _log.info("pulse", troubles=[f"{t.part} {t.name}: {t.reason}" for t in after.troubles])
            return True
        return False

    def _wake(self) -> None:
        with self._lock:
            waiting = list(self._waiting)
        for loop, event in waiting:
            _call_soon(loop, event.set)


def _call_soon(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(call)
    except RuntimeError:
        _log.debug("a waiter's loop has ended")


def _why(error: Exception) -> str:
    """For people at screens: no paths."""
    match error:
        case FileNotFoundError():
            return "nothing yet"
        case OSError(strerror=str(said)):
            return said
        case _:
            return str(error)
