"""Evidence: files kept under the hash of what they hold, so that what is shown later is what was filed.

The log carries hash, name and length only (plant.entries.DisposalAction); a file comes before its entry.
"""

import os
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from threading import get_ident
from typing import Final, NamedTuple

from tocsin.log.files import make_directory, sync_directory

LARGEST_BYTES: Final = 64 << 20
"""A minute of film from a phone; longer ones belong elsewhere, and their hash into a note."""

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_CHUNK: Final = 1 << 20


class EvidenceError(ValueError):
    """A file can't be kept, or is not what it was. The text says which and why."""


class Stored(NamedTuple):
    """A file that is kept."""

    sha256: str
    bytes: int


class EvidenceStore:
    """One file a piece, never changed; the same file twice is kept once."""

    def __init__(self, directory: Path) -> None:
        """The folder is made with the first piece."""
        self._directory = directory

    def put(self, source: Path, largest_bytes: int = LARGEST_BYTES) -> Stored:
        """Keep a copy durably. EvidenceError where it is too large or empty; OSError keeps nothing."""
        if not source.is_file():
            raise EvidenceError(f"{source}: no such file")
        make_directory(self._directory)
        temporary = self._directory / f"{os.getpid()}-{get_ident()}.tmp"
        digest, length = sha256(), 0
        try:
            with source.open("rb") as read, temporary.open("wb") as write:
                while chunk := read.read(_CHUNK):
                    length += len(chunk)
                    if length > largest_bytes:
                        raise EvidenceError(f"{source}: larger than {largest_bytes} bytes, the most a piece may have")
                    digest.update(chunk)
                    write.write(chunk)
                write.flush()
                os.fsync(write.fileno())
            if length == 0:
                raise EvidenceError(f"{source}: is empty")
            os.chmod(temporary, 0o440)
            os.replace(temporary, self._directory / digest.hexdigest())
        finally:
            temporary.unlink(missing_ok=True)
        sync_directory(self._directory)
        return Stored(digest.hexdigest(), length)

    def read(self, digest: str) -> Iterator[bytes]:
        """The file in pieces. EvidenceError if it is not there, or at its end if it is not what was filed."""
        path = self._path(digest)
        found = sha256()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                found.update(chunk)
                yield chunk
        if found.hexdigest() != digest:
            raise EvidenceError(f"{path}: was changed: it no longer has the hash it is named by")

    def check(self, digest: str) -> str | None:
        """Why a piece is not what was filed; None if it is."""
        try:
            for _ in self.read(digest):
                pass
        except (EvidenceError, OSError) as error:
            return str(error)
        return None

    def _path(self, digest: str) -> Path:
        path = self._directory / digest
        if not _DIGEST.fullmatch(digest) or not path.is_file():
            raise EvidenceError(f"{path}: is not there")
        return path
