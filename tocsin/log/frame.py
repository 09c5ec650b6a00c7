"""The frame around an entry: what makes a torn or changed byte show.

    u4 magic   u4 crc32   u4 length of the payload   u1 kind   u1 version   u2 zero   u8 position   i8 received_at_ms
    payload, then zeros up to a multiple of 8

The checksum covers everything after itself, the zeros included. Frames start at multiples of 8, so that the columns
inside stay aligned.
"""

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from plant.entries import Position
from tocsin.log.files import Bytes

MAGIC: Final = b"TFR1"
HEADER: Final = struct.Struct("<4sIIBBHQq")
MAX_PAYLOAD: Final = 1 << 30

_CHECKED_FROM: Final = 8
_CHUNK: Final = 4 << 20
_UNCHECKED: Final = struct.Struct("<4sI")
_CHECKED: Final = struct.Struct("<IBBHQq")


class Frame(NamedTuple):
    """One whole frame; its payload is data[start : start + length]."""

    offset: int
    end: int
    position: Position
    received_at_ms: int
    kind: int
    version: int
    data: bytes
    start: int
    length: int


class BadFrameError(Exception):
    """No whole frame starts at `offset`: torn, changed, or not written yet."""

    def __init__(self, offset: int, reason: str) -> None:
        self.offset = offset
        self.reason = reason
        super().__init__(f"offset {offset}: {reason}")


def build(
    position: Position, received_at_ms: int, kind: int, version: int, payload: Sequence[Bytes]
) -> tuple[list[Bytes], int]:
    """The parts of a frame, header first, and their bytes. ValueError if the payload is longer than a frame may be."""
    length = sum(memoryview(part).nbytes for part in payload)
    if length > MAX_PAYLOAD:
        raise ValueError(f"an entry of {length} bytes, allowed are {MAX_PAYLOAD}")
    checked = _CHECKED.pack(length, kind, version, 0, position, received_at_ms)
    crc = zlib.crc32(checked)
    for part in payload:
        crc = zlib.crc32(part, crc)
    zeros = bytes(-length % 8)
    crc = zlib.crc32(zeros, crc)
    return [_UNCHECKED.pack(MAGIC, crc), checked, *payload, zeros], HEADER.size + length + len(zeros)


def scan(fd: int, offset: int, size: int, position: Position) -> Iterator[Frame]:
    """The whole frames of a file between `offset` and `size`, the first one expected to hold `position`.

    Reads in large pieces; a frame's data is a view's worth of such a piece. BadFrameError where the next frame is not
    whole or does not hold the next position.
    """
    while offset < size:
        data = os.pread(fd, min(_CHUNK, size - offset), offset)
        base, at, available = offset, 0, len(data)
        while True:
            if available - at < HEADER.size:
                break
            magic, crc, length, kind, version, _, found, received_at_ms = HEADER.unpack_from(data, at)
            if magic != MAGIC or length > MAX_PAYLOAD:
                raise BadFrameError(base + at, "no frame starts here")
            whole = HEADER.size + length + (-length % 8)
            if available - at < whole:
                if at == 0 and size - base >= whole:
                    data = os.pread(fd, whole, base)
                    available = len(data)
                    if available == whole:
                        continue
                break
            if zlib.crc32(memoryview(data)[at + _CHECKED_FROM : at + whole]) != crc:
                raise BadFrameError(base + at, "the checksum of the frame does not match")
            if found != position:
                raise BadFrameError(base + at, f"the frame holds position {found}, expected {position}")
            offset = base + at + whole
            yield Frame(base + at, offset, found, received_at_ms, kind, version, data, at + HEADER.size, length)
            position += 1
            at += whole
        if at == 0:
            raise BadFrameError(offset, "the frame is cut short")
        offset = base + at


def find_frame(fd: int, offset: int, size: int) -> Frame | None:
    """The first whole frame of any position that starts at or after `offset`, however damaged the bytes before it."""
    while offset < size:
        data = os.pread(fd, min(_CHUNK, size - offset), offset)
        at = data.find(MAGIC)
        if at < 0:
            if offset + len(data) >= size:
                return None
            offset += max(1, len(data) - len(MAGIC) + 1)
            continue
        offset += at
        header = os.pread(fd, HEADER.size, offset)
        if len(header) == HEADER.size:
            position = HEADER.unpack(header)[6]
            try:
                return next(scan(fd, offset, size, position))
            except BadFrameError:
                pass
        offset += 1
    return None
