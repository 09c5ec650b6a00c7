"""Reads a reference case (a site folder, a feed, the expected events) in a few plain lines, by semantics 1.3."""

import csv
import gzip
import json
import os
from collections.abc import Iterator
from dataclasses import fields
from itertools import groupby
from pathlib import Path

import pytest
import yaml

from plant.batch import Batch
from plant.entries import Entry, Readings, Tick
from plant.quality import Quality
from plant.registry import PointRegistry
from plant.site import Enterprise, Point, Site, Unit
from rules.schema import Rule, RuleFile

CASES = ("bare", "edges", "edges-received", "long", "received")
KEY = ("alarm", "event", "at", "side", "level", "severity")
_QUALITY = {"good": Quality.GOOD, "uncertain": Quality.UNCERTAIN, "bad": Quality.BAD, "": Quality.GOOD}
_NUMBERS = {"range_low", "range_high", "period_s", "ll", "l", "h", "hh", "deadband", "ref_temp_c"}


def cases_folder() -> Path:
    """Where the cases lie: TOCSIN_CASES, or ../shared/cases beside the repository."""
    given = os.environ.get("TOCSIN_CASES")
    return Path(given) if given else Path(__file__).resolve().parents[3] / "shared" / "cases"


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Path:
    """Each case's folder; skipped by name where the cases are not there."""
    folder = cases_folder() / str(request.param)
    if not folder.is_dir():
        pytest.skip(f"the reference case {request.param} is not there (TOCSIN_CASES names the folder of cases)")
    return folder


def read_site(folder: Path) -> Site:
    units = {row["unit"]: row for row in _rows(folder / "units.csv")}
    enterprises = {row["enterprise"]: row for row in _rows(folder / "enterprises.csv")}
    points = {}
    for row in _rows(folder / "points.csv"):
        cells: dict[str, object] = {f.name: row.get(f.name) or None for f in fields(Point)}
        for name in _NUMBERS:
            cells[name] = float(row[name]) if row.get(name) else None
        cells |= {
            "enterprise": units[row["unit"]]["enterprise"],
            "report": row.get("report") or "periodic",
            "tags": tuple((row.get("tags") or "").split()),
            "line": 0,
        }
        points[row["point"]] = Point(**cells)  # type: ignore[arg-type]
    return Site(
        name="case",
        timezone="Asia/Shanghai",
        centre=None,
        packs=(),
        enterprises={k: Enterprise(k, r["name"], r["region"]) for k, r in enterprises.items()},
        units={k: Unit(k, r["enterprise"], r["name"], r["kind"]) for k, r in units.items()},
        points=points,
    )


def rules_of(folder: Path) -> list[Rule]:
    """The rules of a site folder, read without the loader."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    files = sorted((folder / "rules").glob("*.yaml"))
    return [rule for path in files for rule in RuleFile.model_validate(yaml.load(path.read_bytes(), loader)).rules]


def entries_of(feed: Path, registry: PointRegistry) -> Iterator[Entry]:
    """The entries that a replay of the feed makes."""
    rows = list(_rows(feed))
    if rows and "received_at" in rows[0]:
        return _entries_by_arrival(rows, registry)
    return _entries_by_second(rows, registry)


def expected_of(case: Path) -> list[tuple[object, ...]]:
    lines = (case / "expected.jsonl").read_text().splitlines()
    return [tuple(json.loads(line)[key] for key in KEY) for line in lines]


def _entries_by_second(rows: list[dict[str, str]], registry: PointRegistry) -> Iterator[Entry]:
    seconds: dict[int, list[dict[str, str]]] = {}
    for row in sorted(rows, key=lambda row: int(row["measured_at"])):
        seconds.setdefault(int(row["measured_at"]) // 1000, []).append(row)
    for second in range(min(seconds), max(seconds) + 1):
        at = (second + 1) * 1000
        yield Readings(at, _batch(seconds[second], registry)) if second in seconds else Tick(at)


def _entries_by_arrival(rows: list[dict[str, str]], registry: PointRegistry) -> Iterator[Entry]:
    before: int | None = None
    rows = sorted(rows, key=lambda row: int(row["received_at"]))
    for at, group in groupby(rows, key=lambda row: int(row["received_at"])):
        if before is not None:
            for second in range(before // 1000 + 1, (at + 999) // 1000):
                yield Tick(second * 1000)
        yield Readings(at, _batch(list(group), registry))
        before = at


def _batch(rows: list[dict[str, str]], registry: PointRegistry) -> Batch:
    return Batch.of(
        (
            registry.numbers[row["point"]],
            int(row["measured_at"]) if row["measured_at"] else None,
            float(row["value"]) if row["value"] else None,
            _QUALITY[row.get("quality", "")],
        )
        for row in rows
    )


def _rows(path: Path) -> list[dict[str, str]]:
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(content.decode().splitlines()))
