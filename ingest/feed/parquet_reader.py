"""Parquet feeds: the same columns, typed. Needs pyarrow (the extra `parquet`)."""

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.feed.csv_reader import Progress
from ingest.feed.feed import Feed, join_feeds
from ingest.feed.rows import Cells, Options, check_header, part_of
from plant.mistakes import InputError, Mistake
from plant.quality import NO_TIME_MS

_BATCH_ROWS = 131_072


def import_pyarrow(path: Path) -> tuple[ModuleType, ModuleType, ModuleType]:
    """pyarrow, pyarrow.compute and pyarrow.parquet; InputError names the extra where they are not installed."""
    try:
        import pyarrow
        import pyarrow.compute
        import pyarrow.parquet
    except ImportError:
        message = "a Parquet file needs pyarrow: pip install 'tocsin[parquet]', or use CSV"
        raise InputError([Mistake(str(path), 1, "", message)]) from None
    return pyarrow, pyarrow.compute, pyarrow.parquet


def read_parquet(path: Path, options: Options, progress: Progress) -> Feed:
    """All rows of a Parquet file, in its order. Mistakes go to options.problems, with the row (from 1) as the line."""
    pyarrow, _, parquet = import_pyarrow(path)
    try:
        with parquet.ParquetFile(path) as file:
            schema = file.schema_arrow
            check_header(schema.names, 1, options.problems)
            _check_types(pyarrow.types, schema, options)
            if options.problems.count:
                return join_feeds([], received=False)
            parts: list[Feed] = []
            total, done = file.metadata.num_rows, 0
            for batch in file.iter_batches(_BATCH_ROWS):
                parts.append(_part(batch, done + 1, options))
                done += batch.num_rows
                progress(done, total)
            return join_feeds(parts, "received_at" in schema.names)
    except (pyarrow.ArrowException, OSError) as error:
        options.problems.add(1, "", f"can't be read as Parquet: {' '.join(str(error).split())[:200]}")
        return join_feeds([], received=False)


def _check_types(types: Any, schema: Any, options: Options) -> None:
    for name, kind in zip(schema.names, schema.types, strict=True):
        if types.is_dictionary(kind):
            kind = kind.value_type
        text = types.is_string(kind) or types.is_large_string(kind)
        number = types.is_integer(kind) or types.is_floating(kind)
        if name in ("measured_at", "received_at"):
            fits, allowed = text or types.is_integer(kind), "whole ms since the epoch, timestamps with a zone, text"
            fits = fits or (types.is_timestamp(kind) and kind.tz is not None)
        elif name == "value":
            fits, allowed = text or number or types.is_boolean(kind) or types.is_decimal(kind), "numbers, text"
        else:
            fits, allowed = text, "text"
        if not fits:
            options.problems.add(1, name, f"a column of type {kind} can't be read, allowed are {allowed}")


def _part(batch: Any, first_row: int, options: Options) -> Feed:
    columns = {name: _cells(batch.column(name), name) for name in batch.schema.names}
    lines = range(first_row, first_row + batch.num_rows)
    return part_of(columns, _point_numbers(batch.column("point"), options), lines, options)


def _point_numbers(column: Any, options: Options) -> NDArray[np.int64]:
    """Numbers of points, -1 where unknown: looked up once for each id, not for each row."""
    import pyarrow as pa

    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    numbers = options.registry.numbers
    of_id = [numbers.get(point, -1) for point in encoded.dictionary.to_pylist()]
    index = encoded.indices.cast(pa.int64()).fill_null(len(of_id)).to_numpy(zero_copy_only=False)
    return np.array([*of_id, -1], dtype=np.int64)[np.asarray(index, dtype=np.int64)]


def _cells(column: Any, name: str) -> Cells:
    """Numbers as a numpy array, text as a list; null is NO_TIME_MS, NaN or empty text."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return ["" if cell is None else cell for cell in column.to_pylist()]
    if name == "value":
        return np.array(column.cast(pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False))
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("ms", column.type.tz), safe=False)
    whole = column.cast(pa.int64(), safe=False).fill_null(NO_TIME_MS)
    return np.array(whole.to_numpy(zero_copy_only=False))
