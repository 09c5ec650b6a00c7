"""Snapshots of site folders, kept by what they hold: the log's Configuration entries name them by digest."""

import re
from hashlib import sha256
from pathlib import Path
from typing import Final

from tocsin.log.errors import LogCorruptError
from tocsin.log.files import make_directory, write_atomically

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class SnapshotStore:
    """One file a snapshot, named by the SHA-256 of its bytes; never changed, so putting twice is putting once."""

    def __init__(self, directory: Path) -> None:
        """The folder is made with the first snapshot."""
        self._directory = directory

    def put(self, data: bytes) -> str:
        """Keep the bytes durably; returns their digest, 64 hex digits. OSError keeps nothing."""
        digest = sha256(data).hexdigest()
        path = self._directory / digest
        if not path.exists() or path.read_bytes() != data:
            make_directory(self._directory)
            write_atomically(path, [data])
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes. LookupError if there are none of that digest, LogCorruptError if they have changed."""
        path = self._directory / digest
        if not _DIGEST.fullmatch(digest) or not path.exists():
            raise LookupError(f"{self._directory}: no snapshot {digest!r}")
        data = path.read_bytes()
        if sha256(data).hexdigest() != digest:
            raise LogCorruptError(path, 0, "the snapshot does not match its digest")
        return data

    def digests(self) -> set[str]:
        """The digests of all that is kept."""
        if not self._directory.is_dir():
            return set()
        return {path.name for path in self._directory.iterdir() if _DIGEST.fullmatch(path.name)}
