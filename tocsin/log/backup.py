"""A backup of the data folder in one tar, also while the service runs.

Order makes it consistent: cursors, checkpoint, alarm book and versions first, then the journal's end is looked up, then
the journal, then the registry and the configurations. So nothing is in it that points past the journal's end, and every
number and digest in the journal is known. Segments go newest first: what retention takes away meanwhile is older than
what is in already, and leaves no hole.
"""

import contextlib
import gzip
import hashlib
import io
import os
import sqlite3
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import msgspec

from tocsin.log import archive, layout
from tocsin.log.archive import BackupError, Counter, HashingReader, Kept, Manifest, Progress
from tocsin.log.checkpoints import newest_checkpoint
from tocsin.log.files import sync_directory
from tocsin.log.reader import JournalReader
from tocsin.log.segment import list_segments


def backup(data_dir: Path, target: Path, progress: Progress | None = None) -> Manifest:
    """Write a backup of `data_dir` to `target` (gzip if it ends in .gz), whole or not at all; returns what is in it.

    BackupError if there is no journal, or retention overtook the backup. OSError if there is no room.
    """
    if not (data_dir / layout.JOURNAL).is_dir():
        raise BackupError(f"{data_dir}: no journal here, so nothing to back up")
    temporary = target.with_name(target.name + ".tmp")
    try:
        with open(temporary, "wb") as out:
            with _compressed(out, target.suffix == ".gz") as stream, tarfile.open(fileobj=stream, mode="w|") as tar:
                manifest = _Writer(tar, data_dir, target, progress).write()
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    sync_directory(target.parent)
    return manifest


@contextlib.contextmanager
def _compressed(out: IO[bytes], wanted: bool) -> Iterator[IO[bytes]]:
    if not wanted:
        yield out
        return
    # Level 1: measured values hardly shrink further, and the backup should not take the service's processor.
    with gzip.GzipFile(filename="", fileobj=out, mode="wb", compresslevel=1, mtime=0) as stream:
        yield cast(IO[bytes], stream)


class _Writer:
    def __init__(self, tar: tarfile.TarFile, data_dir: Path, target: Path, progress: Progress | None) -> None:
        self._tar = tar
        self._data = data_dir
        self._target = target
        self._files: list[Kept] = []
        self._count = Counter(progress, _size_of(data_dir))

    def write(self) -> Manifest:
        for cursor in sorted((self._data / layout.FOLLOWERS).glob("*")):
            self._add_small(f"{layout.FOLLOWERS}/{cursor.name}")
        checkpoint = self._add_checkpoint()
        for database in archive.DATABASES:
            self._add_database(database)
        self._add_small(layout.QUARANTINE)
        self._add_small(layout.VERSIONS)
        self._add_small(layout.INHERENT)
        first, end = self._add_journal(checkpoint)
        self._add_registry()
        for snapshot in sorted((self._data / layout.CONFIGURATIONS).glob("*")):
            self._add_small(f"{layout.CONFIGURATIONS}/{snapshot.name}")
        for piece in sorted((self._data / layout.EVIDENCE).glob("*")):
            self._add_large(f"{layout.EVIDENCE}/{piece.name}")
        manifest = Manifest(archive.FORMAT, first, end, self._files)
        data = msgspec.json.encode(manifest)
        self._add_bytes(archive.MANIFEST, data)
        self._add_bytes(archive.MANIFEST_DIGEST, hashlib.sha256(data).hexdigest().encode())
        return manifest

    def _add_checkpoint(self) -> int | None:
        """The newest checkpoint; returns its position, None if there is none."""
        directory = self._data / layout.CHECKPOINTS
        while (newest := newest_checkpoint(directory)) is not None:
            path, position = newest
            # A newer one may have replaced it since.
            with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
                self._add(f"{layout.CHECKPOINTS}/{path.name}", file, os.fstat(file.fileno()).st_size)
                return position
        return None

    def _add_database(self, name: str) -> None:
        if not (self._data / name).exists():
            return
        copy = self._target.with_name(f"{self._target.name}.{name}.tmp")
        try:
            copy.touch(mode=0o600)
            with (
                contextlib.closing(sqlite3.connect(self._data / name)) as database,
                contextlib.closing(sqlite3.connect(copy)) as into,
            ):
                database.backup(into)
            with open(copy, "rb") as file:
                self._add(name, file, os.fstat(file.fileno()).st_size)
        except sqlite3.Error as error:
            raise BackupError(f"{self._data / name}: {error}") from error
        finally:
            copy.unlink(missing_ok=True)

    def _add_journal(self, checkpoint: int | None) -> tuple[int, int]:
        """The segments up to the journal's end; returns its first position and its end."""
        reader = JournalReader.open(self._data / layout.JOURNAL)
        place = reader.end_place
        if place is None:
            return 0, 0
        last, last_size, end = place
        first = end
        for segment in reversed(list_segments(self._data / layout.JOURNAL)):
            if segment.path.name > last.name:
                continue
            try:
                with open(segment.path, "rb") as file:
                    size = last_size if segment.path == last else os.fstat(file.fileno()).st_size
                    self._add(f"{layout.JOURNAL}/{segment.path.name}", file, size)
            except FileNotFoundError:
                break
            first = segment.first
        if checkpoint is not None and first > checkpoint:
            raise BackupError(f"{self._data}: retention dropped entries that the backup needs, make it again")
        return first, end

    def _add_registry(self) -> None:
        """Its finished lines; the writer may be in the middle of one."""
        path = self._data / layout.REGISTRY
        if path.exists():
            data = path.read_bytes()
            self._add(layout.REGISTRY, io.BytesIO(data), data.rfind(b"\n") + 1)

    def _add_small(self, name: str) -> None:
        """A file that its owner replaces as a whole; left out if it is not there or is no part of the layout."""
        path = self._data / name
        if archive.ALLOWED_NAME.fullmatch(name):
            with contextlib.suppress(FileNotFoundError):
                data = path.read_bytes()
                self._add(name, io.BytesIO(data), len(data))

    def _add_large(self, name: str) -> None:
        """A file that never changes once it has its name; left out if it is no part of the layout."""
        if archive.ALLOWED_NAME.fullmatch(name):
            with open(self._data / name, "rb") as file:
                self._add(name, file, os.fstat(file.fileno()).st_size)

    def _add(self, name: str, file: IO[bytes], size: int) -> None:
        reader = HashingReader(file, size, self._count)
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o640
        try:
            self._tar.addfile(info, cast(IO[bytes], reader))
        except OSError as error:
            if "unexpected end of data" not in str(error):
                raise
            raise BackupError(f"{self._data / name}: became shorter while it was read") from error
        self._files.append(Kept(name, size, reader.sha256))

    def _add_bytes(self, name: str, data: bytes) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(data), 0o640
        self._tar.addfile(info, io.BytesIO(data))


def _size_of(data_dir: Path) -> int:
    total = 0
    for path in data_dir.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            if archive.ALLOWED_NAME.fullmatch(path.relative_to(data_dir).as_posix()):
                total += path.stat().st_size
    return total
