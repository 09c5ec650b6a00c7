"""Reads a site folder: every file, every check, then the site or all that is wrong with it."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from itertools import starmap
from pathlib import Path
from typing import Any

from plant.mistakes import InputError, Mistake
from plant.site import CalendarDay, Contact, Device, Enterprise, Point, Region, Site, Unit
from plant.site_reader.columns import NEEDED_FILES, TABLES
from plant.site_reader.point_checks import check_points, check_positions
from plant.site_reader.references import check_references, check_unique_ids
from plant.site_reader.site_yaml import read_settings
from plant.site_reader.table import Table, read_table
from plant.site_reader.text import read_text
from plant.site_settings import SiteSettings

_FILES = ("site.yaml", *TABLES, "hazards.csv", "routes.yaml")


def read_site(directory: Path) -> tuple[Site, list[Mistake]]:
    """Read a site folder without its rules and routes; returns the site and warnings.

    Raises InputError with every error found (and the warnings beside them). `file` of a mistake is relative to the
    folder. Files: see docs/reference/site-folder.md.
    """
    if not directory.is_dir():
        raise InputError([Mistake(str(directory), 1, "", "no such folder, needed is a folder with a site in it")])
    with _uncollected():
        return _read(directory)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without collection of garbage: of the millions of cells and points all stay, and it looks at each many times."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read(directory: Path) -> tuple[Site, list[Mistake]]:
    mistakes: list[Mistake] = []
    _check_files(directory, mistakes)
    settings = _read_settings(directory, mistakes)
    tables = _read_tables(directory, mistakes)
    check_unique_ids(tables, mistakes)
    check_references(tables, mistakes)
    for file in ("enterprises.csv", "units.csv"):
        if file in tables:
            check_positions(tables[file], mistakes)
    enterprise_of_unit = _enterprise_of_unit(tables.get("units.csv"))
    if "points.csv" in tables:
        check_points(tables["points.csv"], enterprise_of_unit, mistakes)
    if settings is None or any(mistake.level == "error" for mistake in mistakes):
        raise InputError(mistakes)
    return _site(settings, tables, enterprise_of_unit), sorted(mistakes)


def _check_files(directory: Path, mistakes: list[Mistake]) -> None:
    """Note needed files that are not there, and warn of files whose names are nearly right."""
    there = sorted(path.name for path in directory.iterdir())
    for file in NEEDED_FILES:
        if file not in there:
            mistakes.append(Mistake(file, 1, "", f"no such file, needed are {', '.join(NEEDED_FILES)}"))
    for name in there:
        if name in _FILES or not name.lower().endswith((".csv", ".yaml", ".yml")):
            continue
        near = get_close_matches(name.lower(), _FILES, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        mistakes.append(
            Mistake(name, 1, "", f"this file is not read, allowed are {', '.join(_FILES)}{hint}", "warning")
        )


def _read_settings(directory: Path, mistakes: list[Mistake]) -> SiteSettings | None:
    path = directory / "site.yaml"
    if not path.exists():
        return None
    text = read_text(path, path.name, mistakes)
    return None if text is None else read_settings(text, mistakes)


def _read_tables(directory: Path, mistakes: list[Mistake]) -> dict[str, Table]:
    tables: dict[str, Table] = {}
    for file, columns in TABLES.items():
        path = directory / file
        if not path.exists():
            continue
        text = read_text(path, file, mistakes)
        table = None if text is None else read_table(text, file, columns, mistakes)
        if table is not None:
            tables[file] = table
    return tables


def _enterprise_of_unit(units: Table | None) -> dict[str, str]:
    if units is None:
        return {}
    pairs = zip(units.columns["unit"], units.columns["enterprise"], strict=True)
    return {unit: enterprise for unit, enterprise in pairs if unit is not None and enterprise is not None}


def _site(settings: SiteSettings, tables: dict[str, Table], enterprise_of_unit: dict[str, str]) -> Site:
    """Put the site together from tables without errors."""
    points = tables["points.csv"]
    points.columns["report"] = [report or "periodic" for report in points.columns["report"]]
    points.columns["tags"] = [tags or () for tags in points.columns["tags"]]
    units = tables["units.csv"]
    units.columns["kind"] = [kind or "other" for kind in units.columns["kind"]]
    units.columns["required"] = [kinds or () for kinds in units.columns["required"]]
    enterprises = tables["enterprises.csv"]
    enterprises.columns["region"] = [region or "" for region in enterprises.columns["region"]]
    for file in ("regions.csv", "enterprises.csv", "units.csv", "contacts.csv", "devices.csv"):
        if file in tables:
            _name_by_id(tables[file], TABLES[file][0].name)
    if "contacts.csv" in tables:
        contacts = tables["contacts.csv"]
        for column in ("channels", "handles"):
            contacts.columns[column] = [words or () for words in contacts.columns[column]]
    return Site(
        name=settings.name,
        timezone=settings.timezone,
        centre=settings.centre,
        packs=settings.packs,
        regions={r.region: r for r in starmap(Region, _rows(tables.get("regions.csv")))},
        enterprises={e.enterprise: e for e in starmap(Enterprise, _rows(enterprises))},
        units={u.unit: u for u in starmap(Unit, _rows(units))},
        points={p.point: p for p in starmap(Point, _point_rows(points, enterprise_of_unit))},
        contacts={c.contact: c for c in starmap(Contact, _rows_with_lines(tables.get("contacts.csv")))},
        devices={d.device: d for d in starmap(Device, _rows(tables.get("devices.csv")))},
        calendar={d.date: d for d in starmap(CalendarDay, _rows(tables.get("calendar.csv")))},
    )


def _rows(table: Table | None) -> list[tuple[Any, ...]]:
    """The rows of a table, their cells in the order of its columns, which is that of the class they become."""
    return [] if table is None else list(zip(*table.columns.values(), strict=True))


def _rows_with_lines(table: Table | None) -> list[tuple[Any, ...]]:
    return [] if table is None else [(*row, line) for row, line in zip(_rows(table), table.lines, strict=True)]


def _name_by_id(table: Table, column: str) -> None:
    pairs = zip(table.columns["name"], table.columns[column], strict=True)
    table.columns["name"] = [name or row_id for name, row_id in pairs]


def _point_rows(points: Table, enterprise_of_unit: dict[str, str]) -> Iterator[tuple[Any, ...]]:
    """Rows in the order of the fields of Point: the enterprise stands third, the line last."""
    point, unit, *others = points.columns.values()
    return zip(point, unit, [enterprise_of_unit[u] for u in unit], *others, points.lines, strict=True)
