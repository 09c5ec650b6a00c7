"""Blocks of whole lines, and the fast way through those that are plain: no quotes, every row of the same width."""

import zlib
from collections.abc import Iterator
from typing import Final, Protocol

import numpy as np

from ingest.feed.problems import Problems

BLOCK_BYTES: Final = 1 << 20
LONGEST_LINE_BYTES: Final = 64 << 20
"""More without a line end is not a feed, and reading on would fill the memory."""

_COMMA, _NEWLINE = b",\n"


class Readable(Protocol):
    """A binary file, packed or not."""

    def read(self, size: int, /) -> bytes: ...


class Blocks:
    """The lines of a file in blocks of about a megabyte. `line` is the number of the next block's first line."""

    def __init__(self, file: Readable, problems: Problems, first_line: int) -> None:
        self._file = file
        self._problems = problems
        self.line = first_line

    def __iter__(self) -> Iterator[bytes]:
        rest = b""
        while data := self._read():
            end = data.rfind(b"\n") + 1
            if not end:
                rest += data
                if len(rest) > LONGEST_LINE_BYTES:
                    self._problems.add(self.line, "", f"no line end within {LONGEST_LINE_BYTES} bytes")
                    return
                continue
            block = rest + data[:end]
            rest = data[end:]
            yield block
            self.line += block.count(b"\n")
        if rest:
            yield rest

    def _read(self) -> bytes:
        try:
            return self._file.read(BLOCK_BYTES)
        except (EOFError, OSError, zlib.error) as error:
            self._problems.add(self.line, "", f"the file can't be read further: {error}")
            return b""


def plain_columns(block: bytes, width: int) -> list[list[str]] | None:
    """The columns of a block in which every line has `width` cells and none is quoted; else None."""
    if b'"' in block:
        return None
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
        if b"\r" in block:
            return None
    if not block.endswith(b"\n"):
        block += b"\n"
    characters = np.frombuffer(block, dtype=np.uint8)
    separators = characters[(characters == _COMMA) | (characters == _NEWLINE)]
    if len(separators) % width:
        return None
    lines = separators.reshape(-1, width)
    if not ((lines[:, :-1] == _COMMA).all() and (lines[:, -1] == _NEWLINE).all()):
        return None
    cells = block[:-1].decode("utf-8", "surrogateescape").replace("\n", ",").split(",")
    return [cells[i::width] for i in range(width)]
