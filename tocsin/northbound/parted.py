"""The feeds of a cluster. Alarms go by their events' numbers in the book; readings by the time at which they came.

The logs of the shards have no common position. But times within each are strictly increasing, so whatever is not later
than the newest entry of every log is all there and stays as it is.
"""

from collections.abc import Callable, Iterator, Sequence
from heapq import merge
from itertools import groupby
from typing import Any, Final

from plant.entries import Entry, Position, Readings
from plant.registry import PointRegistry
from tocsin.book import BookReader
from tocsin.northbound.feed import GoneError, Item, Sees, What, alarm_form, reading_forms
from tocsin.records.parts import TimedLog

_AT_ONCE: Final = 1000


class BookFeed:
    """Implements OneFeed for alarms: a position is an event's number, 1, 2, 3, ..."""

    def __init__(self, book: BookReader) -> None:
        self._book = book

    def end(self) -> Position:
        return self._book.last_seq + 1

    def upto(self, after: Position, most: int) -> Position:
        return min(self.end() - 1, max(after, 0) + most)

    def items(
        self, after: Position, what: What, sees: Sees, sees_enterprise: Sees, upto: Position | None = None
    ) -> Iterator[Item]:
        """`what` and `sees` are of readings, and these are none."""
        last = self.end() - 1 if upto is None else upto
        while found := self._book.events(max(after, 0), _AT_ONCE):
            for booked in found:
                if booked.seq > last:
                    return
                event = booked.numbered.event
                if sees_enterprise(event.enterprise):
                    yield Item(booked.seq, event.received_at, [], [alarm_form(booked)])
            after = found[-1].seq


class ReadingsFeed:
    """Implements OneFeed for readings: a position is a time in ms, at which entries of several shards may have come."""

    def __init__(self, logs: Sequence[TimedLog], registry: Callable[[], PointRegistry]) -> None:
        """`registry` gives that of all points there are by now."""
        self._logs = logs
        self._registry = registry
        self._ids = registry().ids

    def end(self) -> Position:
        """One past the newest time of the log that is the furthest behind; 0 where one has no entry yet."""
        return min((self._time(log, log.end - 1) + 1 for log in self._logs), default=0)

    def upto(self, after: Position, most: int) -> Position:
        begins = [self._time(log, log.first) for log in self._logs]
        return min(self.end() - 1, max(after, min(begins, default=0) - 1) + most)

    def items(
        self, after: Position, what: What, sees: Sees, sees_enterprise: Sees, upto: Position | None = None
    ) -> Iterator[Item]:
        """`what` and `sees_enterprise` are of alarms, and these are none."""
        start = after + 1
        end = self.end() if upto is None else min(self.end(), upto + 1)
        gone = [self._time(log, log.first) for log in self._logs if log.first > 0]
        if gone and start < max(gone):
            raise GoneError(max(gone))
        if start >= end:
            return
        parts = [self._read(log, start, end) for log in self._logs]
        entries = merge(*parts, key=lambda entry: entry.received_at_ms)
        for at_ms, these in groupby(entries, key=lambda entry: entry.received_at_ms):
            told: list[list[Any]] = []
            for entry in these:
                if isinstance(entry, Readings):
                    if len(entry.batch) and int(entry.batch.point.max()) >= len(self._ids):
                        self._ids = self._registry().ids
                    told += reading_forms(entry, self._ids, sees)
            if told:
                yield Item(at_ms, at_ms, told, [])

    @staticmethod
    def _read(log: TimedLog, start_ms: int, end_ms: int) -> Iterator[Entry]:
        first = max(log.first, log.position_at(start_ms))
        for _, entry in log.read(first, log.end):
            if entry.received_at_ms >= end_ms:
                return
            if entry.received_at_ms >= start_ms:
                yield entry

    @staticmethod
    def _time(log: TimedLog, position: Position) -> int:
        """-1 where there is no such entry."""
        return (
            next((entry.received_at_ms for _, entry in log.read(position, position + 1)), -1) if position >= 0 else -1
        )
