"""Trends out of the logs of a cluster's shards, where InfluxDB is not there: no further than is bearable."""

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final

import numpy as np

from plant.batch import Batch
from plant.entries import Readings
from plant.quality import AHEAD_MS
from tocsin.history.buckets import Rows
from tocsin.history.journal_trends import LATE_MS, stored, trend_of
from tocsin.history.query import Trend, TrendError
from tocsin.records import UNREADABLE, Records
from tocsin.records.parts import LogPart, TimedLog

MOST_READINGS: Final = 5_000_000
"""A trend reads no more of a log than this, of all its points, the newest part of its span: a few seconds' work."""
_ENTRIES: Final = 500


class LogTrends:
    """Implements `Trends`; one is read at a time."""

    def __init__(self, records: Records, most_readings: int = MOST_READINGS) -> None:
        """Nothing is opened yet."""
        self._records = records
        self._most_readings = most_readings
        self._lock = threading.Lock()
        self._held = ExitStack()
        self._parts: Sequence[LogPart] = ()

    def trend(self, point: str, from_ms: int, to_ms: int, most_points: int = 1000, gap_ms: int | None = None) -> Trend:
        with self._lock:
            try:
                rows, cut_at_ms = self._read(point, from_ms - AHEAD_MS, to_ms + LATE_MS)
            except UNREADABLE as error:
                raise TrendError(f"the log: {error}") from error
        return trend_of(point, from_ms, to_ms, most_points, gap_ms, rows, cut_at_ms)

    def close(self) -> None:
        with self._lock:
            self._parts = ()
            self._held.close()

    def _read(self, point: str, first_ms: int, last_ms: int) -> tuple[Rows, int | None]:
        """(the point's readings, from when on they are whole if that is not the beginning of the span)."""
        there = self._records.configured().site.points.get(point)
        number = self._records.registry().number_of(point)
        if there is None or number is None:
            return Rows.of([]), None
        if not self._parts:
            self._parts = self._held.enter_context(self._records.parts())
        log = next(part.log for part in self._parts if part.has(there.enterprise))
        start = max(log.first, log.position_at(first_ms))
        at = log.position_at(last_ms + 1)
        pieces: list[Rows] = []
        readings, cut_at_ms = 0, None
        while at > start and cut_at_ms is None:
            begin = max(start, at - _ENTRIES)
            piece, count, began_ms = _piece(log, begin, at, number)
            pieces.append(piece)
            readings += count
            if readings >= self._most_readings and begin > start:
                cut_at_ms = began_ms
            at = begin
        return Rows.of(pieces[::-1]), cut_at_ms


def _piece(log: TimedLog, begin: int, end: int, number: int) -> tuple[Rows, int, int | None]:
    """(the point's readings in these entries, how many of all points there are, when the first entry came)."""
    batches: list[Batch] = []
    positions: list[int] = []
    times: list[int] = []
    count, began_ms = 0, None
    for position, entry in log.read(begin, end):
        began_ms = entry.received_at_ms if began_ms is None else began_ms
        if isinstance(entry, Readings):
            count += len(entry.batch)
            mine = entry.batch.select(entry.batch.point == number)
            batches.append(mine)
            positions += [position] * len(mine)
            times += [entry.received_at_ms] * len(mine)
    if not positions:
        return Rows.of([]), count, began_ms
    batch = Batch(
        np.concatenate([b.point for b in batches]),
        np.concatenate([b.measured_at_ms for b in batches]),
        np.concatenate([b.value for b in batches]),
        np.concatenate([b.quality for b in batches]),
    )
    return stored(np.array(positions, dtype=np.int64), np.array(times, dtype=np.int64), batch), count, began_ms
