"""The port of the log. Adapters: memory, segmented journal (and Kafka later); one contract suite runs on all."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from plant.entries import Entry, Position


class LogReader(Protocol):
    """Reads while somebody else writes."""

    @property
    def first(self) -> Position:
        """The position of the oldest entry still kept."""

    @property
    def end(self) -> Position:
        """One past the newest durable entry."""

    def read(self, start: Position, stop: Position | None = None) -> Iterator[tuple[Position, Entry]]:
        """Entries from `start` up to `stop` (or the end as of now). LookupError if `start` was dropped already."""


class Log(LogReader, Protocol):
    """The one writer."""

    def append(self, entries: Sequence[Entry]) -> Position:
        """Write the entries and sync them; returns the position of the first. When it returns, they are durable.

        `received_at_ms` never decreases: an entry with an earlier time is written with the last entry's
        (semantics 1.1), so read back what was written. Raises LogFullError when the disk is full (nothing was written).
        """

    def close(self) -> None:
        """Give up the write lock."""


class LogFullError(OSError):
    """No room. Nothing was written; a later try can help."""
