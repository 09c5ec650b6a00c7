"""A thread that takes step after step until it is told to stop, and outlives its own mistakes."""

import random
import threading
from collections.abc import Callable

import structlog

from tocsin.followers.backoff import Backoff
from tocsin.followers.influx.patience import Stopped


class Steady:
    """`step` does what is due and says whether there is more to do at once; it raises Stopped when asked to stop.

    What else it raises is told and tried again with growing waits, after `recover`: nobody else would notice a dead
    thread.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], bool],
        recover: Callable[[], None],
        stopping: threading.Event,
        wait_s: float,
        backoff: Backoff | None = None,
    ) -> None:
        """`wait_s` is how long nothing is done after a step that left nothing to do."""
        self._step = step
        self._recover = recover
        self._stopping = stopping
        self._wait_s = wait_s
        self._backoff = backoff or Backoff(0.5, 30.0, random.Random())
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._report = structlog.get_logger("tocsin.history")
        self.trouble = ""
        """What went wrong in the last step; "" where nothing did."""

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Ask it to stop, and wait for that so long."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                more = self._step()
                self.trouble = ""
                self._backoff.reset()
            except Stopped:
                return
            except Exception as error:
                self.trouble = f"{type(error).__name__}: {error}"
                self._report.exception("stumbled", thread=self._thread.name)
                self._stopping.wait(self._backoff.next_s())
                self._recover()
                continue
            if not more:
                self._stopping.wait(self._wait_s)
