"""The versions of the configuration that a log has been through: when, who, why. Kept when the log's old entries go.

`versions.jsonl`, one JSON object a line, is made from the log's Configuration entries and replaced as a whole. A line
is written once its entry is decided, so before any checkpoint behind it: what a crash left out is found by looking at
the log from the newest checkpoint on.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Self

import msgspec

from plant.entries import Configuration, Position
from tocsin.log.checkpoints import newest_checkpoint
from tocsin.log.errors import LogCorruptError
from tocsin.log.files import write_atomically
from tocsin.log.layout import CHECKPOINTS, JOURNAL, VERSIONS
from tocsin.log.port import LogReader
from tocsin.log.reader import JournalReader

SIGNAL: Final = "signal"
"""Who has put a configuration into force, where that was SIGHUP."""


class Version(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A configuration came into force with the entry at `position`; `at_ms` is that entry's received_at."""

    position: Position
    at_ms: int
    kind: str
    digest: str
    who: str
    why: str

    @property
    def applied(self) -> bool:
        """Whether a person put it into force by name; else it was what the site folder held at a start or a SIGHUP."""
        return self.who not in ("", SIGNAL)


class VersionFile:
    """The versions of one data folder, oldest first. One writer."""

    def __init__(self, path: Path, versions: list[Version]) -> None:
        """Use `VersionFile.open`."""
        self._path = path
        self._versions = versions

    @classmethod
    def open(cls, path: Path, log: LogReader) -> Self:
        """Read the file; lines of entries that the log no longer ends with are left out. Made from the log where there
        is none. LogCorruptError if it can't be read.
        """
        found = _load(path)
        versions = _found(log, log.first) if found is None else (v for v in found if v.position < log.end)
        opened = cls(path, list(versions))
        if found is None or len(found) != len(opened._versions):
            opened.write()
        return opened

    @property
    def last(self) -> Version | None:
        return self._versions[-1] if self._versions else None

    @property
    def all(self) -> Sequence[Version]:
        return self._versions

    def note(self, position: Position, entry: Configuration) -> None:
        """Add a version durably; one that is known already is passed over. OSError adds nothing."""
        if self._versions and position <= self._versions[-1].position:
            return
        self._versions.append(_version(position, entry))
        try:
            self.write()
        except OSError:
            self._versions.pop()
            raise

    def write(self) -> None:
        write_atomically(self._path, [msgspec.json.encode(version) + b"\n" for version in self._versions])


def versions_of(data: Path) -> list[Version]:
    """All versions of a data folder, oldest first, also while the service runs. FileNotFoundError without a journal."""
    reader = JournalReader.open(data / JOURNAL)
    checkpoint = newest_checkpoint(data / CHECKPOINTS)  # First: then what stands before it is in the file.
    found = _load(data / VERSIONS)
    if found is None:
        return list(_found(reader, reader.first))
    versions = [version for version in found if version.position < reader.end]
    start = max(checkpoint[1] if checkpoint else 0, versions[-1].position + 1 if versions else 0, reader.first)
    return versions + list(_found(reader, start))


def bring_up_to_date(data: Path) -> None:
    """Write down what the log tells beyond the file. The caller holds the log's write lock."""
    VersionFile(data / VERSIONS, versions_of(data)).write()


def version_at(versions: Sequence[Version], position: Position) -> Version | None:
    """What was in force for the entry at `position`; for entries before the first version, that one."""
    before = [version for version in versions if version.position <= position]
    return before[-1] if before else next(iter(versions), None)


def _found(log: LogReader, start: Position) -> Iterator[Version]:
    """The versions that the entries from `start` on tell of."""
    if start < log.end:
        for position, entry in log.read(start):
            if isinstance(entry, Configuration):
                yield _version(position, entry)


def _version(position: Position, entry: Configuration) -> Version:
    return Version(position, entry.received_at_ms, entry.kind, entry.digest, entry.who, entry.why)


def _load(path: Path) -> list[Version] | None:
    """The lines of the file; None if there is none."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return [msgspec.json.decode(line, type=Version) for line in data.splitlines()]
    except msgspec.MsgspecError as error:
        raise LogCorruptError(path, 0, f"{error}; move it away, and it is made anew from the log") from error
