"""Reading over several segments as over one log, with a sparse index made on the way."""

import contextlib
import os
import threading
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plant.entries import Entry, Position
from tocsin.log import codec
from tocsin.log.errors import CodecError, LogCorruptError
from tocsin.log.frame import BadFrameError, Frame, find_frame, scan
from tocsin.log.segment import HEADER_SIZE, Segment, read_started_ms

_INDEX_EVERY: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Damage:
    """A stretch of a segment that a salvage stepped over."""

    path: Path
    offset: int
    reason: str
    lost_from: Position
    found_again_at: Position | None
    """The next position that could be read; None where the rest of the segment is lost."""


class SparseIndex:
    """Where in one segment some of its positions stand: about one every MB, and where reading has got to."""

    __slots__ = ("_lock", "_offsets", "_positions", "_reached")

    def __init__(self, first: Position) -> None:
        self._lock = threading.Lock()
        self._reached: tuple[Position, int] = (first, HEADER_SIZE)
        self._positions: list[Position] = [first]
        self._offsets: list[int] = [HEADER_SIZE]

    def note(self, position: Position, offset: int) -> None:
        """Keep this place if it is far enough past the last one kept."""
        if offset - self._offsets[-1] < _INDEX_EVERY:
            return
        with self._lock:
            if offset - self._offsets[-1] >= _INDEX_EVERY:
                # The offset first: who looks a position up in another thread finds its offset in place.
                self._offsets.append(offset)
                self._positions.append(position)

    def reach(self, position: Position, offset: int) -> None:
        """Reading ended with this entry: who follows the log's end goes on from here many times a second."""
        self._reached = (position, offset)

    def before(self, position: Position) -> tuple[Position, int]:
        """The last known place at or before `position`, as (position, offset)."""
        at = bisect_right(self._positions, position) - 1
        known, reached = (self._positions[at], self._offsets[at]), self._reached
        return reached if known[0] < reached[0] <= position else known


class Segments:
    """The segments of one journal. Any number of threads may read while one calls `set`."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._all: tuple[Segment, ...] = tuple(segments)
        self._indexes: dict[Position, SparseIndex] = {}
        self._started: dict[Position, int] = {}

    @property
    def all(self) -> tuple[Segment, ...]:
        """The segments in the order of their positions."""
        return self._all

    def set(self, segments: Sequence[Segment]) -> None:
        """Replace the list after segments came or went; what is known of those that stay is kept."""
        self._all = tuple(segments)
        kept = {segment.first for segment in segments}
        for known in (self._indexes, self._started):
            for first in list(known):
                if first not in kept:
                    known.pop(first, None)

    def index(self, segment: Segment) -> SparseIndex:
        """The sparse index of a segment."""
        return self._indexes.setdefault(segment.first, SparseIndex(segment.first))

    def started_ms(self, segment: Segment) -> int:
        """received_at_ms of a segment's first entry. LookupError if it was dropped, LogCorruptError if damaged."""
        started = self._started.get(segment.first)
        if started is None:
            with _opened(segment) as fd:
                started = self._started[segment.first] = read_started_ms(segment, fd)
        return started

    def read(
        self, start: Position, stop: Position, salvage: list[Damage] | None = None
    ) -> Iterator[tuple[Position, Entry]]:
        """Entries from `start` up to `stop`, which must be there.

        LookupError at once if `start` is older than what is kept. LogCorruptError on the way where bytes are damaged;
        with a `salvage` list the damage is put there instead and reading goes on behind it.
        """
        segments = self._all
        if start >= stop:
            return iter(())
        if not segments or start < segments[0].first:
            raise LookupError(
                f"position {start} is no longer kept, the oldest is {segments[0].first if segments else 0}"
            )
        return self._entries(segments, start, stop, salvage)

    def position_at(self, received_at_ms: int, end: Position) -> Position:
        """The first position whose entry was received at or after `received_at_ms`; `end` if there is none yet."""
        segments = [segment for segment in self._all if segment.first < end]
        if not segments:
            return end
        low, high = 0, len(segments)
        while low < high:
            middle = (low + high) // 2
            if self.started_ms(segments[middle]) < received_at_ms:
                low = middle + 1
            else:
                high = middle
        if low == 0:
            return segments[0].first
        after = segments[low].first if low < len(segments) else end
        for frame in self._frames(segments[low - 1], segments[low - 1].first, after, None):
            if frame.received_at_ms >= received_at_ms:
                return frame.position
        return after

    def _entries(
        self, segments: Sequence[Segment], start: Position, stop: Position, salvage: list[Damage] | None
    ) -> Iterator[tuple[Position, Entry]]:
        decode = codec.decode
        at = bisect_right(segments, start, key=lambda segment: segment.first) - 1
        for segment, following in zip(segments[at:], [*segments[at + 1 :], None], strict=True):
            if segment.first >= stop:
                return
            until = stop if following is None else min(stop, following.first)
            for frame in self._frames(segment, max(start, segment.first), until, salvage):
                try:
                    entry = decode(
                        frame.kind, frame.version, frame.received_at_ms, frame.data, frame.start, frame.length
                    )
                except CodecError as error:
                    raise CodecError(f"{segment.path}: position {frame.position}: {error}") from error
                yield frame.position, entry

    def _frames(
        self, segment: Segment, start: Position, stop: Position, salvage: list[Damage] | None
    ) -> Iterator[Frame]:
        """The frames of one segment that hold the positions from `start` up to `stop`."""
        if salvage is None:
            self.started_ms(segment)
        index = self.index(segment)
        position, offset = index.before(start)
        with _opened(segment) as fd:
            size = os.fstat(fd).st_size
            while position < stop:
                try:
                    for frame in scan(fd, offset, size, position):
                        index.note(frame.position, frame.offset)
                        position, offset = frame.position + 1, frame.end
                        if position >= stop:
                            index.reach(frame.position, frame.offset)
                        if frame.position >= start:
                            yield frame
                        if position >= stop:
                            return
                    raise BadFrameError(offset, f"position {position} is missing")
                except BadFrameError as bad:
                    if salvage is None:
                        raise LogCorruptError(segment.path, bad.offset, bad.reason) from bad
                    found = find_frame(fd, bad.offset + 1, size)
                    again = found.position if found is not None and found.position >= position else None
                    salvage.append(Damage(segment.path, bad.offset, bad.reason, position, again))
                    if found is None or again is None:
                        return
                    position, offset = again, found.offset


@contextlib.contextmanager
def _opened(segment: Segment) -> Iterator[int]:
    try:
        fd = os.open(segment.path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise LookupError(f"position {segment.first} is no longer kept, its segment was dropped") from error
    try:
        yield fd
    finally:
        os.close(fd)
