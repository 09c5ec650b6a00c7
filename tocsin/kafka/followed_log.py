"""One partition, read on and on by a follower: what it leaves of a read is there for the next one."""

from collections.abc import Iterator
from typing import Final, Self

import numpy as np

from plant.entries import Entry, Position
from tocsin.kafka.partition_log import PartitionLog

_TIMES: Final = 1 << 16


class FollowedLog:
    """Implements tocsin.log.port.LogReader for the one thread that follows.

    `first` asks Kafka; `end` is as of when `first` or `read` last asked, so that others may look at it at any time.
    A read may be left in its middle: the next one that begins there goes on with it. Times are those of a reader that
    read all from the beginning, where `begin_after` says the time of the entry before the first that is read.
    """

    def __init__(self, log: PartitionLog) -> None:
        """`log` is closed with this."""
        self.place = log.place
        self._log = log
        self._stream: Iterator[tuple[Position, Entry]] | None = None
        self._next: Position = -1
        self._first: Position = 0
        self._end: Position | None = None
        self._took_at = np.full(_TIMES, -1, np.int64)
        self._took_ms = np.zeros(_TIMES, np.int64)

    @property
    def first(self) -> Position:
        """The offset of the oldest entry still kept."""
        self._look()
        return self._first

    @property
    def end(self) -> Position:
        """One past the newest entry, as of the last look."""
        return self._look() if self._end is None else self._end

    def begin_after(self, position: Position, last_ms: int) -> None:
        """Say at which time the entry before `position` was taken."""
        self._note(position - 1, last_ms)

    def taken_before(self, position: Position) -> int | None:
        """The time at which the entry before `position` was taken, where it was read lately."""
        at = position - 1
        return int(self._took_ms[at % _TIMES]) if self._took_at[at % _TIMES] == at >= 0 else None

    def read(self, start: Position, stop: Position | None = None) -> Iterator[tuple[Position, Entry]]:
        """Entries from `start` up to `stop` (or the end as of now). LookupError if `start` was dropped already."""
        if stop is None or self._end is None or stop > self._end:
            end = self._look()
            stop = end if stop is None else min(stop, end)
        if start >= stop:
            return iter(())
        if start < self._first:
            raise LookupError(f"{self.place.topic} [{self.place.partition}]: position {start} is no longer kept")
        return self._read(start, stop)

    def close(self) -> None:
        """Close the connections."""
        self._stream = None
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _look(self) -> Position:
        self._first, self._end = self._log.first, self._log.end
        return self._end

    def _read(self, start: Position, stop: Position) -> Iterator[tuple[Position, Entry]]:
        if start != self._next:
            self._stream, self._next = None, start
        while self._next < stop:
            if self._stream is None:
                self._stream = self._log.read(self._next, self._end, last_ms=self.taken_before(self._next))
            found = next(self._stream, None)
            if found is None:
                self._stream = None
                continue
            at, entry = found
            self._next = at + 1
            self._note(at, entry.received_at_ms)
            yield found

    def _note(self, at: Position, took_ms: int) -> None:
        self._took_at[at % _TIMES], self._took_ms[at % _TIMES] = at, took_ms
