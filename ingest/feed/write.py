"""Writes a feed, the same bytes for the same rows."""

import csv
import gzip
import io
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ingest.feed.cells import QUALITIES
from ingest.feed.feed import Feed, check_bare, join_feeds
from ingest.feed.parquet_reader import import_pyarrow
from ingest.feed.rows import COLUMNS
from plant.quality import NO_TIME_MS, QUALITY_MASK
from plant.registry import PointRegistry

_ROW_GROUP_ROWS = 131_072
_QUALITY_NAMES = {int(quality): name for name, quality in QUALITIES.items() if name}


def write_feed(path: Path, parts: Iterable[Feed], registry: PointRegistry) -> int:
    """Write the rows of all parts, in their order, as CSV (.csv), gzip (.gz) or Parquet (.parquet); returns the rows.

    Parts are written as they come, so a long history need not be in memory. All of them have received_at_ms or none;
    ValueError where they differ, and for a bare reading without a time. NaN becomes an empty cell.
    """
    first = next(iterator := iter(parts), None)
    received = first is not None and first.received_at_ms is not None
    checked = _checked(chain([] if first is None else [first], iterator), received)
    if path.suffix == ".parquet":
        return _write_parquet(path, checked, registry, received)
    with path.open("wb") as raw:
        if path.suffix != ".gz":
            return _write_csv(raw, checked, registry, received)
        # No name and no time in the header of the gzip file: they would change its bytes.
        with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=0) as packed:
            return _write_csv(packed, checked, registry, received)


def _checked(parts: Iterable[Feed], received: bool) -> Iterator[Feed]:
    for part in parts:
        if (part.received_at_ms is not None) is not received:
            raise ValueError("one part of the feed has received_at, another has not")
        check_bare(part)
        yield part


def _write_csv(binary: BinaryIO | gzip.GzipFile, parts: Iterable[Feed], registry: PointRegistry, received: bool) -> int:
    text = io.TextIOWrapper(binary, "utf-8", newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS if received else COLUMNS[:-1])
    rows = 0
    for part in parts:
        writer.writerows(zip(*_cells(part, registry), strict=True))
        rows += len(part)
    text.flush()
    text.detach()
    return rows


def _cells(part: Feed, registry: PointRegistry) -> list[list[Any]]:
    ids = registry.ids
    columns: list[list[Any]] = [
        [ids[number] for number in part.point.tolist()],
        _without(part.measured_at_ms, part.measured_at_ms == NO_TIME_MS),
        _without(part.value, np.isnan(part.value)),
        [_QUALITY_NAMES[quality] for quality in (part.quality & QUALITY_MASK).tolist()],
    ]
    if part.received_at_ms is not None:
        columns.append(part.received_at_ms.tolist())
    return columns


def _without(column: NDArray[Any], missing: NDArray[np.bool_]) -> list[Any]:
    cells: list[Any] = column.tolist()
    for i in np.flatnonzero(missing).tolist():
        cells[i] = None
    return cells


def _write_parquet(path: Path, parts: Iterable[Feed], registry: PointRegistry, received: bool) -> int:
    pyarrow, _, parquet = import_pyarrow(path)
    types = [pyarrow.string(), pyarrow.int64(), pyarrow.float64(), pyarrow.string(), pyarrow.int64()]
    schema = pyarrow.schema(list(zip(COLUMNS, types, strict=True))[: None if received else -1])
    rows = 0
    with parquet.ParquetWriter(path, schema, compression="snappy") as writer:
        for group in _row_groups(parts, received):
            arrays = [
                pyarrow.array(cells, type=field.type)
                for cells, field in zip(_cells(group, registry), schema, strict=True)
            ]
            writer.write_batch(pyarrow.record_batch(arrays, schema=schema), row_group_size=_ROW_GROUP_ROWS)
            rows += len(group)
    return rows


def _row_groups(parts: Iterable[Feed], received: bool) -> Iterator[Feed]:
    """The rows in groups of one size, so that the bytes don't depend on how the parts were cut."""
    waiting: list[Feed] = []
    count = 0
    for part in parts:
        waiting.append(part)
        count += len(part)
        if count >= _ROW_GROUP_ROWS:
            whole = join_feeds(waiting, received)
            full = count - count % _ROW_GROUP_ROWS
            for start in range(0, full, _ROW_GROUP_ROWS):
                yield whole.select(slice(start, start + _ROW_GROUP_ROWS))
            waiting, count = [whole.select(slice(full, None))], count - full
    if count:
        yield join_feeds(waiting, received)
