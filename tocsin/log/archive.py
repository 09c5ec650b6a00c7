"""What a backup holds and how it is named; shared by `backup` and `restore`."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from plant.entries import Position
from tocsin.log.layout import (
    ACCOUNTS,
    BOOK,
    CHECKPOINTS,
    CONFIGURATIONS,
    EVIDENCE,
    FOLLOWERS,
    HAZARD_REPORTS,
    INHERENT,
    JOURNAL,
    QUARANTINE,
    REGISTRY,
    VERSIONS,
)

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
MANIFEST_DIGEST: Final = "manifest.sha256"

DATABASES: Final = (BOOK, ACCOUNTS, HAZARD_REPORTS)
"""Each is copied as it is at one moment, also while it is written."""
SINGLE_FILES: Final = (REGISTRY, QUARANTINE, VERSIONS, INHERENT, *DATABASES)

ALLOWED_NAME: Final = re.compile(
    rf"{JOURNAL}/\d{{20}}\.seg|{CHECKPOINTS}/\d+-\d+\.ckpt|(?:{CONFIGURATIONS}|{EVIDENCE})/[0-9a-f]{{64}}"
    rf"|{FOLLOWERS}/[A-Za-z0-9_-][A-Za-z0-9._-]*|{'|'.join(map(re.escape, SINGLE_FILES))}"
)
"""The only names that a restore writes: relative, of this layout, nothing that could lead elsewhere."""

Progress = Callable[[int, int], None]
"""(bytes done, bytes in all), called now and then from the calling thread."""


class BackupError(Exception):
    """A backup can't be made or restored; the message says which file and why. Nothing was put in place."""


class Kept(msgspec.Struct, frozen=True):
    """One file in a backup."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything in a backup; `first` and `end` are the journal's positions."""

    format: int
    first: Position
    end: Position
    files: list[Kept]

    @property
    def bytes(self) -> int:
        """Of all files together."""
        return sum(kept.size for kept in self.files)


class _Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class HashingReader:
    """Reads at most `size` bytes of a file, hashes them, and tells a progress callback."""

    def __init__(self, file: _Readable, size: int, step: Callable[[int], None]) -> None:
        self._file = file
        self._left = size
        self._hash: Any = hashlib.sha256()
        self._step = step

    def read(self, size: int = -1, /) -> bytes:
        """As of a file."""
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        self._hash.update(data)
        self._step(len(data))
        return data

    @property
    def sha256(self) -> str:
        """Of what was read so far, in hex."""
        return str(self._hash.hexdigest())


class Counter:
    """Adds up the bytes done and passes them on."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def __call__(self, more: int) -> None:
        self._done += more
        if self._progress is not None:
            self._progress(self._done, max(self._total, self._done))


def is_gzip(path: Path) -> bool:
    """Whether a file begins like gzip, whatever its name."""
    with open(path, "rb") as file:
        return file.read(2) == b"\x1f\x8b"
