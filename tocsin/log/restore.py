"""Putting a backup back into an empty data folder."""

import contextlib
import gzip
import hashlib
import os
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, cast

import msgspec

from tocsin.log import archive, layout
from tocsin.log.archive import BackupError, Counter, HashingReader, Kept, Manifest, Progress
from tocsin.log.files import make_directory, sync_directory
from tocsin.log.reader import JournalReader

_PARTIAL: Final = ".restoring"
_COPY_BYTES: Final = 1 << 20
_MAX_MANIFEST_BYTES: Final = 256 << 20


def restore(file: Path, data_dir: Path, progress: Progress | None = None) -> Manifest:
    """Put a backup into `data_dir`, which must be empty or not there; returns what was put there.

    Everything is written aside and checked first. BackupError if the file is damaged, incomplete or no backup of this
    format, or the folder holds anything: then the folder is as before. OSError if there is no room.
    """
    partial = data_dir / _PARTIAL
    if data_dir.exists() and (not data_dir.is_dir() or any(path != partial for path in data_dir.iterdir())):
        raise BackupError(f"{data_dir}: not an empty folder; a restore never mixes with what is there")
    make_directory(data_dir)
    shutil.rmtree(partial, ignore_errors=True)  # of a restore that was killed
    partial.mkdir(mode=0o750)
    try:
        manifest = _unpack(file, partial, progress)
        _check_journal(file, partial, manifest)
        _put_in_place(partial, data_dir)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    sync_directory(data_dir)
    return manifest


def _unpack(file: Path, into: Path, progress: Progress | None) -> Manifest:
    found: list[Kept] = []
    manifest = digest = b""
    count = Counter(progress, file.stat().st_size)
    try:
        with _opened(file) as stream:
            with tarfile.open(fileobj=stream, mode="r|") as tar:
                for member in tar:
                    content = tar.extractfile(member) if member.isreg() else None
                    if content is None:
                        raise BackupError(f"{file}: {member.name!r} is no plain file")
                    if member.name == archive.MANIFEST and member.size <= _MAX_MANIFEST_BYTES:
                        manifest = content.read()
                    elif member.name == archive.MANIFEST_DIGEST and member.size == 64:
                        digest = content.read()
                    elif archive.ALLOWED_NAME.fullmatch(member.name) and not (into / member.name).exists():
                        found.append(_write(content, member, into / member.name, count))
                    else:
                        raise BackupError(f"{file}: {member.name!r} has no place in a backup, or stands in it twice")
            while stream.read(_COPY_BYTES):
                pass  # to the end, for gzip's own checksum stands there
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BackupError(f"{file}: damaged or cut short: {error}") from error
    return _checked(file, manifest, digest, found)


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    if archive.is_gzip(file):
        with gzip.open(file, "rb") as stream:
            yield cast(IO[bytes], stream)
    else:
        with open(file, "rb") as plain:
            yield plain


def _write(content: IO[bytes], member: tarfile.TarInfo, path: Path, count: Counter) -> Kept:
    reader = HashingReader(content, member.size, count)
    make_directory(path.parent)
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o640)) as out:
        while data := reader.read(_COPY_BYTES):
            out.write(data)
        out.flush()
        os.fsync(out.fileno())
    return Kept(member.name, member.size, reader.sha256)


def _checked(file: Path, manifest: bytes, digest: bytes, found: list[Kept]) -> Manifest:
    if not manifest or hashlib.sha256(manifest).hexdigest().encode() != digest:
        raise BackupError(f"{file}: its manifest is missing or damaged")
    try:
        said = msgspec.json.decode(manifest, type=Manifest)
    except msgspec.MsgspecError as error:
        raise BackupError(f"{file}: its manifest can't be read: {error}") from error
    if said.format != archive.FORMAT:
        raise BackupError(f"{file}: backup format {said.format} is not known, this version reads {archive.FORMAT}")
    by_name = {kept.name: kept for kept in found}
    for kept in said.files:
        if by_name.pop(kept.name, None) != kept:
            raise BackupError(f"{file}: {kept.name} is missing or does not match its checksum")
    if by_name:
        raise BackupError(f"{file}: {min(by_name)} is not in the manifest")
    return said


def _check_journal(file: Path, partial: Path, manifest: Manifest) -> None:
    journal = partial / layout.JOURNAL
    make_directory(journal)
    reader = JournalReader.open(journal)
    if (reader.first, reader.end) != (manifest.first, manifest.end):
        raise BackupError(
            f"{file}: the journal holds positions {reader.first} to {reader.end}, "
            f"expected {manifest.first} to {manifest.end}"
        )


def _put_in_place(partial: Path, data_dir: Path) -> None:
    """The journal last: without it nothing else is used."""
    for path in sorted(partial.iterdir(), key=lambda path: path.name == layout.JOURNAL):
        os.rename(path, data_dir / path.name)
