"""Where a follower stands, and where that is kept: by default a small JSON file, replaced whole or not at all."""

import os
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

C = TypeVar("C")


class CursorStore(Protocol[C]):
    """Where one follower's cursor is kept. A lost one means starting over, which a follower's sink forgives."""

    def load(self) -> C | None:
        """What was saved last, by whomever; None where nothing was. ValueError if what is there is no cursor."""

    def save(self, cursor: C) -> None:
        """Keep it in place of the last one, durably. OSError if that can't be done now; the last one then stays."""


class Cursor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything before `position` in the log and up to `event` in the alarm book is safely in the sink.

    `site` is the digest of the site version in force at `position`, so that a batch written again gets its old tags.
    """

    position: int = 0
    event: int = 0
    site: str = ""


class CursorFile:
    """Implements CursorStore as a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Cursor | None:
        """The cursor; None if there is no file. ValueError if what is there is no cursor."""
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            cursor = msgspec.json.decode(raw, type=Cursor)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{self._path}: not a cursor: {error}") from error
        if cursor.position < 0 or cursor.event < 0:
            raise ValueError(f"{self._path}: a cursor can't be negative")
        return cursor

    def save(self, cursor: Cursor) -> None:
        """Replace the file and sync it. OSError if there is no room; the old cursor then stays."""
        replace_file(self._path, msgspec.json.encode(cursor))


def replace_file(path: Path, content: bytes) -> None:
    """Write a file whole, synced, or leave the old one. OSError if there is no room."""
    beside = path.with_name(path.name + ".new")
    with beside.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    os.replace(beside, path)
