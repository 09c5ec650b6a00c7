"""Unknown devices as a JSON file, so that another process can show them and a restart keeps them."""

from pathlib import Path

import msgspec

from ingest import kept_file
from ingest.unknown import UnknownDevice, UnknownDevices


class UnknownSnapshot(msgspec.Struct):
    """The file's content."""

    saved_at_ms: int
    devices: list[UnknownDevice]
    """The latest first."""


def save(unknown: UnknownDevices, path: Path, now_ms: int) -> None:
    """Write the file whole or not at all. OSError if the folder can't be written."""
    kept_file.write(path, msgspec.json.encode(UnknownSnapshot(now_ms, unknown.devices())))


def load(path: Path) -> UnknownSnapshot | None:
    """What was saved; None if nothing was. ValueError names the file if it can't be read."""
    return kept_file.read(path, UnknownSnapshot, "a file of unknown devices")
