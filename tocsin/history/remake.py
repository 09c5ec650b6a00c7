"""What came too late for its minute, read again from the raw readings that are stored."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Final, Protocol

import numpy as np

from tocsin.history.buckets import HOUR_MS, Rows
from tocsin.history.influxql import InfluxQl, QueryError, literal
from tocsin.history.rollup import PointHour

_POINTS_AT_ONCE: Final = 50
"""So that an answer stays at some 10 MB with a reading a second."""

_DAY_MS: Final = 86_400_000


class StoredRows(Protocol):
    def rows(self, points: Sequence[int], from_ms: int, to_ms: int) -> Rows:
        """The raw readings of these points within [from_ms, to_ms). QueryError where nobody answers."""


class InfluxRows:
    """Asks InfluxDB. `ids` are the registry's point ids in the order of their numbers."""

    def __init__(self, asked: InfluxQl, bucket: str, ids: Sequence[str]) -> None:
        self._asked = asked
        self._bucket = bucket
        self._ids = ids

    def rows(self, points: Sequence[int], from_ms: int, to_ms: int) -> Rows:
        number = {self._ids[point]: point for point in points if point < len(self._ids)}
        any_of = " OR ".join(f"point = {literal(name)}" for name in number)
        span = f"time >= {from_ms}ms AND time < {to_ms}ms"
        found = self._asked.ask(
            self._bucket,
            f"SELECT value, quality FROM reading WHERE ({any_of}) AND {span} GROUP BY point",  # noqa: S608 - escaped
        )
        parts = []
        for series in found:
            n = len(series.values)
            parts.append(
                Rows(
                    np.full(n, number[series.tags["point"]], np.uint32),
                    np.array(series.column("time"), np.int64),
                    np.array(series.column("value"), np.float64),
                    np.array(series.column("quality"), np.int64) == 2,
                )
            )
        return Rows.of(parts)


class Remake:
    """Goes through what is late; keeps count of what went wrong."""

    def __init__(self, stored: StoredRows, raw_days: int) -> None:
        self._stored = stored
        self._raw_ms = raw_days * _DAY_MS
        self.failures = 0
        self.trouble = ""

    def rows(self, late: Collection[PointHour], clock_ms: int) -> Iterator[tuple[set[PointHour], Rows]]:
        """The stored rows of what is late, a part at a time. It ends early where the store can't be read.

        An hour of which the raw readings may have expired gives no rows: nothing must be made anew of a part.
        """
        by_hour = defaultdict(list)
        for point, hour_ms in late:
            by_hour[hour_ms].append(point)
        for hour_ms, points in sorted(by_hour.items()):
            expired = self._raw_ms > 0 and hour_ms < clock_ms - self._raw_ms + HOUR_MS
            for start in range(0, len(points), _POINTS_AT_ONCE):
                some = points[start : start + _POINTS_AT_ONCE]
                try:
                    rows = Rows.of([]) if expired else self._stored.rows(some, hour_ms, hour_ms + HOUR_MS)
                except QueryError as error:
                    self.failures += 1
                    self.trouble = f"what came late can't be rolled up: {error}"
                    return
                yield {(point, hour_ms) for point in some}, rows
        self.trouble = ""
