"""Making a journal whole again after a crash: what the last segment holds past its last whole entry is cut and kept."""

import os
from dataclasses import dataclass
from pathlib import Path

from plant.entries import Position
from tocsin.log.errors import LogCorruptError
from tocsin.log.files import NO_ROOM, sync_directory, write_atomically, write_fully
from tocsin.log.frame import BadFrameError, find_frame, scan
from tocsin.log.port import LogFullError
from tocsin.log.segment import HEADER_SIZE, Segment, header
from tocsin.log.segments import Segments

CUT_SUFFIX = ".cut"


@dataclass(frozen=True, slots=True)
class Recovery:
    """What opening a journal for writing found and did; `clean` where there was nothing to do."""

    end: Position
    last_received_at_ms: int | None
    """Of the last entry, or the least that the next one may have; None for an empty journal."""
    end_offset: int = 0
    """Where in the last segment the next frame goes, in bytes."""
    segment: Path | None = None
    """The segment that was cut."""
    cut_at: int = 0
    """The offset of the cut, in bytes."""
    cut_bytes: int = 0
    cut_entries: int = 0
    """Whole entries found behind the damage: 0 after a crash, more if a disk changed what was written."""
    reason: str = ""
    copy: Path | None = None
    """Where the cut bytes are kept; None if there was no room for them and no whole entry among them."""
    header_mended: bool = False

    @property
    def clean(self) -> bool:
        """Nothing was cut and nothing mended."""
        return self.cut_bytes == 0 and not self.header_mended

    def __str__(self) -> str:
        if self.clean:
            return f"the journal is whole up to position {self.end}"
        mended = "; its header was mended" if self.header_mended else ""
        if not self.cut_bytes:
            return f"{self.segment}{mended}"
        kept = f", kept in {self.copy}" if self.copy else ""
        return (
            f"{self.segment}:{self.cut_at}: {self.reason}; {self.cut_bytes} bytes cut with {self.cut_entries} whole "
            f"entries{kept}; the journal goes on at position {self.end}{mended}"
        )


def recover(segments: Segments) -> Recovery:
    """Cut the last segment after its last whole entry and sync what is left.

    Entries that a killed process wrote but did not sync are synced here, before anybody decides by them.
    LogFullError if there is no room to keep whole entries that have to be cut.
    """
    if not segments.all:
        return Recovery(end=0, last_received_at_ms=None)
    last = segments.all[-1]
    fd = os.open(last.path, os.O_RDWR | os.O_CLOEXEC)
    try:
        found = _recover(fd, last, segments)
        os.fsync(fd)
        return found
    finally:
        os.close(fd)


def _recover(fd: int, last: Segment, segments: Segments) -> Recovery:
    size = os.fstat(fd).st_size
    index = segments.index(last)
    position, offset, reason = last.first, HEADER_SIZE, ""
    started: int | None = None
    received = 0
    try:
        for frame in scan(fd, HEADER_SIZE, size, last.first):
            index.note(frame.position, frame.offset)
            position, offset, received = frame.position + 1, frame.end, frame.received_at_ms
            if started is None:
                started = received
    except BadFrameError as bad:
        reason = bad.reason
    mended = False
    try:
        floor = segments.started_ms(last)
    except LogCorruptError:
        floor = started if started is not None else _last_received_before(segments)
        write_fully(fd, header(last.first, floor), 0)
        mended = True
    received = received if started is not None else floor
    segment = last.path if mended else None
    if size <= offset:
        return Recovery(position, received, offset, segment, header_mended=mended)
    entries = _whole_entries(fd, offset, size)
    copy = _keep(fd, last, offset, size, entries)
    os.ftruncate(fd, offset)
    return Recovery(position, received, offset, last.path, offset, size - offset, entries, reason, copy, mended)


def _last_received_before(segments: Segments) -> int:
    """A time that no entry before the last segment is later than, read from the segment before it."""
    if len(segments.all) < 2:
        return 0
    before, last = segments.all[-2:]
    return max(
        (entry.received_at_ms for _, entry in segments.read(before.first, last.first, salvage=[])),
        default=0,
    )


def _whole_entries(fd: int, offset: int, size: int) -> int:
    count = 0
    while (frame := find_frame(fd, offset, size)) is not None:
        count += 1
        offset = frame.end
    return count


def _keep(fd: int, segment: Segment, offset: int, size: int, entries: int) -> Path | None:
    """Copy the bytes that are about to be cut to a file beside the segment."""
    stem = f"{segment.path.name}.{offset}"
    copy = segment.path.with_name(stem + CUT_SUFFIX)
    number = 1
    while copy.exists():
        number += 1
        copy = segment.path.with_name(f"{stem}-{number}{CUT_SUFFIX}")
    step = 4 << 20
    parts = (os.pread(fd, min(step, size - at), at) for at in range(offset, size, step))
    try:
        write_atomically(copy, parts)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        # A torn group that was never reported durable may go; a full disk must not keep the service from starting.
        if entries:
            raise LogFullError(
                error.errno, f"{segment.path}: no room to keep the {entries} whole entries behind the damage"
            ) from error
        return None
    sync_directory(copy.parent)
    return copy
