"""Waiting on a condition with a deadline."""

import threading
from collections.abc import Callable

from tocsin.clock import SystemClock


def eventually(holds: Callable[[], bool], within_s: float = 20.0, *, every_s: float = 0.02) -> bool:
    """Whether the condition comes true in time; looks at it every 20 ms, or less often where that is work."""
    clock, nap = SystemClock(), threading.Event()
    deadline_s = clock.monotonic_s() + within_s
    while not holds():
        if clock.monotonic_s() > deadline_s:
            return False
        nap.wait(every_s)
    return True
