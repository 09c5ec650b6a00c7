"""A log in memory, for tests and for replays that keep nothing."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace

from plant.entries import Entry, Position
from tocsin.log.port import LogFullError


class MemoryLog:
    """Implements tocsin.log.port.Log; nothing survives the process. Set `full` to see what a full disk does."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._first: Position = 0
        self._closed = False
        self.full = False

    @property
    def first(self) -> Position:
        """The position of the oldest entry still kept."""
        return self._first

    @property
    def end(self) -> Position:
        """One past the newest entry."""
        return self._first + len(self._entries)

    @property
    def last_received_at_ms(self) -> int | None:
        """The time that no later entry will be below; None while the log is empty."""
        return self._entries[-1].received_at_ms if self._entries else None

    def append(self, entries: Sequence[Entry]) -> Position:
        """Keep the entries; returns the position of the first. LogFullError while `full`."""
        if self._closed:
            raise ValueError("the log is closed")
        if self.full:
            raise LogFullError("the log is full")
        position = self.end
        for entry in entries:
            last_ms = self.last_received_at_ms
            if last_ms is not None and entry.received_at_ms < last_ms:
                entry = replace(entry, received_at_ms=last_ms)
            self._entries.append(entry)
        return position

    def read(self, start: Position, stop: Position | None = None) -> Iterator[tuple[Position, Entry]]:
        """Entries from `start` up to `stop` (or the end as of now). LookupError if `start` was dropped already."""
        stop = self.end if stop is None else min(stop, self.end)
        if start < stop and start < self._first:
            raise LookupError(f"position {start} is no longer kept, the oldest is {self._first}")
        return iter(list(enumerate(self._entries[max(0, start - self._first) : max(0, stop - self._first)], start)))

    def position_at(self, received_at_ms: int) -> Position:
        """The first position whose entry was received at or after `received_at_ms`; the end if there is none yet."""
        return self._first + bisect_left(self._entries, received_at_ms, key=lambda entry: entry.received_at_ms)

    def drop_before(self, limit_ms: int, keep_from: Position, max_bytes: int | None = None) -> int:
        """Drop the entries received before `limit_ms` and before `keep_from`, one by one; returns how many.

        `max_bytes` is there for the journal's sake.
        """
        stop = max(self._first, min(self.position_at(limit_ms), keep_from, self.end - 1))
        dropped = stop - self._first
        del self._entries[:dropped]
        self._first = stop
        return dropped

    def close(self) -> None:
        """Take no more entries."""
        self._closed = True
