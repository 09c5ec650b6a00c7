"""A log in memory and a feed of events for tests of followers: entries can be added, dropped, and read meanwhile."""

import threading
from collections.abc import Iterator, Sequence

from plant.entries import Entry, Position
from rules.events import AlarmEvent


class MemoryLog:
    """Reads like any log. `drop_before` forgets old entries, as retention does."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._first = 0
        self._lock = threading.Lock()

    @property
    def first(self) -> Position:
        return self._first

    @property
    def end(self) -> Position:
        return len(self._entries)

    def append(self, entries: Sequence[Entry]) -> Position:
        with self._lock:
            self._entries.extend(entries)
            return len(self._entries) - len(entries)

    def drop_before(self, position: Position) -> None:
        self._first = position

    def read(self, start: Position, stop: Position | None = None) -> Iterator[tuple[Position, Entry]]:
        if start < self._first:
            raise LookupError(f"entry {start} was dropped; the first is {self._first}")
        for position in range(start, self.end if stop is None else min(stop, self.end)):
            yield position, self._entries[position]


class MemoryEvents:
    """A feed of events numbered 1, 2, 3, ..."""

    def __init__(self) -> None:
        self.events: list[AlarmEvent] = []

    def events_since(self, cursor: int, limit: int) -> Sequence[tuple[int, AlarmEvent, int]]:
        chosen = self.events[cursor : cursor + limit]
        return [(cursor + i + 1, event, 0) for i, event in enumerate(chosen)]
