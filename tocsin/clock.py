"""The only place that reads a clock. Everybody else takes the time as an argument."""

import time
from typing import Protocol


class Clock(Protocol):
    def now_ms(self) -> int:
        """Wall clock, integer milliseconds since the epoch, UTC."""

    def monotonic_s(self) -> float:
        """Seconds that only go forward, for measuring spans."""


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000  # noqa: TID251 - the one reader

    def monotonic_s(self) -> float:
        return time.monotonic()  # noqa: TID251 - the one reader
