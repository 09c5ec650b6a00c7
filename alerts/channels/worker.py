"""Calls that block, kept off the event loop, with a time limit."""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Worker:
    """A few threads of its own for a library that blocks.

    They are daemons: a library that never returns must not keep the process from ending.
    """

    def __init__(
        self, name: str, threads: int = 1, idle: Callable[[], object] | None = None, idle_s: float = 1.0
    ) -> None:
        """`idle` is called by a thread that has waited `idle_s` for work; it must not raise."""
        self._name = name
        self._threads = threads
        self._idle = idle
        self._idle_s = idle_s
        self._jobs: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._started = False

    def start(self) -> None:
        """Start the threads, where they have not begun: the first job does so too."""
        if not self._started:
            self._started = True
            for n in range(self._threads):
                threading.Thread(target=self._work, name=f"{self._name}-{n}", daemon=True).start()

    async def run(self, job: Callable[[], T], timeout_s: float) -> T:
        """What the job returns. TimeoutError after `timeout_s`: a job that has not begun by then never does, one
        that has goes on, and what it returns is dropped.
        """
        self.start()
        future: Future[T] = Future()
        self._jobs.put((future, job))
        async with asyncio.timeout(timeout_s):
            return await asyncio.wrap_future(future)

    def close(self, last: Callable[[], object] = lambda: None) -> None:
        """End the threads after what has been asked for, then `last`; nobody waits for it."""
        if self._started:
            self._jobs.put((Future(), last))
            for _ in range(self._threads):
                self._jobs.put(None)

    def _work(self) -> None:
        while True:
            try:
                asked = self._jobs.get(timeout=self._idle_s if self._idle is not None else None)
            except queue.Empty:
                if self._idle is not None:
                    self._idle()
                continue
            if asked is None:
                return
            future, job = asked
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(job())
            except BaseException as error:
                future.set_exception(error)
