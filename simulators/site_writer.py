"""Writes a site as a folder that every command reads: what a scenario's own fleet is, for replays and rules."""

import csv
from collections.abc import Iterable
from dataclasses import fields
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path
from typing import Any, Final

import yaml

from plant.site import Enterprise, Point, Region, Site, Unit

_LEFT_OUT = {"line"}


RULES: Final = "rules/made-up.yaml"


def write_site(site: Site, directory: Path) -> list[Path]:
    """Write site.yaml, the tables and rules for the limits in their cells; returns the files written.

    The folder is made if needed, its files are replaced.
    """
    directory.mkdir(parents=True, exist_ok=True)
    settings = directory / "site.yaml"
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
    rules = directory / RULES
    rules.parent.mkdir(exist_ok=True)
    rules.write_text(_rules_for(site), encoding="utf-8")
    return [settings, rules, *(directory / name for name in tables)]


def _rules_for(site: Site) -> str:
    """Those of made_rules.yaml that have a point to speak of."""
    whole = yaml.safe_load((resources.files("simulators") / "made_rules.yaml").read_text("utf-8"))
    kinds = {p.kind for p in site.points.values()}
    kept = [r for r in whole["rules"] if any(fnmatchcase(kind, r["applies_to"]["kind"]) for kind in kinds)]
    return str(yaml.safe_dump({"rules": kept}, allow_unicode=True, sort_keys=False))


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return " ".join(value)
    return f"{value:.15g}" if isinstance(value, float) else value
