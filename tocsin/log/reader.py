"""Reading a journal that somebody else may be writing: no lock, nothing is changed."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from plant.entries import Entry, Position
from tocsin.log.frame import BadFrameError, scan
from tocsin.log.segment import HEADER_SIZE, list_segments
from tocsin.log.segments import Damage, Segments


class JournalReader:
    """Implements tocsin.log.port.LogReader on a journal folder. Not for use by several threads at once.

    Sees an entry as soon as it is written, a moment before it is synced: what must not decide by an entry that a power
    cut can still take reads through the writer's own `Journal`.
    """

    def __init__(self, directory: Path) -> None:
        """Use `JournalReader.open`."""
        self._directory = directory
        self._segments = Segments(())
        self._last_first: Position = -1
        self._end: Position = 0
        self._offset = HEADER_SIZE
        self.tail = ""
        """Why reading stops before the end of the last file; empty where it does not. While a writer runs this can be
        an entry half written; where none runs, the next one will cut it."""

    @classmethod
    def open(cls, directory: Path) -> Self:
        """FileNotFoundError if there is no journal in `directory`."""
        reader = cls(directory)
        reader._refresh()
        return reader

    @property
    def first(self) -> Position:
        """The position of the oldest entry still kept."""
        self._refresh()
        segments = self._segments.all
        return segments[0].first if segments else 0

    @property
    def end(self) -> Position:
        """One past the newest whole entry."""
        self._refresh()
        return self._end

    @property
    def end_place(self) -> tuple[Path, int, Position] | None:
        """The last segment, the offset in it, in bytes, of the end, and the end; None for an empty journal."""
        self._refresh()
        segments = self._segments.all
        return (segments[-1].path, self._offset, self._end) if segments else None

    def read(
        self, start: Position, stop: Position | None = None, salvage: list[Damage] | None = None
    ) -> Iterator[tuple[Position, Entry]]:
        """Entries from `start` up to `stop` (or the end as of now).

        LookupError if `start` was dropped already. LogCorruptError, with segment and offset, where bytes are damaged;
        with a `salvage` list the damage is put there instead and reading goes on behind it.
        """
        end = self.end
        return self._segments.read(start, end if stop is None else min(stop, end), salvage)

    def position_at(self, received_at_ms: int) -> Position:
        """The first position whose entry was received at or after `received_at_ms`; the end if there is none yet."""
        return self._segments.position_at(received_at_ms, self.end)

    def _refresh(self) -> None:
        """Look for new segments, and on from the last known end for new entries."""
        segments = list_segments(self._directory)
        if segments != self._segments.all:
            self._segments.set(segments)
        if not segments:
            return
        last = segments[-1]
        if last.first != self._last_first:
            self._last_first, self._end, self._offset = last.first, last.first, HEADER_SIZE
        fd = os.open(last.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            size = os.fstat(fd).st_size
            if size < self._offset:  # taken back by the writer, before it was durable
                self._end, self._offset = last.first, HEADER_SIZE
            index = self._segments.index(last)
            self.tail = ""
            for frame in scan(fd, self._offset, size, self._end):
                index.note(frame.position, frame.offset)
                self._end, self._offset = frame.position + 1, frame.end
        except BadFrameError as bad:
            self.tail = str(bad)
        finally:
            os.close(fd)
