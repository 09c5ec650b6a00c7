"""A log that is one, or in several parts that stand for different enterprises, as it is read from its beginning."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from plant.entries import Position
from tocsin.log.port import LogReader


class TimedLog(LogReader, Protocol):
    """A log that is looked up by time."""

    def position_at(self, received_at_ms: int) -> Position:
        """The first position of this time or a later one; the end if there is none yet."""


class LogPart(NamedTuple):
    """One part of a site's log.

    digest   the configuration that was in force before the oldest entry still kept; None where nobody knows
    has      whether entries about an enterprise are in this part
    """

    log: TimedLog
    digest: str | None
    has: Callable[[str], bool]
