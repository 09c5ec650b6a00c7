"""Sheets on a terminal, as CSV and as an Excel workbook."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from tocsin.excel.need import need_openpyxl
from tocsin.log.files import write_atomically
from tocsin.reports.sheets import Column, Sheet, Value, shown

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_STYLES: Final = {"good": "green", "bad": "bold red", "warn": "yellow", "quiet": "dim"}
_FORMATS: Final = {"count": "#,##0", "figure": "#,##0.0", "share": "0.0%", "span": "#,##0.0", "hours": "#,##0.0"}
_UNITS: Final = {"span": "s", "share": "1", "hours": "h"}


def screen(sheets: Sequence[Sheet], limit: int, more: str) -> list[object]:
    """What rich prints; of each sheet at most `limit` rows, then `more` with how many are left out."""
    parts: list[object] = []
    for sheet in sheets:
        table = Table(title=sheet.title, title_justify="left")
        for column in sheet.columns:
            table.add_column(Text(column.title), justify="left" if column.form == "text" else "right")
        for row in sheet.rows[:limit]:
            table.add_row(*(Text(shown(v), _STYLES.get(v.tone, "")) for v in sheet.values(row)))
        parts.append(table)
        if len(sheet.rows) > limit:
            parts.append(Text(more.format(n=len(sheet.rows) - limit)))
        if sheet.note:
            parts.append(Text(sheet.note, "dim"))
    return parts


def to_csv(sheets: Sequence[Sheet]) -> str:
    """One figure a line: table, item, figure, value, unit. An item is its texts, parted by " | "."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["table", "item", "figure", "value", "unit"])
    for sheet in sheets:
        for row in sheet.rows:
            values = sheet.values(row)
            pairs = list(zip(sheet.columns, values, strict=True))
            item = " | ".join(str(v.value) for c, v in pairs if c.form == "text" and v.value is not None)
            for column, value in pairs:
                if column.form != "text":
                    given = "" if value.value is None else value.value
                    writer.writerow([sheet.name, _safe(item), column.title, given, _UNITS.get(value.form, "")])
    return out.getvalue()


def _safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def write_xlsx(sheets: Sequence[Sheet], file: Path, head: Sequence[tuple[str, str]]) -> None:
    """A workbook with a sheet for each, and one that says what it is (`head`). InputError where openpyxl is missing."""
    need_openpyxl(file.name)
    from openpyxl import Workbook

    workbook = Workbook()
    first = workbook.worksheets[0]
    first.title = "about"
    for row, (name, text) in enumerate(head, start=1):
        _put(first, row, 1, Value(name))
        _put(first, row, 2, Value(text))
    titles: set[str] = {"about"}
    for sheet in sheets:
        title = sheet.name[:31]
        while title in titles:
            title = f"{title[:29]}-2"
        titles.add(title)
        _fill(workbook.create_sheet(title), sheet)
    content = io.BytesIO()
    workbook.save(content)
    write_atomically(file, [content.getvalue()])


def _fill(to: "Worksheet", sheet: Sheet) -> None:
    from openpyxl.styles import Font, PatternFill
    from openpyxl.utils import get_column_letter

    for number, column in enumerate(sheet.columns, start=1):
        _put(to, 1, number, Value(_with_unit(column)))
        to.cell(1, number).font = Font(bold=True, color="FFFFFF")
        to.cell(1, number).fill = PatternFill("solid", fgColor="1F4E79")
        to.column_dimensions[get_column_letter(number)].width = max(12, min(44, 2 * len(column.title) + 4))
    for row, cells in enumerate(sheet.rows, start=2):
        for number, value in enumerate(sheet.values(cells), start=1):
            _put(to, row, number, value)
    to.freeze_panes = "A2"
    to.auto_filter.ref = to.dimensions
    if sheet.note:
        _put(to, len(sheet.rows) + 3, 1, Value(sheet.note))


def _put(to: "Worksheet", row: int, column: int, value: Value) -> None:
    cell = to.cell(row, column)
    if isinstance(value.value, str):
        cell.value = "".join(c for c in value.value if c.isprintable())
        cell.data_type = "s"  # also what looks like a formula
    elif value.value is not None:
        cell.value = value.value
        cell.number_format = _FORMATS.get(value.form, "General")


def _with_unit(column: Column) -> str:
    return f"{column.title} (s)" if column.form == "span" else column.title
