"""hazards.csv of a site folder: what is stored where; every mistake at its line."""

import re
from pathlib import Path
from typing import Any, Final

from plant.hazard.grade import BETAS, Grade, Quantity, beta_of, grade_of
from plant.mistakes import InputError, Mistake
from plant.site import Site
from plant.site_reader.cells import ID, TEXT, CellError, CellType, number, shown
from plant.site_reader.columns import TABLES, Column
from plant.site_reader.table import Table, read_table
from plant.site_reader.text import read_text

FILE: Final = "hazards.csv"
_UNITS: Final = "units.csv"


def _above_zero(cell: str) -> float:
    value = float(number(0).parse(cell))
    if value == 0:
        raise CellError("is 0, allowed are numbers above 0")
    return value


_POSITIVE: Final = CellType(_above_zero, {"type": "number", "exclusiveMinimum": 0})

COLUMNS: Final = (
    Column("unit", ID, "id of the unit", needed=True),
    Column("substance", TEXT, "name or formula of the substance", needed=True),
    Column("q_t", number(0), "most that is there, in tonnes", needed=True),
    Column("Q_t", _POSITIVE, "threshold quantity, in tonnes", needed=True),
    Column("beta", _POSITIVE, "factor of the substance; empty: by its class or name, for toxic gases"),
    Column("class", TEXT, "toxic gas whose factor counts, where the name does not tell"),
)

_LEVEL_WORDS: Final = {"一": 1, "二": 2, "三": 3, "四": 4, "i": 1, "ii": 2, "iii": 3, "iv": 4}
_LEVEL = re.compile(r"(?:level )?([1-4]|[一二三四]|i{1,3}|iv)级?", re.IGNORECASE)


def grade_site(directory: Path, site: Site) -> tuple[list[Grade], list[Mistake]]:
    """The grades of the units in hazards.csv, in its order, and warnings where units.csv says another level.

    InputError with every mistake of hazards.csv, and of units.csv where people_500m is missing.
    """
    mistakes: list[Mistake] = []
    path = directory / FILE
    if not path.is_file():
        raise InputError([Mistake(FILE, 1, "", f"no such file, needed is {','.join(c.name for c in COLUMNS)}")])
    text = read_text(path, FILE, mistakes)
    table = read_table(text, FILE, COLUMNS, mistakes) if text is not None else None
    units = _lines_of_units(directory)
    quantities = _quantities(table, site, mistakes) if table is not None else {}
    grades = []
    for unit, found in quantities.items():
        people = site.units[unit].people_500m
        if people is None:
            message = f"is empty, needed for the hazard grade of {unit}: people within 500 m"
            mistakes.append(Mistake(_UNITS, units.get(unit, 1), "people_500m", message))
        else:
            grades.append(grade_of(unit, people, found))
    if any(mistake.level == "error" for mistake in mistakes):
        raise InputError(mistakes)
    return grades, sorted([*mistakes, *_other_levels(grades, site, units)])


def _quantities(table: Table, site: Site, mistakes: list[Mistake]) -> dict[str, list[Quantity]]:
    """The rows that can be used, by unit."""
    found: dict[str, list[Quantity]] = {}
    first: dict[tuple[str, str], int] = {}
    for row in range(len(table.lines)):
        cells: dict[str, Any] = {name: column[row] for name, column in table.columns.items()}
        unit, substance = cells["unit"], cells["substance"]
        if unit is not None and unit not in site.units:
            table.note(mistakes, row, "unit", f"{shown(unit)} is unknown, allowed are the ids of {_UNITS}")
            continue
        if None in (unit, substance):
            continue
        line = first.setdefault((unit, substance), table.lines[row])
        if line != table.lines[row]:
            message = f"{shown(substance)} of {unit} stands twice, first on line {line}; put the sum in one row"
            table.note(mistakes, row, "substance", message)
        beta = cells["beta"] or beta_of(cells["class"] or substance)
        if beta is None:
            column = "class" if cells["class"] else "beta"
            message = f"{shown(cells['class'] or substance)} has no factor here, needed is beta; known are {_known()}"
            table.note(mistakes, row, column, message)
        elif cells["q_t"] is not None and cells["Q_t"] is not None:
            found.setdefault(unit, []).append(Quantity(substance, cells["q_t"], cells["Q_t"], beta))
    return found


def _known() -> str:
    return ", ".join(formula.upper() for formula in BETAS)


def _lines_of_units(directory: Path) -> dict[str, int]:
    """The line of each unit; the site has been read, so that nothing is wrong with the file."""
    text = read_text(directory / _UNITS, _UNITS, [])
    table = read_table(text, _UNITS, TABLES[_UNITS], []) if text is not None else None
    return {} if table is None else dict(zip(table.columns["unit"], table.lines, strict=True))


def _other_levels(grades: list[Grade], site: Site, lines: dict[str, int]) -> list[Mistake]:
    warnings = []
    for grade in grades:
        said = site.units[grade.unit].hazard_level
        found = _LEVEL.fullmatch(said.strip()) if said is not None else None
        if found is None:
            message = f"is {'empty' if said is None else shown(said)}, computed is level {grade.level}"
        else:
            word = found[1].lower()
            level = int(word) if word.isdecimal() else _LEVEL_WORDS[word]
            if level == grade.level:
                continue
            message = f"is {shown(said)}, but R = {grade.r:.4g} is level {grade.level}"
        warnings.append(Mistake(_UNITS, lines.get(grade.unit, 1), "hazard_level", message, "warning"))
    return warnings
