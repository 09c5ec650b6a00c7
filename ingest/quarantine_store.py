"""The quarantine as a JSON file, so that another process can show it and a restart keeps it."""

import os
from pathlib import Path

import msgspec

from ingest.quarantine import Quarantine, QuarantineEntry


class QuarantineSnapshot(msgspec.Struct):
    """The file's content; sample bytes are base64."""

    saved_at_ms: int
    overflowed: int
    counts: dict[str, int]
    entries: list[QuarantineEntry]
    """The latest first."""


def save(quarantine: Quarantine, path: Path, now_ms: int) -> None:
    """Write the file whole or not at all. OSError if the folder can't be written."""
    snapshot = QuarantineSnapshot(now_ms, quarantine.overflowed, dict(quarantine.counts), quarantine.entries())
    aside = path.with_name(path.name + ".new")
    aside.write_bytes(msgspec.json.encode(snapshot))
    os.replace(aside, path)


def load(path: Path) -> QuarantineSnapshot | None:
    """The saved quarantine; None if there is none. ValueError names the file if it can't be read."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return msgspec.json.decode(content, type=QuarantineSnapshot)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not a quarantine file: {error}") from error
