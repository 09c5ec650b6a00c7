"""Whether what is stored is what was taken in: readings, values and their sum, of every point and hour."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np

from tocsin.followers.cursor import CursorFile
from tocsin.followers.influx.settings import InfluxSettings
from tocsin.history.buckets import HOUR_MS, Buckets, Rows, merge, roll_up
from tocsin.history.influxql import InfluxQl
from tocsin.history.rollup import RollUps
from tocsin.history.walk import Advance, Span, Walk
from tocsin.log.layout import FOLLOWERS

Series = Literal["reading", "reading_1m", "reading_1h"]

_NS_PER_HOUR: Final = HOUR_MS * 1_000_000
_RELATIVE: Final = 1e-9
"""Sums are added up in another order there."""

_RAW: Final = "SELECT count(quality) AS readings, count(value) AS n, sum(value) AS total FROM reading"
_MINUTES: Final = 'SELECT sum(readings) AS readings, sum("count") AS n, sum("sum") AS total FROM reading_1m'
_HOURS: Final = 'SELECT sum(readings) AS readings, sum("count") AS n, sum("sum") AS total FROM reading_1h'


class Amount(NamedTuple):
    """Readings, values among them that are not bad, and the sum of these."""

    readings: int = 0
    values: int = 0
    total: float = 0.0

    def equals(self, other: "Amount") -> bool:
        close = math.isclose(self.total, other.total, rel_tol=_RELATIVE, abs_tol=_RELATIVE * max(1, self.values))
        return self.readings == other.readings and self.values == other.values and close


class Difference(NamedTuple):
    """A point and hour of which the store has something else than the journal."""

    series: Series
    point: str
    hour_ms: int
    taken: Amount
    stored: Amount


class Check:
    """One data folder held against the buckets of the settings; nothing is written."""

    def __init__(self, data: Path, asked: InfluxQl, ids: Sequence[str], settings: InfluxSettings) -> None:
        """`ids` are the registry's point ids in the order of their numbers."""
        self._walk = Walk(data)
        self._cursor = CursorFile(data / FOLLOWERS / "influx.cursor")
        self._asked = asked
        self._ids = ids
        self._settings = settings
        self._wait_ms = round(settings.rollup_wait_s * 1000)

    def span(self, from_ms: int | None, to_ms: int | None) -> Span:
        """The whole hours that can be checked, up to where the follower has got. ValueError if there are none."""
        cursor = self._cursor.load()
        return self._walk.span(
            from_ms, to_ms, self._walk.reader.end if cursor is None else cursor.position, self._wait_ms
        )

    def differences(self, span: Span, advance: Advance) -> Iterator[Difference]:
        """In the order of hours. QueryError where the store does not answer."""
        taken = self._taken(span, advance)
        series: list[tuple[Series, str, str]] = [("reading", self._settings.bucket, _RAW)]
        if self._settings.rollups:
            series += [
                ("reading_1m", self._settings.of_minutes, _MINUTES),
                ("reading_1h", self._settings.of_hours, _HOURS),
            ]
        for hour_ms in span.hours:
            of_hour = taken.where(taken.start_ms == hour_ms)
            wanted = {
                self._ids[point]: Amount(readings, count, total)
                for point, readings, count, total in zip(
                    of_hour.point.tolist(),
                    of_hour.readings.tolist(),
                    of_hour.count.tolist(),
                    of_hour.total.tolist(),
                    strict=True,
                )
            }
            for name, bucket, select in series:
                stored = self._stored(bucket, select, hour_ms)
                for point in sorted(wanted.keys() | stored.keys()):
                    one, other = wanted.get(point, Amount()), stored.get(point, Amount())
                    if not one.equals(other):
                        yield Difference(name, point, hour_ms, one, other)

    def _taken(self, span: Span, advance: Advance) -> Buckets:
        """What the journal comes to, by point and hour."""
        rollups = RollUps(span.from_ms)
        hours: list[Buckets] = []
        for position, clock_ms, entry, rows in self._walk.entries(span, span.start, advance):
            upto_ms = rollups.due(clock_ms, self._wait_ms)
            if upto_ms is not None and rollups.closed_ms < span.to_ms:
                hours.append(rollups.close(min(upto_ms, span.to_ms)).hours)
            if entry is not None:
                rollups.take_rows(position, rows)
        if rollups.closed_ms < span.to_ms:
            hours.append(rollups.close(span.to_ms).hours)
        whole = Buckets.of(hours)
        if not rollups.late:
            return whole
        late = np.array([_key(point, hour_ms) for point, hour_ms in rollups.late], np.int64)
        parts = [
            rows.where(found)
            for _, _, entry, rows in self._walk.entries(span, span.start, advance)
            if entry is not None and (found := np.isin(_keys(rows), late)).any()
        ]
        again = roll_up(Rows.of(parts), HOUR_MS)
        return merge(Buckets.of([whole.where(~np.isin(whole.key(), again.key())), again]), HOUR_MS)

    def _stored(self, bucket: str, select: str, hour_ms: int) -> dict[str, Amount]:
        where = f" WHERE time >= {hour_ms}ms AND time < {hour_ms + HOUR_MS}ms GROUP BY point"
        return {
            series.tags["point"]: Amount(int(row[1] or 0), int(row[2] or 0), float(row[3] or 0.0))
            for series in self._asked.ask(bucket, select + where)
            for row in series.values
        }


def _key(point: int, hour_ms: int) -> int:
    return point << 32 | hour_ms // HOUR_MS


def _keys(rows: Rows) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    keys: np.ndarray[tuple[int], np.dtype[np.int64]] = rows.point.astype(np.int64) << 32 | rows.at_ns // _NS_PER_HOUR
    return keys
