"""Parquet feeds: every type that a column may have, and what is said of others."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest.feed import Feed, read_feed, write_feed
from plant.mistakes import InputError
from plant.quality import NO_TIME_MS
from plant.registry import PointRegistry

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")

T = 1_732_190_000_000
REGISTRY = PointRegistry(["A", "B"])


def read(directory: Path, columns: dict[str, Any], skip_unknown: bool = False) -> Feed:
    path = directory / "feed.parquet"
    pq.write_table(pa.table(columns), path)
    return read_feed(path, REGISTRY, skip_unknown)


def mistakes(directory: Path, columns: dict[str, Any]) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(directory, columns)
    return [str(mistake).removeprefix(f"{directory}/") for mistake in caught.value.mistakes]


TIMES = [
    pa.array([T, T + 1], pa.int64()),
    pa.array([T, T + 1], pa.timestamp("ms", "UTC")),
    pa.array([T * 1_000_000 + 999_999, T * 1_000_000 + 1_999_999], pa.timestamp("ns", "Asia/Shanghai")),
    pa.array([str(T), "2024-11-21T19:53:20.001+08:00"]),
    pa.array([str(T), str(T + 1)]).dictionary_encode(),
]


@pytest.mark.parametrize("times", TIMES, ids=lambda array: str(array.type))
def test_times(tmp_path: Path, times: Any) -> None:
    feed = read(tmp_path, {"point": ["A", "B"], "measured_at": times, "value": [1.0, 2.0]})
    assert feed.measured_at_ms.tolist() == [T, T + 1]


VALUES = [
    pa.array([1.0, None, float("inf")]),
    pa.array([1, None, None], pa.int32()),
    pa.array(["1", "", "x"]),
    pa.array([True, None, None]),
]


@pytest.mark.parametrize("values", VALUES, ids=lambda array: str(array.type))
def test_values(tmp_path: Path, values: Any) -> None:
    feed = read(tmp_path, {"point": ["A"] * 3, "measured_at": [T] * 3, "value": values})
    assert np.array_equal(feed.value, [1.0, np.nan, np.nan], equal_nan=True)
    assert feed.quality.tolist() == [0, 2, 2]


def test_missing_cells_beside_received_at(tmp_path: Path) -> None:
    columns = {
        "point": pa.array(["B", "A"]).dictionary_encode(),
        "measured_at": pa.array([None, T], pa.int64()),
        "value": [1.0, 2.0],
        "quality": ["uncertain", None],
        "received_at": [T + 2, T + 1],
    }
    feed = read(tmp_path, columns)
    assert feed.point.tolist() == [0, 1]
    assert feed.measured_at_ms.tolist() == [T, NO_TIME_MS]
    assert feed.quality.tolist() == [0, 1]


def test_mistakes_name_the_row(tmp_path: Path) -> None:
    columns = {"point": ["A", "Z", None], "measured_at": [T, T, 5], "value": [1.0, 2.0, 3.0]}
    assert mistakes(tmp_path, columns) == [
        "feed.parquet:2: point: 'Z' is not a point of the site, allowed are the ids of points.csv",
        "feed.parquet:3: measured_at: 5 is not plausible, allowed are times between 2015-01-01 and 2100-01-01",
        "feed.parquet:3: point: is empty, allowed are the ids of points.csv",
    ]
    columns["measured_at"] = [T, T, T]
    assert read(tmp_path, columns, skip_unknown=True).skipped == 2


@pytest.mark.parametrize(
    ("name", "cells", "allowed"),
    [
        ("measured_at", pa.array([T], pa.timestamp("ms")), "whole ms since the epoch, timestamps with a zone, text"),
        ("measured_at", pa.array([1.5]), "whole ms since the epoch, timestamps with a zone, text"),
        ("point", pa.array([1]), "text"),
        ("value", pa.array([b"1"]), "numbers, text"),
    ],
)
def test_types_that_cannot_be_read(tmp_path: Path, name: str, cells: Any, allowed: str) -> None:
    columns = {"point": ["A"], "measured_at": [T], "value": [1.0]} | {name: cells}
    expected = f"feed.parquet:1: {name}: a column of type {cells.type} can't be read, allowed are {allowed}"
    assert mistakes(tmp_path, columns) == [expected]


def test_a_file_that_is_no_parquet(tmp_path: Path) -> None:
    path = tmp_path / "feed.parquet"
    path.write_bytes(b"point,measured_at,value\n")
    with pytest.raises(InputError, match="can't be read as Parquet"):
        read_feed(path, REGISTRY)


def test_row_groups_do_not_depend_on_how_the_parts_were_cut(tmp_path: Path) -> None:
    n = 300_000
    whole = Feed(np.zeros(n, np.uint32), np.arange(T, T + n), np.arange(n) / 8, np.zeros(n, np.uint8))
    write_feed(tmp_path / "one.parquet", [whole], REGISTRY)
    write_feed(tmp_path / "many.parquet", (whole.select(slice(i, i + 70_001)) for i in range(0, n, 70_001)), REGISTRY)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "many.parquet").read_bytes()
