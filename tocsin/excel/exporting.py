"""A site folder -> a workbook that people can fill in: headers explained, words to choose from, text kept as text."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

from plant.mistakes import InputError, Mistake
from plant.site_reader import read_site
from plant.site_reader.columns import POINT_KINDS, TABLES, UNIT_KINDS, Column
from plant.site_reader.raw import raw_rows
from tocsin.excel.need import need_openpyxl
from tocsin.excel.sheets import LISTS_SHEET, SITE_SHEET
from tocsin.log.files import write_atomically

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_CHOICES: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("units.csv", "kind"): UNIT_KINDS,
    ("points.csv", "kind"): POINT_KINDS,
    ("points.csv", "report"): ("periodic", "on_change"),
    ("contacts.csv", "language"): ("zh", "en"),
}
_OPEN: Final = {("points.csv", "kind")}
"""Where other words than the listed ones are allowed too."""

_ROWS_WITH_LISTS: Final = 100_000
_WIDEST: Final = 40


def export_site(directory: Path, file: Path) -> int:
    """Write the site folder as a workbook; returns how many rows. InputError where the site can't be read."""
    need_openpyxl(file.name)
    from openpyxl import Workbook

    read_site(directory)
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    _site_sheet(workbook, directory)
    rows = 0
    for name, columns in TABLES.items():
        path = directory / name
        if path.exists() or name in ("regions.csv", "contacts.csv"):
            rows += _table_sheet(workbook, name, columns, path)
    _lists_sheet(workbook)
    content = BytesIO()
    workbook.save(content)
    write_atomically(file, [content.getvalue()])
    return rows


def _site_sheet(workbook: "Workbook", directory: Path) -> None:
    sheet = workbook.create_sheet(SITE_SHEET)
    given = yaml.safe_load((directory / "site.yaml").read_text(encoding="utf-8-sig"))
    _write_row(sheet, 1, ["key", "value"], SITE_SHEET)
    for row, (key, value) in enumerate(given.items(), start=2):
        separator = " " if key == "packs" else ", "
        text = separator.join(map(str, value)) if isinstance(value, list) else str(value)
        _write_row(sheet, row, [str(key), text], SITE_SHEET)
    _dress(sheet, [Column("key", TABLES["units.csv"][2].type, "a key of site.yaml"), _VALUE])


_VALUE: Final = Column("value", TABLES["units.csv"][2].type, "its value; packs: names separated by spaces")


def _table_sheet(workbook: "Workbook", file: str, columns: tuple[Column, ...], path: Path) -> int:
    name = file.removesuffix(".csv")
    sheet = workbook.create_sheet(name)
    header = [column.name for column in columns]
    _write_row(sheet, 1, header, name)
    count = 0
    for count, row in enumerate(_cells(path, header), start=1):
        for column, (cell, definition) in enumerate(zip(row, columns, strict=True), start=1):
            if cell:
                _write_cell(sheet, count + 1, column, cell, definition.type.schema.get("type") == "number", name)
    _dress(sheet, list(columns))
    _choices(sheet, file, header)
    return count


def _cells(path: Path, header: list[str]) -> Iterator[list[str]]:
    """The rows of a CSV file in the order of all columns, "" where the file has no such column."""
    if not path.exists():
        return
    given, rows = raw_rows(path)
    place = [given.index(name) if name in given else None for name in header]
    for row in rows:
        yield ["" if at is None else row[at].strip() for at in place]


def _write_row(sheet: "Worksheet", row: int, cells: list[str], name: str) -> None:
    for column, cell in enumerate(cells, start=1):
        _write_cell(sheet, row, column, cell, False, name)


def _write_cell(sheet: "Worksheet", row: int, column: int, text: str, is_number: bool, name: str) -> None:
    from openpyxl.utils.exceptions import IllegalCharacterError

    cell = sheet.cell(row, column)
    if is_number and float(f"{float(text):.16g}") == float(text):  # what a workbook can hold of a number
        cell.value = float(text)
        return
    try:
        cell.value = text
    except IllegalCharacterError:
        message = f"holds a control character that a workbook can't hold: {text[:40]!a}"
        raise InputError([Mistake(f"{name}.csv", row, "", message)]) from None
    cell.data_type = "s"  # also what looks like a formula
    cell.number_format = "@"


def _dress(sheet: "Worksheet", columns: list[Column]) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Font, PatternFill
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions
    for number, column in enumerate(columns, start=1):
        head = sheet.cell(1, number)
        must = column.needed or column.in_header
        head.font = Font(bold=True, color="FFFFFF" if must else "1F2937")
        head.fill = PatternFill("solid", fgColor="1F4E79" if must else "D9E2EC")
        head.comment = Comment(column.help + (" (needed)" if column.needed else ""), "Tocsin")
        letter = get_column_letter(number)
        longest = max((len(str(c.value)) for c in sheet[letter][:200] if c.value is not None), default=8)
        sheet.column_dimensions[letter].width = min(max(10, longest + 2), _WIDEST)
        if column.type.schema.get("type") != "number":
            sheet.column_dimensions[letter].number_format = "@"


def _choices(sheet: "Worksheet", file: str, header: list[str]) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    for place, (of_file, column) in enumerate(_CHOICES, start=1):
        if of_file != file:
            continue
        words = _CHOICES[of_file, column]
        letter = get_column_letter(place)
        listed = DataValidation(type="list", formula1=f"{LISTS_SHEET}!${letter}$1:${letter}${len(words)}")
        listed.allow_blank = True
        listed.showErrorMessage = (of_file, column) not in _OPEN
        target = get_column_letter(header.index(column) + 1)
        listed.add(f"{target}2:{target}{_ROWS_WITH_LISTS}")
        sheet.add_data_validation(listed)


def _lists_sheet(workbook: "Workbook") -> None:
    sheet = workbook.create_sheet(LISTS_SHEET)
    sheet.sheet_state = "hidden"
    for column, words in enumerate(_CHOICES.values(), start=1):
        for row, word in enumerate(words, start=1):
            sheet.cell(row, column).value = word
