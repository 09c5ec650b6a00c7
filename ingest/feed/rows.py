"""Rows of cells, however they were stored, to a part of a feed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingest.feed import cells
from ingest.feed.feed import Feed
from ingest.feed.problems import Problems
from plant.quality import Quality
from plant.registry import PointRegistry

NEEDED_COLUMNS: Final = ("point", "measured_at", "value")
COLUMNS: Final = (*NEEDED_COLUMNS, "quality", "received_at")

Cells = Sequence[str] | NDArray[np.int64] | NDArray[np.float64]
"""A column: cells of text, or numbers where the file stores numbers (times in ms, values)."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to read: the points known, and whether rows of others are left out or mistakes."""

    registry: PointRegistry
    skip_unknown: bool
    problems: Problems


def check_header(header: Sequence[str], line: int, problems: Problems) -> None:
    """Note columns that are unknown, doubled or missing."""
    allowed = ", ".join(COLUMNS)
    if len(header) > 50:
        problems.add(line, "", f"{len(header)} columns, allowed are {allowed}")
        return
    for position, name in enumerate(header):
        if name in header[:position]:
            problems.add(line, name, "this column stands twice in the header")
        elif name not in COLUMNS:
            problems.add(line, "", f"unknown column {cells.shown(name)}, allowed are {allowed}")
    for name in NEEDED_COLUMNS:
        if name not in header:
            problems.add(line, name, f"this column is missing, needed are {', '.join(NEEDED_COLUMNS)}")


def part_of(columns: Mapping[str, Cells], points: NDArray[np.int64], lines: Sequence[int], options: Options) -> Feed:
    """A part of a feed from its columns. `points` are the point numbers, -1 where the point is unknown."""
    known = points >= 0
    skipped = 0
    if not known.all():
        if options.skip_unknown:
            skipped = int(len(points) - known.sum())
            kept = np.flatnonzero(known)
            points = points[kept]
            columns = {name: _pick(column, kept) for name, column in columns.items()}
            lines = [lines[i] for i in kept.tolist()]
        else:
            _note_unknown(columns["point"], np.flatnonzero(~known), lines, options.problems)
    received = columns.get("received_at")
    received_at_ms = None if received is None else _times(received, lines, "received_at", options.problems)
    measured_at_ms = _times(columns["measured_at"], lines, "measured_at", options.problems)
    if received_at_ms is None:
        cells.check_times(measured_at_ms, lines, "measured_at", "needed without a column received_at", options.problems)
    else:
        cells.check_times(received_at_ms, lines, "received_at", "needed in every row", options.problems)
    value = columns["value"]
    value = value.astype(np.float64) if isinstance(value, np.ndarray) else cells.values(value)
    quality = columns.get("quality")
    if quality is None or isinstance(quality, np.ndarray):
        qualities = np.zeros(len(points), dtype=np.uint8)
    else:
        qualities = cells.qualities(quality, lines, options.problems)
    finite = np.isfinite(value)
    if not finite.all():
        value[~finite] = np.nan
        qualities[~finite] = Quality.BAD
    return Feed(points.astype(np.uint32), measured_at_ms, value, qualities, received_at_ms, skipped)


def _times(column: Cells, lines: Sequence[int], name: str, problems: Problems) -> NDArray[np.int64]:
    return column.astype(np.int64) if isinstance(column, np.ndarray) else cells.times(column, lines, name, problems)


def _pick(column: Cells, kept: NDArray[np.intp]) -> Cells:
    return column[kept] if isinstance(column, np.ndarray) else [column[i] for i in kept.tolist()]


def _note_unknown(points: Cells, unknown: NDArray[np.intp], lines: Sequence[int], problems: Problems) -> None:
    for i in unknown.tolist():
        point = str(points[i])
        what = f"{cells.shown(point)} is not a point of the site" if point else "is empty"
        problems.add(lines[i], "point", f"{what}, allowed are the ids of points.csv")
