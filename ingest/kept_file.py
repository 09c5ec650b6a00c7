"""A JSON file of what was set aside: other processes show it, a restart keeps it."""

import os
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")


def write(path: Path, content: bytes) -> None:
    """Write the file whole or not at all. OSError if the folder can't be written."""
    aside = path.with_name(path.name + ".new")
    aside.write_bytes(content)
    os.replace(aside, path)


def read(path: Path, of: type[T], what: str) -> T | None:
    """The content; None if there is no file. ValueError says that it is not `what`."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return msgspec.json.decode(content, type=of)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not {what}: {error}") from error
