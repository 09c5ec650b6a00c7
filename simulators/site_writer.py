"""Writes a site as a folder that every command reads: what a scenario's own fleet is, for replays and rules."""

import csv
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from plant.site import Enterprise, Point, Region, Site, Unit

_LEFT_OUT = {"line"}


def write_site(site: Site, directory: Path) -> list[Path]:
    """Write site.yaml and the tables (folder made if needed, files replaced); returns the files written.

    ValueError where the folder holds a site of another name: it may be somebody's own.
    """
    directory.mkdir(parents=True, exist_ok=True)
    settings = directory / "site.yaml"
    if settings.exists():
        found = yaml.safe_load(settings.read_text(encoding="utf-8"))
        if not isinstance(found, dict) or found.get("name") != site.name:
            raise ValueError(f"{directory} holds another site; name a new folder")
    head: dict[str, Any] = {"name": site.name, "timezone": site.timezone}
    if site.centre is not None:
        head["centre"] = list(site.centre)
    if site.packs is not None:
        head["packs"] = list(site.packs)
    settings.write_text(yaml.safe_dump(head, allow_unicode=True, sort_keys=False), encoding="utf-8")
    tables: dict[str, tuple[type, Iterable[object]]] = {
        "regions.csv": (Region, site.regions.values()),
        "enterprises.csv": (Enterprise, site.enterprises.values()),
        "units.csv": (Unit, site.units.values()),
        "points.csv": (Point, site.points.values()),
    }
    for name, (row, rows) in tables.items():
        columns = [f.name for f in fields(row) if f.name not in _LEFT_OUT and (row, f.name) != (Point, "enterprise")]
        with (directory / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows([_cell(getattr(r, column)) for column in columns] for r in rows)
    return [settings, *(directory / name for name in tables)]


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return " ".join(value)
    return f"{value:.15g}" if isinstance(value, float) else value
