"""What the stream has delivered of one shard's log and is not decided yet."""

import threading
from collections import deque
from typing import Final, NamedTuple

from plant.entries import Position

MOST_BYTES: Final = 16 << 20
"""Of one shard. Beyond it the shard reads its log itself, which is the quicker way to catch up."""


class Record(NamedTuple):
    """A record of the log as Kafka has it."""

    offset: Position
    timestamp_ms: int
    value: bytes | None


class Inbox:
    """Filled by the stream's thread, emptied by the shard's."""

    def __init__(self) -> None:
        self._records: deque[Record] = deque()
        self._bytes = 0
        self._open = False
        self._changed = threading.Condition()
        self._ended = False

    def put(self, record: Record) -> bool:
        """Whether there was room. Where there was none, nothing is taken any more until `reopen`."""
        size = len(record.value or b"")
        with self._changed:
            if not self._open or self._bytes + size > MOST_BYTES:
                self._open = False
                return False
            self._records.append(record)
            self._bytes += size
            if len(self._records) == 1:
                self._changed.notify()
            return True

    def take(self, most_bytes: int, timeout_s: float) -> list[Record]:
        """What is there, once something is, up to about so many bytes; nothing after `timeout_s` or `end`."""
        taken: list[Record] = []
        size = 0
        with self._changed:
            if not self._records and not self._ended and timeout_s:
                self._changed.wait(timeout_s)
            while self._records and size < most_bytes:
                record = self._records.popleft()
                size += len(record.value or b"")
                taken.append(record)
            self._bytes -= size
        return taken

    @property
    def is_open(self) -> bool:
        """Whether all that the stream delivered since `reopen` was taken."""
        return self._open

    def reopen(self) -> None:
        """Take what comes from now on."""
        with self._changed:
            self._records.clear()
            self._bytes = 0
            self._open = True

    def end(self) -> None:
        """Nobody waits any more."""
        with self._changed:
            self._ended = True
            self._changed.notify()
