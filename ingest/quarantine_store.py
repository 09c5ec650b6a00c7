"""The quarantine as a JSON file, so that another process can show it and a restart keeps it."""

from pathlib import Path

import msgspec

from ingest import kept_file
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
    kept_file.write(path, msgspec.json.encode(snapshot))


def load(path: Path) -> QuarantineSnapshot | None:
    """The saved quarantine; None if there is none. ValueError names the file if it can't be read."""
    return kept_file.read(path, QuarantineSnapshot, "a quarantine file")
