"""The port through which lines leave, and what can go wrong there. One try a call: patience is the follower's."""

from collections.abc import Sequence
from typing import Protocol


class SinkError(Exception):
    """A write failed. The message says why."""


class SinkAwayError(SinkError):
    """The server is away or overloaded: the same write can succeed later. `retry_after_s` is its own wish, if any."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class SinkRefusesError(SinkError):
    """The server refuses us, not the lines: token, organisation or bucket are wrong. Somebody must mend that."""


class LinesRejectedError(SinkError):
    """The server finds fault with lines; the same lines will never be taken. `dropped`: how many it says."""

    def __init__(self, message: str, dropped: int | None = None) -> None:
        super().__init__(message)
        self.dropped = dropped


class LineSink(Protocol):
    def write(self, lines: Sequence[str]) -> None:
        """Store the lines (nanosecond precision); returns once the server has them. Raises a SinkError."""

    def close(self) -> None:
        """Free its connections."""
