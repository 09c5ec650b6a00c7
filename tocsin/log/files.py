"""Writing files so that they survive a power cut: whole or not at all."""

import contextlib
import errno
import os
from collections.abc import Iterable
from pathlib import Path

Bytes = bytes | bytearray | memoryview

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Errors of a write that go away when there is room again (EFBIG is how a process's size limit shows)."""


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable: a synced file whose name is lost is lost."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_fully(fd: int, data: Bytes, offset: int) -> None:
    """Write all of `data` at `offset`; OSError leaves an unknown part of it written."""
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, offset)
        view = view[written:]
        offset += written


def write_atomically(path: Path, parts: Iterable[Bytes]) -> None:
    """Replace or make the file `path` durably; a crash leaves the old file or the new one. OSError changes nothing."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
        try:
            offset = 0
            for part in parts:
                flat = memoryview(part).cast("B")
                write_fully(fd, flat, offset)
                offset += flat.nbytes
            os.fsync(fd)
        finally:
            os.close(fd)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    sync_directory(path.parent)


def make_directory(directory: Path) -> None:
    """Make a directory (and its parents) whose name is durable; nothing where it is there already."""
    if directory.is_dir():
        return
    make_directory(directory.parent)
    directory.mkdir(mode=0o750, exist_ok=True)
    sync_directory(directory.parent)


def remove_leftovers(directory: Path) -> None:
    """Remove what a killed writer left of files that never got their name."""
    for leftover in directory.glob("*.tmp"):
        leftover.unlink(missing_ok=True)
