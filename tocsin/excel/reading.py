"""The sheets of a workbook as rows of text. All distrust of foreign workbooks lives here."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final

from plant.mistakes import InputError, Mistake
from tocsin.excel.need import need_openpyxl

MOST_BYTES: Final = 512 << 20
"""Of all parts of the workbook, unpacked."""
MOST_PARTS: Final = 2_000
MOST_ROWS: Final = 1_000_000
MOST_COLUMNS: Final = 200
_MOST_EXACT: Final = 10**15
"""A workbook keeps 15 digits of a number."""
INEXACT: Final = re.compile(r"-?(?:[0-9]{16,}\.0|[0-9](?:\.[0-9]+)?e\+[0-9]+)")
"""How a larger one is written: where text was wanted, such as a long device number, it is not what was typed."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows of texts with their numbers in the sheet (from 1); rows without a cell are left out."""

    title: str
    numbers: list[int]
    rows: list[list[str]]


def read_sheets(file: Path, mistakes: list[Mistake]) -> list[Sheet]:
    """The visible sheets of a workbook. Cells that can't be text are noted as mistakes at `sheet!cell`.

    InputError where the file as a whole can't be read.
    """
    need_openpyxl(file.name)
    _check_package(file)
    from openpyxl import load_workbook

    try:
        values = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        formulas = load_workbook(file, read_only=True, data_only=False, keep_links=False)
    except InputError:
        raise
    except Exception as error:  # the library raises whatever its parsers raise
        raise InputError([_whole(file, f"can't be read as an Excel workbook ({type(error).__name__})")]) from None
    try:
        sheets = []
        for shown, written in zip(values.worksheets, formulas.worksheets, strict=True):
            if shown.sheet_state == "visible":
                sheets.append(_read(shown, written, mistakes))
        return sheets
    except InputError:
        raise
    except Exception as error:
        raise InputError([_whole(file, f"a sheet can't be read ({type(error).__name__})")]) from None
    finally:
        values.close()
        formulas.close()


def _whole(file: Path, message: str) -> Mistake:
    return Mistake(file.name, 1, "", message)


def _check_package(file: Path) -> None:
    """InputError for what is no workbook, holds programs, or would unpack to more than anybody's site."""
    if not file.is_file():
        raise InputError([_whole(file, "no such file")])
    try:
        with zipfile.ZipFile(file) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise InputError([_whole(file, "is no Excel workbook, allowed is .xlsx (save older ones as .xlsx)")]) from None
    if any("vbaproject" in part.filename.lower() for part in parts):
        raise InputError([_whole(file, "holds macros, save it as .xlsx without them")])
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_BYTES:
        raise InputError([_whole(file, f"unpacks to more than {MOST_PARTS} parts or {MOST_BYTES >> 20} MiB")])


def _read(shown: Any, written: Any, mistakes: list[Mistake]) -> Sheet:
    sheet = Sheet(shown.title, [], [])
    for one in (shown, written):
        one.reset_dimensions()  # what a foreign program says of the size may be anything
    pairs = zip(_rows(shown), _rows(written), strict=True)
    for number, (values, formulas) in enumerate(pairs, start=1):
        if number > MOST_ROWS:
            raise InputError([Mistake(f"{sheet.title}!A{number}", 1, "", f"more than {MOST_ROWS} rows")])
        if all(value is None for value in formulas):
            continue
        texts = []
        for column, (value, formula) in enumerate(zip(values, formulas, strict=True), start=1):
            texts.append(_text(value, formula, sheet.title, number, column, mistakes))
        if any(texts):
            sheet.numbers.append(number)
            sheet.rows.append(texts)
    return sheet


def _rows(sheet: Any) -> Iterator[tuple[Any, ...]]:
    rows: Iterator[tuple[Any, ...]] = sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS)
    return rows


def _text(value: object, formula: object, sheet: str, row: int, column: int, mistakes: list[Mistake]) -> str:
    from openpyxl.utils import get_column_letter

    def wrong(message: str) -> str:
        mistakes.append(Mistake(f"{sheet}!{get_column_letter(column)}{row}", row, "", message))
        return ""

    if value is None and isinstance(formula, str) and formula.startswith("="):
        return wrong("a formula without its result; open and save the workbook in the program that made it")
    if value is None:
        return ""
    if isinstance(value, str):
        if value in _ERRORS:
            return wrong(f"{value}, a formula's error")
        return value.strip()
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | float) and abs(value) >= _MOST_EXACT:
        return repr(float(value))
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return wrong(f"a {type(value).__name__}, allowed are text, numbers and dates")


_ERRORS: Final = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!"})
