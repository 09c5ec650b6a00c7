"""Trends out of the journal, for where there is no InfluxDB or it is away: slower, and no further than is bearable."""

import threading
from pathlib import Path
from typing import Final

import numpy as np

from plant.batch import Batch
from plant.quality import AHEAD_MS, Quality
from tocsin.followers.influx.instants import tell_apart
from tocsin.followers.influx.lines import stored_columns
from tocsin.history.buckets import I64, Buckets, Rows, roll_up, survivors
from tocsin.history.query import MOST_POINTS, Trend, TrendError
from tocsin.history.rows import Drawn, step_of, with_gaps
from tocsin.log.errors import CodecError, LogCorruptError
from tocsin.log.layout import JOURNAL, REGISTRY
from tocsin.log.one_point import readings_of_point
from tocsin.log.registry_file import load_registry
from tocsin.log.segment import Segment, list_segments, read_started_ms

MOST_BYTES: Final = 128 << 20
"""A trend reads no more of the journal than this, the newest part of its span: about a second's work."""

LATE_MS: Final = 600_000
"""How long after the end of its span a reading may have come and still be found."""

_NS_PER_MS: Final = 1_000_000


class JournalTrends:
    """Implements `Trends` on a data folder, read-only, also while a service writes it."""

    def __init__(self, data: Path, most_bytes: int = MOST_BYTES) -> None:
        self._data = data
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._numbers: dict[str, int] = {}

    def trend(self, point: str, from_ms: int, to_ms: int, most_points: int = 1000, gap_ms: int | None = None) -> Trend:
        step_of(from_ms, to_ms, most_points)  # a span that is none is told before anything is read
        try:
            rows, cut_at_ms = self._read(point, from_ms, to_ms)
        except (OSError, LogCorruptError, CodecError) as error:
            raise TrendError(f"the journal: {error}") from error
        return trend_of(point, from_ms, to_ms, most_points, gap_ms, rows, cut_at_ms)

    def close(self) -> None:
        """Nothing is held open."""

    def _number(self, point: str) -> int | None:
        with self._lock:
            if point not in self._numbers:
                self._numbers = dict(load_registry(self._data / REGISTRY).numbers)
            return self._numbers.get(point)

    def _read(self, point: str, from_ms: int, to_ms: int) -> tuple[Rows, int | None]:
        """(the point's readings, from when on they are whole if that is not `from_ms`)."""
        number = self._number(point)
        if number is None:
            return Rows.of([]), None
        first_ms, last_ms = from_ms - AHEAD_MS, to_ms + LATE_MS
        chosen: list[Segment] = []
        left, cut_at_ms = self._most_bytes, None
        next_ms = last_ms + 1
        for segment in reversed(list_segments(self._data / JOURNAL)):
            if next_ms <= first_ms:
                break
            size = segment.path.stat().st_size
            with segment.path.open("rb") as file:
                started_ms = read_started_ms(segment, file.fileno())
            if started_ms <= last_ms:
                if chosen and size > left:
                    cut_at_ms = next_ms
                    break
                chosen.append(segment)
                left -= size
            next_ms = started_ms
        parts = [
            stored(*piece)
            for segment in reversed(chosen)
            for piece in readings_of_point(segment, number, first_ms, last_ms, newest=segment is chosen[0])
        ]
        return Rows.of(parts), cut_at_ms


def trend_of(
    point: str, from_ms: int, to_ms: int, most_points: int, gap_ms: int | None, rows: Rows, cut_at_ms: int | None
) -> Trend:
    """What is drawn of readings that a log holds. TrendError for a span that is none."""
    most_points = min(most_points, MOST_POINTS)
    step_ms = step_of(from_ms, to_ms, most_points)
    at_ms = rows.at_ns // _NS_PER_MS
    rows = survivors(rows.where((at_ms >= from_ms) & (at_ms < to_ms)))
    few = len(rows) <= most_points
    drawn = _single(rows) if few else _grouped(roll_up(rows, step_ms))
    note = "" if cut_at_ms is None else "the journal is read no further back than this: the span is too long"
    trend = Trend(point, from_ms, to_ms, "raw", 0 if few else step_ms, "journal", cut_at_ms=cut_at_ms, note=note)
    return with_gaps(trend, drawn, gap_ms)


def stored(entry: I64, received_at_ms: I64, batch: Batch) -> Rows:
    """The readings as history keeps them; those of one entry at one millisecond are told apart as it does."""
    times, quality = stored_columns(batch, received_at_ms)
    kept, ordinal = tell_apart(entry, times, batch.value, quality)
    bad = quality == Quality.BAD
    at_ns = times * _NS_PER_MS + ordinal
    return Rows(batch.point, at_ns, np.where(bad, np.nan, batch.value), bad).where(kept)


def _single(rows: Rows) -> list[Drawn]:
    values = [None if np.isnan(value) else value for value in rows.value.tolist()]
    times, bad = (rows.at_ns // _NS_PER_MS).tolist(), rows.bad.astype(float).tolist()
    return [Drawn(at_ms, v, v, v, v, share) for at_ms, v, share in zip(times, values, bad, strict=True)]


def _grouped(b: Buckets) -> list[Drawn]:
    columns = (b.start_ms, b.low, b.mean, b.high, b.last, b.bad / b.readings, b.count)
    return [
        Drawn(at_ms, low, mean, high, last, bad) if count else Drawn(at_ms, None, None, None, None, bad)
        for at_ms, low, mean, high, last, bad, count in zip(*(column.tolist() for column in columns), strict=True)
    ]
