"""A CSV file of known columns, read column by column with every mistake noted at its line."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from plant.mistakes import Mistake
from plant.site_reader.cells import CellError, shown
from plant.site_reader.columns import Column

_MOST_COLUMNS: Final = 200
"""More than that is not a table that somebody keeps by hand: one message is enough."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as columns: `lines[i]` is the line of row i, `columns[name][i]` its cell, None where empty or wrong."""

    file: str
    lines: list[int]
    columns: dict[str, list[Any]]

    def note(self, mistakes: list[Mistake], row: int, column: str, message: str, warning: bool = False) -> None:
        """Add a mistake in a row of this table."""
        level = "warning" if warning else "error"
        mistakes.append(Mistake(self.file, self.lines[row], column, message, level))  # type: ignore[arg-type]


def read_table(text: str, file: str, columns: Sequence[Column], mistakes: list[Mistake]) -> Table | None:
    """Read a table (RFC 4180, header first). None when its header is not usable; else all rows, mistakes noted."""
    before = len(mistakes)
    lines, rows = _rows(text, file, mistakes)
    if not rows:
        if len(mistakes) > before:
            return None
        names = ",".join(column.name for column in columns)
        mistakes.append(Mistake(file, 1, "", f"is empty, allowed is a header such as {names}"))
        return None
    header = [cell.strip() for cell in rows[0]]
    if not _header_fits(header, lines[0], file, columns, mistakes):
        return None
    _keep_even_rows(lines, rows, len(header), file, mistakes)
    if not lines and len(mistakes) == before:
        mistakes.append(Mistake(file, 1, "", "holds a header and no rows", "warning"))
    cells = dict(zip(header, zip(*rows, strict=True), strict=True)) if rows else {}
    empty = ("",) * len(lines)
    known = {c.name: _parse(c, cells.get(c.name, empty), c.name in header, file, lines, mistakes) for c in columns}
    return Table(file, lines, known)


def _rows(text: str, file: str, mistakes: list[Mistake]) -> tuple[list[int], list[list[str]]]:
    """Rows that are not blank, each with the line on which it begins; what is wrong with quotes is noted."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines: list[int] = []
    rows: list[list[str]] = []
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return lines, rows
        except csv.Error as error:
            mistakes.append(Mistake(file, line, "", _quoting(str(error))))
            continue
        if any(row):
            lines.append(line)
            rows.append(row)


def _quoting(error: str) -> str:
    if "unexpected end of data" in error:
        return 'a quoted cell is never closed, allowed is a closing " before the end of the file'
    if "field limit" in error:
        return f"a cell has more than {csv.field_size_limit()} characters; is a closing quote missing?"
    return (
        f'can\'t be read as CSV ({error}), allowed is a comma or a line end after a closing ", and "" for a " in a cell'
    )


def _header_fits(header: list[str], line: int, file: str, columns: Sequence[Column], mistakes: list[Mistake]) -> bool:
    """Note unknown, doubled and missing columns. False where the rows can't be told apart."""
    allowed = [column.name for column in columns]
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        mistakes.append(Mistake(file, line, "", "cells are not separated by commas, save it as CSV (RFC 4180)"))
        return False
    if len(header) > _MOST_COLUMNS:
        message = f"the header has {len(header)} columns, allowed are {', '.join(allowed)}"
        mistakes.append(Mistake(file, line, "", message))
        return False
    seen: set[str] = set()
    for position, name in enumerate(header):
        label = name[:40] if name.isprintable() else ""
        if name in seen:
            mistakes.append(Mistake(file, line, label, "this column stands twice in the header"))
        elif name not in allowed:
            near = get_close_matches(name[:40].lower(), allowed, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            what = f"unknown column {shown(name)}" if name else f"column {position + 1} has no name"
            mistakes.append(Mistake(file, line, label, f"{what}, allowed are {', '.join(allowed)}{hint}"))
        seen.add(name)
    doubled = len(seen) < len(header)
    for column in columns:
        if (column.needed or column.in_header) and column.name not in header:
            mistakes.append(Mistake(file, line, column.name, f"this column is missing, it holds the {column.help}"))
    return not doubled


def _keep_even_rows(lines: list[int], rows: list[list[str]], width: int, file: str, mistakes: list[Mistake]) -> None:
    """Take the header and the rows of another width than it out of `lines` and `rows`; note the latter."""
    for line, row in zip(lines[1:], rows[1:], strict=True):
        if len(row) != width:
            mistakes.append(Mistake(file, line, "", f"the row has {len(row)} cells, the header has {width}"))
    kept = [i for i in range(1, len(rows)) if len(rows[i]) == width]
    lines[:] = [lines[i] for i in kept]
    rows[:] = [rows[i] for i in kept]


def _parse(
    column: Column, cells: Sequence[str], present: bool, file: str, lines: list[int], mistakes: list[Mistake]
) -> list[Any]:
    """The cells of one column as values. Equal cells are read once and share their value."""
    parse = column.type.parse
    known: dict[str, Any] = {} if column.needed and present else {"": None}
    values: list[Any] = []
    for i, raw in enumerate(cells):
        if raw in known:
            values.append(known[raw])
            continue
        cell = raw.strip()
        value = None
        if cell:
            try:
                value = known[raw] = parse(cell)
            except CellError as error:
                mistakes.append(Mistake(file, lines[i], column.name, str(error)))
        elif column.needed and present:
            mistakes.append(Mistake(file, lines[i], column.name, f"is empty, needed is the {column.help}"))
        values.append(value)
    return values
