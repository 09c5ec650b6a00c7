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

    def __init__(self, name: str, threads: int = 1) -> None:
        self._name = name
        self._threads = threads
        self._jobs: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._started = False

    async def run(self, job: Callable[[], T], timeout_s: float) -> T:
        """What the job returns. TimeoutError after `timeout_s`: a job that has not begun by then never does, one
        that has goes on, and what it returns is dropped.
        """
        if not self._started:
            self._started = True
            for n in range(self._threads):
                threading.Thread(target=self._work, name=f"{self._name}-{n}", daemon=True).start()
        future: Future[T] = Future()
        self._jobs.put((future, job))
        async with asyncio.timeout(timeout_s):
            return await asyncio.wrap_future(future)

    def close(self) -> None:
        """End the threads after what has been asked for."""
        if self._started:
            for _ in range(self._threads):
                self._jobs.put(None)

    def _work(self) -> None:
        while (asked := self._jobs.get()) is not None:
            future, job = asked
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(job())
            except BaseException as error:
                future.set_exception(error)
