"""Segment files: `<first position, 20 digits>.seg`, a header, then frames.

8 bytes magic   u4 crc32 of the rest   u4 version   u8 first position   i8 received_at_ms of its first entry
"""

import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plant.entries import Position
from tocsin.log.errors import CodecError, LogCorruptError
from tocsin.log.files import write_atomically

SUFFIX: Final = ".seg"
HEADER_SIZE: Final = 32

_MAGIC: Final = b"TOCSINJ\n"
_VERSION: Final = 1
_UNCHECKED: Final = struct.Struct("<8sI")
_CHECKED: Final = struct.Struct("<IQq")


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of the journal, known by its first position."""

    path: Path
    first: Position


def header(first: Position, started_ms: int) -> bytes:
    """The header of a segment whose first entry is at position `first`, received at `started_ms`."""
    checked = _CHECKED.pack(_VERSION, first, started_ms)
    return _UNCHECKED.pack(_MAGIC, zlib.crc32(checked)) + checked


def create_segment(directory: Path, first: Position, started_ms: int) -> Segment:
    """A new segment without entries, durable with its name. OSError leaves none."""
    path = directory / f"{first:020d}{SUFFIX}"
    try:
        write_atomically(path, [header(first, started_ms)])
    except OSError:
        # Its name may be there, not synced: a later append to the segment before would then be hidden by it.
        path.unlink(missing_ok=True)
        raise
    return Segment(path, first)


def list_segments(directory: Path) -> tuple[Segment, ...]:
    """The segments of a folder in the order of their positions; other files are left alone."""
    names = sorted(entry.name for entry in os.scandir(directory) if entry.name.endswith(SUFFIX))
    return tuple(Segment(directory / name, int(name[: -len(SUFFIX)])) for name in names if name[:-4].isdecimal())


def read_started_ms(segment: Segment, fd: int) -> int:
    """received_at_ms of the segment's first entry, read from its open file.

    LogCorruptError if the header can't be trusted, CodecError if a newer version of Tocsin wrote it.
    """
    data = os.pread(fd, HEADER_SIZE, 0)
    if len(data) < HEADER_SIZE:
        raise LogCorruptError(segment.path, 0, "the segment's header is cut short")
    magic, crc = _UNCHECKED.unpack_from(data)
    if magic != _MAGIC or zlib.crc32(data[_UNCHECKED.size :]) != crc:
        raise LogCorruptError(segment.path, 0, "the segment's header does not match its checksum")
    version, first, started_ms = _CHECKED.unpack_from(data, _UNCHECKED.size)
    if version != _VERSION:
        raise CodecError(f"{segment.path}: segment format {version} is not known, this version reads {_VERSION}")
    if first != segment.first:
        raise LogCorruptError(segment.path, 0, f"the segment starts at position {first}, unlike its name")
    return int(started_ms)
