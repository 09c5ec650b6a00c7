"""The readings of one point out of a segment, many entries at a time: an object an entry costs too much."""

import os
import zlib
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plant.batch import Batch
from tocsin.log.codec import READINGS, VERSION
from tocsin.log.errors import CodecError, LogCorruptError
from tocsin.log.frame import HEADER, MAGIC, MAX_PAYLOAD
from tocsin.log.segment import HEADER_SIZE, Segment

I64 = NDArray[np.int64]

_CHUNK: Final = 16 << 20
_CHECKED_FROM: Final = 8
_PAYLOAD_HEAD: Final = 16


def readings_of_point(
    segment: Segment, point: int, from_ms: int, to_ms: int, *, newest: bool
) -> Iterator[tuple[I64, I64, Batch]]:
    """(entry, received_at_ms, reading) as columns, in pieces: what came within [from_ms, to_ms].

    Entries are numbered within their piece, so that readings of one can be told from those of another.

    LogCorruptError where bytes are damaged, but at the end of the `newest` segment, where an entry may be half
    written. CodecError if a newer version of Tocsin wrote it.
    """
    try:
        fd = os.open(segment.path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return  # dropped just now
    try:
        size, offset, wanted = os.fstat(fd).st_size, HEADER_SIZE, _CHUNK
        while offset < size:
            data = os.pread(fd, min(wanted, size - offset), offset)
            starts, received, end = _walk(segment, data, offset)
            if end == 0 and len(data) < size - offset:
                wanted *= 2  # a frame longer than a piece
                continue
            if end == 0:
                if newest:
                    return
                raise LogCorruptError(segment.path, offset, "the frame is cut short")
            offset, wanted = offset + end, _CHUNK
            came = np.array(received, dtype=np.int64)
            within = (came >= from_ms) & (came <= to_ms)
            if within.any():
                yield _hits(data, np.array(starts, dtype=np.int64)[within], came[within], point)
            if received and received[-1] > to_ms:
                return
    finally:
        os.close(fd)


def _walk(segment: Segment, data: bytes, base: int) -> tuple[list[int], list[int], int]:
    """(the payload's start and received_at_ms of each whole entry of readings, where the whole frames end)."""
    starts: list[int] = []
    received: list[int] = []
    view, at, available, head = memoryview(data), 0, len(data), HEADER.size
    unpack, crc32 = HEADER.unpack_from, zlib.crc32
    while available - at >= head:
        magic, crc, length, kind, version, _, _, received_at_ms = unpack(data, at)
        end = at + head + length + (-length % 8)
        if magic != MAGIC or length > MAX_PAYLOAD:
            raise LogCorruptError(segment.path, base + at, "no frame starts here")
        if end > available:
            break
        if crc32(view[at + _CHECKED_FROM : end]) != crc:
            raise LogCorruptError(segment.path, base + at, "the checksum of the frame does not match")
        if kind == READINGS:
            if version != VERSION:
                raise CodecError(f"{segment.path}: entry format {version} is not known")
            starts.append(at + head)
            received.append(received_at_ms)
        at = end
    return starts, received, at


def _hits(data: bytes, start: I64, received: I64, point: int) -> tuple[I64, I64, Batch]:
    """The rows of these entries that are the point's. Payloads start at multiples of 8, and so do their columns."""
    usable = len(data) // 8 * 8
    words = np.frombuffer(data, "<u4", usable // 4)
    n = words[start // 4].astype(np.int64)
    keys = words[start // 4 + 1].astype(np.int64)
    times = start + _PAYLOAD_HEAD
    points = times + 16 * n + 8 * keys
    # Every cell of every point column: the entry it is of, and its row there.
    entry = np.repeat(np.arange(len(n)), n)
    row = np.arange(len(entry)) - np.repeat(np.cumsum(n) - n, n)
    hit = np.flatnonzero(words[points[entry] // 4 + row] == point)
    entry, row = entry[hit], row[hit]
    batch = Batch(
        np.full(len(hit), point, np.uint32),
        np.frombuffer(data, "<i8", usable // 8)[times[entry] // 8 + row],
        np.frombuffer(data, "<f8", usable // 8)[times[entry] // 8 + n[entry] + row],
        np.frombuffer(data, "u1")[points[entry] + 4 * n[entry] + row],
    )
    return entry.astype(np.int64), received[entry], batch
