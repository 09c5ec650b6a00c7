"""A feed survives being written; every way to write it reads alike; entries are cut as a plain loop cuts them."""

import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.feed import Feed, count_entries, entries_of_feed, read_feed, write_feed
from plant.batch import Batch
from plant.entries import Readings, Tick
from plant.mistakes import InputError
from plant.quality import NO_TIME_MS
from plant.registry import PointRegistry

T = 1_732_190_000_000
REGISTRY = PointRegistry(["A", "B", "C", "D"])
NEAR = st.integers(T, T + 5000)
TIMES = st.one_of(NEAR, st.sampled_from([T, T + 1000, T + 1001, 1_420_070_400_000]))
DEVICE_TIMES = st.one_of(NEAR, st.just(NO_TIME_MS), st.integers(-(2**62), 2**62))
VALUES = st.one_of(st.floats(width=64), st.sampled_from([0.0, -0.0, float("nan"), 1e-320, 0.1]))


@st.composite
def feeds(draw: st.DrawFn, received: bool | None = None) -> Feed:
    with_received = draw(st.booleans()) if received is None else received
    rows = draw(
        st.lists(
            st.tuples(st.integers(0, 3), DEVICE_TIMES if with_received else TIMES, VALUES, st.integers(0, 2), TIMES)
        )
    )
    value = np.array([row[2] for row in rows], dtype=np.float64)
    value[~np.isfinite(value)] = np.nan
    quality = np.where(np.isnan(value), 2, np.array([row[3] for row in rows], dtype=np.uint8)).astype(np.uint8)
    return Feed(
        np.array([row[0] for row in rows], dtype=np.uint32),
        np.array([row[1] for row in rows], dtype=np.int64),
        value,
        quality,
        np.array([row[4] for row in rows], dtype=np.int64) if with_received else None,
    )


def equal(one: Feed, other: Feed) -> bool:
    if (one.received_at_ms is None) != (other.received_at_ms is None):
        return False
    return (
        np.array_equal(one.point, other.point)
        and np.array_equal(one.measured_at_ms, other.measured_at_ms)
        and np.array_equal(one.value, other.value, equal_nan=True)
        and np.array_equal(np.signbit(one.value[one.value == 0]), np.signbit(other.value[other.value == 0]))
        and np.array_equal(one.quality, other.quality)
        and (one.received_at_ms is None or np.array_equal(one.received_at_ms, other.received_at_ms))
    )


@pytest.mark.parametrize("name", ["feed.csv", "feed.csv.gz", "feed.parquet"])
@settings(max_examples=60, deadline=None)
@given(feed=feeds(), cut=st.integers(0, 10))
def test_what_is_written_is_read_and_has_the_same_bytes_however_it_was_cut(name: str, feed: Feed, cut: int) -> None:
    if name.endswith(".parquet"):
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    with tempfile.TemporaryDirectory() as folder:
        path, other = Path(folder) / name, Path(folder) / f"other-{name}"
        assert write_feed(path, [feed], REGISTRY) == len(feed)
        assert write_feed(other, [feed.select(slice(0, cut)), feed.select(slice(cut, None))], REGISTRY) == len(feed)
        assert path.read_bytes() == other.read_bytes()
        assert equal(read_feed(path, REGISTRY), feed.in_order())


@settings(max_examples=60, deadline=None)
@given(
    feed=feeds(), quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]), ends=st.sampled_from(["\r\n", "\n"])
)
def test_quotes_and_line_ends_make_no_difference(feed: Feed, quoting: int, ends: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plain, quoted = Path(folder) / "plain.csv", Path(folder) / "quoted.csv"
        write_feed(plain, [feed], REGISTRY)
        with plain.open(newline="") as source, quoted.open("w", newline="") as target:
            csv.writer(target, quoting=quoting, lineterminator=ends).writerows(csv.reader(source))
        assert equal(read_feed(quoted, REGISTRY), read_feed(plain, REGISTRY))


def plainly(feed: Feed) -> Iterator[Readings | Tick]:
    """Semantics 1.3 word for word."""
    rows = list(
        zip(feed.point.tolist(), feed.measured_at_ms.tolist(), feed.value.tolist(), feed.quality.tolist(), strict=True)
    )
    if not rows:
        return
    if feed.received_at_ms is None:
        seconds = [row[1] // 1000 for row in rows]
        for k in range(min(seconds), max(seconds) + 1):
            found = [row for row, second in zip(rows, seconds, strict=True) if second == k]
            yield Readings((k + 1) * 1000, Batch.of(found)) if found else Tick((k + 1) * 1000)
        return
    received = feed.received_at_ms.tolist()
    times = sorted(set(received))
    for last, now in zip([None, *times], times, strict=False):
        if last is not None:
            yield from (Tick(s * 1000) for s in range(last // 1000, now // 1000 + 1) if last < s * 1000 < now)
        yield Readings(now, Batch.of([row for row, at in zip(rows, received, strict=True) if at == now]))


@settings(max_examples=200, deadline=None)
@given(received=st.booleans(), data=st.data())
def test_entries_are_cut_as_by_a_plain_loop(received: bool, data: st.DataObject) -> None:
    feed = data.draw(feeds(received))
    near = feed.sort_key_ms >= T
    feed = feed.select(near).in_order()
    entries = list(entries_of_feed(feed))
    assert entries == list(plainly(feed))
    assert count_entries(feed) == len(entries)


@settings(max_examples=300, deadline=None)
@given(content=st.binary(max_size=300), skip_unknown=st.booleans())
def test_any_bytes_are_read_or_refused(content: bytes, skip_unknown: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "feed.csv"
        path.write_bytes(b"point,measured_at,value\n" + content)
        try:
            feed = read_feed(path, REGISTRY, skip_unknown)
        except InputError as error:
            mistakes = error.mistakes
        else:
            mistakes = []
            assert bool(np.all(np.isfinite(feed.value) | (feed.quality == 2)))
        assert all(mistake.line >= 2 and str(mistake).isprintable() for mistake in mistakes)
