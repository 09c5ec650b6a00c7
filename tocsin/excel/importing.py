"""A workbook -> the files of a site folder. Everything is checked first; then all files are written, or none."""

import csv
import io
import re
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import yaml

from plant.mistakes import InputError, Mistake
from plant.site_reader import read_site
from plant.site_reader.columns import TABLES
from tocsin.excel.reading import INEXACT, Sheet, read_sheets
from tocsin.excel.sheets import LISTS_SHEET, SITE_SHEET, TABLE_SHEETS, sheet_of
from tocsin.log.files import make_directory, write_atomically

_HEADER_WITHIN: Final = 10
"""Titles may stand above the header, in so many rows."""


class _Places:
    """Where each line of the files made stands in the workbook."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[str, dict[int, int], list[str]]] = {}

    def add(self, file: str, title: str, row_of_line: dict[int, int], columns: list[str]) -> None:
        self._rows[file] = (title, row_of_line, columns)

    def of(self, mistake: Mistake) -> Mistake:
        """The same mistake, at `sheet!cell` where it stands in the workbook."""
        if mistake.file not in self._rows:
            return mistake
        from openpyxl.utils import get_column_letter

        title, row_of_line, columns = self._rows[mistake.file]
        row = row_of_line.get(mistake.line, 1)
        letter = get_column_letter(columns.index(mistake.column) + 1) if mistake.column in columns else "A"
        return replace(mistake, file=f"{title}!{letter}{row}", line=row)


def import_site(file: Path, directory: Path, *, force: bool = False) -> tuple[list[str], list[Mistake]]:
    """Write the workbook's tables into the folder; returns (names of files written, warnings).

    Files of the same names are replaced only with `force`; rules and other files of the folder stay. InputError with
    every mistake, at `sheet!cell`; then nothing is written.
    """
    mistakes: list[Mistake] = []
    places = _Places()
    files = _files(read_sheets(file, mistakes), places, mistakes, file.name)
    if any(mistake.level == "error" for mistake in mistakes):
        raise InputError(mistakes)
    there = sorted(name for name in files if (directory / name).exists())
    if there and not force:
        message = f"is there already in {directory}; --force replaces it"
        raise InputError([Mistake(name, 1, "", message) for name in there])
    try:
        warnings = _try(files, directory)
    except InputError as error:
        raise InputError([places.of(mistake) for mistake in error.mistakes] + mistakes) from None
    make_directory(directory)
    for name, content in files.items():
        write_atomically(directory / name, [content])
    return sorted(files), [places.of(mistake) for mistake in warnings] + mistakes


def _try(files: dict[str, bytes], directory: Path) -> list[Mistake]:
    """Read the site as it would be. InputError with its mistakes."""
    with TemporaryDirectory(prefix="tocsin-site-") as folder:
        trial = Path(folder)
        if directory.is_dir():
            for path in directory.iterdir():
                if path.is_file() and path.suffix in (".csv", ".yaml"):
                    shutil.copy(path, trial / path.name)
        for name, content in files.items():
            (trial / name).write_bytes(content)
        return read_site(trial)[1]


def _files(sheets: list[Sheet], places: _Places, mistakes: list[Mistake], workbook: str) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for sheet in sheets:
        name = sheet_of(sheet.title)
        file = "site.yaml" if name == SITE_SHEET else TABLE_SHEETS.get(name)
        if file is None:
            if name != LISTS_SHEET:
                known = ", ".join((SITE_SHEET, *TABLE_SHEETS))
                message = f"this sheet is not read, read are {known}"
                mistakes.append(Mistake(f"{sheet.title}!A1", 1, "", message, "warning"))
        elif file in files:
            mistakes.append(Mistake(f"{sheet.title}!A1", 1, "", f"a second sheet for {file}"))
        elif file == "site.yaml":
            files[file] = _settings(sheet)
        elif sheet.rows:
            content = _table(sheet, file, places, mistakes)
            if content is not None:
                files[file] = content
    if not files and not mistakes:
        mistakes.append(Mistake(workbook, 1, "", f"holds no sheet of a site, read are {', '.join(TABLE_SHEETS)}"))
    return files


def _table(sheet: Sheet, file: str, places: _Places, mistakes: list[Mistake]) -> bytes | None:
    """The sheet as CSV; None where only its header is there, or no header (then a mistake is noted)."""
    from openpyxl.utils import get_column_letter

    wanted = TABLES[file][0].name
    at = next((i for i, row in enumerate(sheet.rows[:_HEADER_WITHIN]) if wanted in row), None)
    if at is None:
        message = f"no header with {wanted} in the first {_HEADER_WITHIN} rows"
        mistakes.append(Mistake(f"{sheet.title}!A1", 1, "", message))
        return None
    header = _trimmed(sheet.rows[at])
    numbers = {column.name for column in TABLES[file] if column.type.schema.get("type") in ("number", "integer")}
    texts = [place for place, name in enumerate(header) if name not in numbers]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    line = 2
    row_of_line = {1: sheet.numbers[at]}
    for number, row in zip(sheet.numbers[at + 1 :], sheet.rows[at + 1 :], strict=True):
        cells = _trimmed(row)
        cells += [""] * (len(header) - len(cells))
        for place in texts:
            if place < len(cells) and INEXACT.fullmatch(cells[place]):
                message = (
                    "a number of which the workbook keeps 15 digits alone, format the cell as text and type it again"
                )
                mistakes.append(Mistake(f"{sheet.title}!{get_column_letter(place + 1)}{number}", number, "", message))
        writer.writerow(cells)
        row_of_line[line] = number
        line += 1 + sum(_line_ends(cells))
    places.add(file, sheet.title, row_of_line, header)
    # A sheet that was left empty, as exports make them, is no file.
    return text.getvalue().encode() if line > 2 else None


def _trimmed(row: list[str]) -> list[str]:
    """Without the empty cells at its end, which sheets have as many of as they like."""
    last = max((i for i, cell in enumerate(row) if cell), default=-1)
    return row[: last + 1]


def _line_ends(cells: Iterable[str]) -> list[int]:
    return [len(re.findall(r"\r\n|\r|\n", cell)) for cell in cells]


def _settings(sheet: Sheet) -> bytes:
    """site.yaml of rows of key and value; what is wrong with them is told when it is read."""
    settings: dict[str, Any] = {}
    for row in sheet.rows:
        key, value = row[0], row[1] if len(row) > 1 else ""
        if not key or (key, value) == ("key", "value"):
            continue
        if key == "packs":
            settings[key] = value.split()
        elif key == "centre":
            settings[key] = [_number(part) for part in value.replace(",", " ").split()]
        else:
            settings[key] = value
    return yaml.safe_dump(settings, allow_unicode=True, sort_keys=False).encode()


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
