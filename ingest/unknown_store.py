"""Unknown devices as a JSON file, so that another process can show them and a restart keeps them."""

import os
from pathlib import Path

import msgspec

from ingest.unknown import UnknownDevice, UnknownDevices


class UnknownSnapshot(msgspec.Struct):
    """The file's content."""

    saved_at_ms: int
    devices: list[UnknownDevice]
    """The latest first."""


def save(unknown: UnknownDevices, path: Path, now_ms: int) -> None:
    """Write the file whole or not at all. OSError if the folder can't be written."""
    aside = path.with_name(path.name + ".new")
    aside.write_bytes(msgspec.json.encode(UnknownSnapshot(now_ms, unknown.devices())))
    os.replace(aside, path)


def load(path: Path) -> UnknownSnapshot | None:
    """What was saved; None if nothing was. ValueError names the file if it can't be read."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return msgspec.json.decode(content, type=UnknownSnapshot)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not a file of unknown devices: {error}") from error
