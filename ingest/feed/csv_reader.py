"""CSV feeds: plain blocks are split at once; from the first block that is not plain, the csv module reads on."""

import csv
import gzip
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Final

import numpy as np

from ingest.feed.blocks import Blocks, plain_columns
from ingest.feed.feed import Feed, join_feeds
from ingest.feed.problems import Problems
from ingest.feed.rows import Options, check_header, part_of

Progress = Callable[[int, int], None]
"""(done, total): bytes of a CSV file, rows of a Parquet file."""

_CHUNK_ROWS: Final = 8192
_LONGEST_HEADER_BYTES: Final = 10_000
_LINE_END = re.compile(r"\r\n|\r|\n")


def read_csv(path: Path, options: Options, progress: Progress) -> Feed:
    """All rows of a CSV file, gzip when it ends in .gz, in the order of the file. Mistakes go to options.problems."""
    total = path.stat().st_size
    with path.open("rb") as raw:
        file = gzip.GzipFile(fileobj=raw, mode="rb") if path.suffix == ".gz" else raw
        try:
            first = file.readline(_LONGEST_HEADER_BYTES)
        except (EOFError, OSError, zlib.error) as error:
            options.problems.add(1, "", f"can't be unpacked: {error}")
            return join_feeds([], received=False)
        header = _header(first, options.problems)
        parts: list[Feed] = []
        if header is not None:
            for columns, lines in _columns(Blocks(file, options.problems, 2), len(header), options.problems):
                parts.append(_part(header, columns, lines, options))
                progress(raw.tell() if raw.seekable() else 0, total)
        return join_feeds(parts, header is not None and "received_at" in header)


def _header(first: bytes, problems: Problems) -> list[str] | None:
    """The names of the columns, or None when they are not usable."""
    if not first.strip():
        problems.add(1, "", "is empty, needed is a header such as point,measured_at,value")
        return None
    if b"\r" in first.rstrip(b"\r\n"):
        problems.add(1, "", "lines end with a lone CR, allowed are LF or CRLF")
        return None
    try:
        header = [name.strip() for name in next(csv.reader([first.decode("utf-8-sig")]))]
    except (UnicodeDecodeError, csv.Error):
        problems.add(1, "", "is not UTF-8 text, save it as CSV in UTF-8")
        return None
    check_header(header, 1, problems)
    return None if problems.count else header


def _columns(blocks: Blocks, width: int, problems: Problems) -> Iterator[tuple[Sequence[Sequence[str]], Sequence[int]]]:
    """Chunks of columns, with the lines on which their rows begin."""
    following = iter(blocks)
    for block in following:
        columns = plain_columns(block, width)
        if columns is None:
            rest = _RestOfFile(chain([block], following), blocks.line, problems)
            yield from rest.columns(width)
            return
        yield columns, range(blocks.line, blocks.line + len(columns[0]))


class _RestOfFile:
    """Rows by the csv module; what can't be read is noted and passed over."""

    def __init__(self, blocks: Iterable[bytes], first_line: int, problems: Problems) -> None:
        # bytes.splitlines knows the line ends of CSV; that of str knows more, such as U+2028.
        lines = (line.decode("utf-8", "surrogateescape") for block in blocks for line in block.splitlines(True))
        self._reader = csv.reader(lines, strict=True)
        self._first_line = first_line
        self._problems = problems

    def columns(self, width: int) -> Iterator[tuple[Sequence[Sequence[str]], Sequence[int]]]:
        ended = False
        while not ended:
            line = self._first_line + self._reader.line_num
            rows, ended = self._next_rows()
            one_line_each = self._first_line + self._reader.line_num - line == len(rows)
            lines: Sequence[int] = range(line, line + len(rows)) if one_line_each else _lines(rows, line)
            if any(len(row) != width for row in rows):
                rows, lines = self._even(rows, lines, width)
            if rows:
                yield list(zip(*rows, strict=True)), lines

    def _even(self, rows: list[list[str]], lines: Sequence[int], width: int) -> tuple[list[list[str]], Sequence[int]]:
        for row, line in zip(rows, lines, strict=True):
            if row and len(row) != width:
                self._problems.add(line, "", f"the row has {len(row)} cells, the header has {width}")
        kept = [i for i, row in enumerate(rows) if len(row) == width]
        return [rows[i] for i in kept], [lines[i] for i in kept]

    def _next_rows(self) -> tuple[list[list[str]], bool]:
        """The next rows, and whether the file has ended. They end early at a row that can't be read."""
        rows: list[list[str]] = []
        line = self._first_line + self._reader.line_num
        try:
            # Appended one by one, so that rows before a broken one are kept.
            rows.extend(islice(self._reader, _CHUNK_ROWS))
        except csv.Error as error:
            broken = _lines([*rows, []], line)[-1]
            self._problems.add(broken, "", f"can't be read as CSV: {error}; is a quote not closed?")
            return rows, False
        return rows, len(rows) < _CHUNK_ROWS


def _lines(rows: list[list[str]], first: int) -> list[int]:
    """The line on which each row begins; a quoted cell may hold line ends."""
    lines: list[int] = []
    for row in rows:
        lines.append(first)
        first += 1
        for cell in row:
            if "\n" in cell or "\r" in cell:
                first += len(_LINE_END.findall(cell))
    return lines


def _part(header: Sequence[str], columns: Sequence[Sequence[str]], lines: Sequence[int], options: Options) -> Feed:
    named = dict(zip(header, columns, strict=True))
    numbers = options.registry.numbers
    points = named["point"]
    try:
        found = np.fromiter(map(numbers.__getitem__, points), np.int64, len(points))
    except KeyError:
        found = np.fromiter((numbers.get(p, numbers.get(p.strip(), -1)) for p in points), np.int64, len(points))
    return part_of(named, found, lines, options)
