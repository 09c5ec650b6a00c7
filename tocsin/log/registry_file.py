"""The durable point registry: one line a point, appended and synced before a number is used.

    tocsin points 1
    <number> <point id> <crc32 of "number id", 8 hex digits>

A number, once given, is never given to another point: so damage inside the file is an error, never a repair. Only
an unfinished last line, which a crash leaves and nobody was told of, is cut.
"""

import errno
import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Self

from plant.registry import PointRegistry
from tocsin.log.errors import LogBrokenError, LogCorruptError
from tocsin.log.files import NO_ROOM, make_directory, write_atomically, write_fully
from tocsin.log.port import LogFullError

_HEADER: Final = b"tocsin points 1\n"


class RegistryFile:
    """The writer of a registry file. The journal's write lock keeps it the only one."""

    def __init__(self, path: Path, registry: PointRegistry, fd: int, size: int, cut_bytes: int) -> None:
        """Use `RegistryFile.open`."""
        self._path = path
        self._fd = fd
        self._size = size
        self._broken = False
        self.registry = registry
        """Every number in it is durable. Assign through `assign` only."""
        self.cut_bytes = cut_bytes
        """Bytes of an unfinished line that opening cut."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or make the file. LogCorruptError, with the place, if a finished line is damaged."""
        if not path.exists():
            make_directory(path.parent)
            write_atomically(path, [_HEADER])
        data = path.read_bytes()
        registry, size = _parse(path, data)
        fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        if size < len(data):
            os.ftruncate(fd, size)
        # What a killed process wrote but did not sync is used from now on.
        os.fsync(fd)
        return cls(path, registry, fd, size, len(data) - size)

    def assign(self, points: Iterable[str]) -> list[str]:
        """Give numbers to the points that have none; returns those, in order. When it returns, they are durable.

        ValueError for an id that can't stand in a line. LogFullError: no room, no number was given, a later try can
        help. LogBrokenError: open anew.
        """
        if self._broken or self._fd < 0:
            raise LogBrokenError(errno.EIO, f"{self._path}: an earlier write failed, open the registry anew")
        new = [point for point in dict.fromkeys(points) if self.registry.number_of(point) is None]
        if not new:
            return []
        data = b"".join(_line(number, point) for number, point in enumerate(new, len(self.registry)))
        self._broken = True
        try:
            self._write(data)
        except LogFullError:
            self._broken = False
            raise
        except OSError as error:
            raise LogBrokenError(error.errno, f"{self._path}: a write failed ({error.strerror})") from error
        self._size += len(data)
        self._broken = False
        return self.registry.assign(new)

    def close(self) -> None:
        """Free the file; once is enough, more does no harm."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _write(self, data: bytes) -> None:
        try:
            write_fully(self._fd, data, self._size)
        except OSError as error:
            os.ftruncate(self._fd, self._size)
            if error.errno in NO_ROOM:
                raise LogFullError(error.errno, f"{self._path}: no room for {len(data)} bytes") from error
            raise
        os.fdatasync(self._fd)


def load_registry(path: Path) -> PointRegistry:
    """Read a registry while somebody may be writing it; an empty one if there is no file. LogCorruptError as above."""
    return _parse(path, path.read_bytes())[0] if path.exists() else PointRegistry()


def _line(number: int, point: str) -> bytes:
    if not point or not point.isprintable() or any(char.isspace() for char in point):
        raise ValueError(f"{point!r} is no point id: it is empty or holds white space")
    text = b"%d %s" % (number, point.encode())
    return b"%s %08x\n" % (text, zlib.crc32(text))


def _parse(path: Path, data: bytes) -> tuple[PointRegistry, int]:
    """The registry and the bytes of its finished lines."""
    if not data.startswith(_HEADER):
        raise LogCorruptError(path, 0, "this is no point registry, or its first line is damaged")
    lines = data.split(b"\n")
    rest = lines.pop()
    ids: list[str] = []
    offset = len(_HEADER)
    for number, line in enumerate(lines[1:]):
        point = _read_line(line, number)
        if point is None:
            raise LogCorruptError(path, offset, f"line {number + 2} is damaged; restore the registry from a backup")
        ids.append(point)
        offset += len(line) + 1
    # A finished line whose newline alone was changed looks unfinished: its number was used, so it is damage too.
    if rest and _read_line(rest[:-1], len(ids)) is not None:
        raise LogCorruptError(path, offset, f"line {len(ids) + 2} is damaged; restore the registry from a backup")
    try:
        return PointRegistry(ids), offset
    except ValueError as error:
        raise LogCorruptError(path, 0, str(error)) from error


def _read_line(line: bytes, number: int) -> str | None:
    text, _, crc = line.rpartition(b" ")
    if crc != b"%08x" % zlib.crc32(text):
        return None
    found, _, point = text.partition(b" ")
    return point.decode() if found == b"%d" % number else None
