"""The embedded log: CRC-framed entries in segment files, one writer, any number of readers.

An append is one write and one fdatasync; when it returns, the entries survive a power cut. Time comes with the
entries: the journal reads no clock.
"""

import errno
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Self

from plant.entries import Entry, Position
from tocsin.log.errors import LogBrokenError
from tocsin.log.files import NO_ROOM, make_directory, remove_leftovers, write_fully
from tocsin.log.group import Group, build_group
from tocsin.log.lock import WriteLock
from tocsin.log.port import LogFullError
from tocsin.log.recovery import Recovery, recover
from tocsin.log.retention import Dropped, choose, remove, sizes
from tocsin.log.segment import HEADER_SIZE, create_segment, list_segments
from tocsin.log.segments import Segments

SEGMENT_BYTES: Final = 256 << 20
SEGMENT_MS: Final = 3_600_000
RETENTION_MS: Final = 30 * 86_400_000


class Journal:
    """The writer of a journal folder; implements tocsin.log.port.Log.

    `append` is called from one thread at a time; reading and `drop_before` from any other meanwhile.
    """

    def __init__(self, directory: Path, lock: WriteLock, segment_bytes: int, segment_ms: int) -> None:
        """Use `Journal.open`."""
        self._directory = directory
        self._lock = lock
        self._segment_bytes = segment_bytes
        self._segment_ms = segment_ms
        self._list_lock = threading.Lock()
        remove_leftovers(directory)
        self._segments = Segments(list_segments(directory))
        self.recovery: Recovery = recover(self._segments)
        """What opening found: the caller logs it where it is not `clean`."""
        self._end = self.recovery.end
        self._last_ms = self.recovery.last_received_at_ms
        self._offset = self.recovery.end_offset
        self._broken = ""
        self._closed = False
        segments = self._segments.all
        self._fd = os.open(segments[-1].path, os.O_RDWR | os.O_CLOEXEC) if segments else -1

    @classmethod
    def open(cls, directory: Path, segment_bytes: int = SEGMENT_BYTES, segment_ms: int = SEGMENT_MS) -> Self:
        """Open (or make) the journal in `directory` for writing, and make its last segment whole.

        A new segment is begun at `segment_bytes`, or with an entry that comes `segment_ms` after the segment's first.
        LogLockedError if somebody else writes it, LogFullError if there is no room to keep what must be cut.
        """
        make_directory(directory)
        lock = WriteLock(directory)
        try:
            return cls(directory, lock, segment_bytes, segment_ms)
        except BaseException:
            lock.release()
            raise

    @property
    def first(self) -> Position:
        """The position of the oldest entry still kept."""
        segments = self._segments.all
        return segments[0].first if segments else self._end

    @property
    def end(self) -> Position:
        """One past the newest durable entry."""
        return self._end

    @property
    def last_received_at_ms(self) -> int | None:
        """The time that no later entry will be below; None while the journal is empty."""
        return self._last_ms

    def read(self, start: Position, stop: Position | None = None) -> Iterator[tuple[Position, Entry]]:
        """Entries from `start` up to `stop` (or the end as of now).

        LookupError if `start` was dropped already, LogCorruptError where bytes are damaged.
        """
        end = self._end
        return self._segments.read(start, end if stop is None else min(stop, end))

    def position_at(self, received_at_ms: int) -> Position:
        """The first position whose entry was received at or after `received_at_ms`; the end if there is none yet."""
        return self._segments.position_at(received_at_ms, self._end)

    def append(self, entries: Sequence[Entry]) -> Position:
        """Write the entries and sync them; returns the position of the first. When it returns, they are durable.

        An entry earlier than the last one is written with the last one's time. LogFullError: no room, nothing was
        written, a later try can help. LogBrokenError: open anew. CodecError: an entry can't be written, so none was.
        """
        if self._closed:
            raise ValueError("the journal is closed")
        if self._broken:
            raise LogBrokenError(errno.EIO, f"{self._directory}: {self._broken}; open the journal anew")
        first = self._end
        if not entries:
            return first
        group = build_group(entries, first, self._last_ms)
        self._broken = "an append was interrupted"
        self._choose_segment(group, first)
        self._write(group.data)
        index = self._segments.index(self._segments.all[-1])
        for position, start in enumerate(group.starts, first):
            index.note(position, self._offset + start)
        self._offset += len(group.data)
        self._last_ms = group.last_received_at_ms
        self._end = first + len(entries)
        self._broken = ""
        return first

    def drop_before(self, limit_ms: int, keep_from: Position, max_bytes: int | None = None) -> Dropped:
        """Drop whole segments that are older than `limit_ms`, and the oldest above `max_bytes` in all.

        Never one with an entry at or after `keep_from`: the slowest follower's cursor or the oldest checkpoint. Appends
        go on meanwhile; removing a large file takes a while, so call it from another thread than `append`.
        """
        with self._list_lock:
            dropped = choose(self._segments, limit_ms, min(keep_from, self._end), max_bytes)
            self._segments.set(self._segments.all[len(dropped.segments) :])
        remove(self._directory, dropped)
        return dropped

    def size_bytes(self) -> int:
        """What the segments take up."""
        return sum(sizes(self._segments).values())

    def close(self) -> None:
        """Give up the write lock. What was appended is durable already."""
        if self._closed:
            return
        self._closed = True
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        self._lock.release()

    def _choose_segment(self, group: Group, first: Position) -> None:
        """Begin a new segment if there is none, or if the last one is large or old enough."""
        segments = self._segments.all
        if segments:
            last = segments[-1]
            empty = self._offset == HEADER_SIZE
            large = self._offset + len(group.data) > self._segment_bytes
            old = group.first_received_at_ms - self._segments.started_ms(last) >= self._segment_ms
            if empty or not (large or old):
                return
        try:
            segment = create_segment(self._directory, first, group.first_received_at_ms)
        except OSError as error:
            if error.errno in NO_ROOM:
                self._broken = ""
                raise LogFullError(error.errno, f"{self._directory}: no room for a new segment") from error
            self._broken = f"a new segment can't be made ({error.strerror})"
            raise LogBrokenError(error.errno, f"{self._directory}: {self._broken}") from error
        fd = os.open(segment.path, os.O_RDWR | os.O_CLOEXEC)
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = fd
        self._offset = HEADER_SIZE
        with self._list_lock:
            self._segments.set((*self._segments.all, segment))

    def _write(self, data: bytes) -> None:
        """Write and sync at the end of the segment; on an error the segment is as before, or the journal is broken."""
        try:
            write_fully(self._fd, data, self._offset)
        except OSError as error:
            taken_back = self._take_back()
            if error.errno in NO_ROOM and taken_back:
                self._broken = ""
                raise LogFullError(error.errno, f"{self._directory}: no room for {len(data)} bytes") from error
            self._broken = f"a write failed ({error.strerror})"
            raise LogBrokenError(error.errno, f"{self._directory}: {self._broken}") from error
        try:
            os.fdatasync(self._fd)
        except OSError as error:
            # The kernel may have dropped the pages and marked them clean: a second fdatasync would lie. Cutting them
            # off keeps a reader of the page cache from taking them for durable.
            self._take_back()
            self._broken = f"a sync failed ({error.strerror})"
            raise LogBrokenError(error.errno, f"{self._directory}: {self._broken}") from error

    def _take_back(self) -> bool:
        try:
            os.ftruncate(self._fd, self._offset)
        except OSError:
            return False
        return True
