"""Trends out of InfluxDB: from the series whose spans suit the number of rows that are asked for."""

from collections.abc import Sequence
from typing import Any, Final

from tocsin.followers.influx.settings import InfluxSettings
from tocsin.history.buckets import HOUR_MS, MINUTE_MS
from tocsin.history.influxql import InfluxQl, QueryError, literal
from tocsin.history.query import MOST_POINTS, Resolution, Trend, TrendError
from tocsin.history.rows import Drawn, step_of, with_gaps

_NS_PER_MS: Final = 1_000_000

_RAW_WITHIN_MS: Final = 6 * HOUR_MS

_RAW: Final = "SELECT min(value), mean(value), max(value), last(value), count(quality) FROM reading"
_SINGLE: Final = "SELECT value, quality FROM reading"
_BAD: Final = "SELECT count(quality) FROM reading"
_ROLLED: Final = (
    'SELECT min("min") AS min, sum("sum") AS total, sum("count") AS n, max("max") AS max, last("last") AS last,'
    " sum(readings) AS readings, mean(bad) AS bad FROM "
)


class InfluxTrends:
    """Implements `Trends`. Roll-ups are behind by a minute or so: what they lack at the end is read raw."""

    def __init__(self, settings: InfluxSettings, token: str, timeout_s: float = 10.0) -> None:
        self._asked = InfluxQl(settings, token, timeout_s)
        self._settings = settings

    def trend(self, point: str, from_ms: int, to_ms: int, most_points: int = 1000, gap_ms: int | None = None) -> Trend:
        most_points = min(most_points, MOST_POINTS)
        step_ms = step_of(from_ms, to_ms, most_points)
        try:
            resolution, rows, step_ms = self._rows(point, from_ms, to_ms, step_ms, most_points)
        except QueryError as error:
            raise TrendError(f"InfluxDB: {error}") from error
        trend = Trend(point, from_ms, to_ms, resolution, step_ms, "influx")
        return with_gaps(trend, rows, gap_ms)

    def close(self) -> None:
        self._asked.close()

    def _rows(
        self, point: str, from_ms: int, to_ms: int, step_ms: int, most_points: int
    ) -> tuple[Resolution, list[Drawn], int]:
        if self._settings.rollups and step_ms >= HOUR_MS:
            rows = self._hours(point, from_ms, to_ms, step_ms)
            if rows:
                return "hour", rows, step_ms
        if self._settings.rollups and step_ms >= MINUTE_MS:
            rows = self._minutes(point, from_ms, to_ms, step_ms)
            if rows:
                return "minute", rows, step_ms
        few = self._single(point, from_ms, to_ms, most_points + 1)
        if len(few) <= most_points:
            return "raw", few, 0
        return "raw", self._grouped(point, from_ms, to_ms, step_ms), step_ms

    def _hours(self, point: str, from_ms: int, to_ms: int, step_ms: int) -> list[Drawn]:
        """The last row is made of minutes: an hour is written when it is over."""
        rows = self._rolled(self._settings.of_hours, "reading_1h", point, from_ms, to_ms, step_ms)
        return rows[:-1] + self._minutes(point, max(rows[-1].at_ms, from_ms), to_ms, step_ms) if rows else []

    def _minutes(self, point: str, from_ms: int, to_ms: int, step_ms: int) -> list[Drawn]:
        """The last row is made of raw readings, unless these would be too many: then it lacks a minute or two."""
        rows = self._rolled(self._settings.of_minutes, "reading_1m", point, from_ms, to_ms, step_ms)
        if not rows or step_ms > _RAW_WITHIN_MS:
            return rows
        return rows[:-1] + self._grouped(point, max(rows[-1].at_ms, from_ms), to_ms, step_ms)

    def _rolled(self, bucket: str, measurement: str, point: str, from_ms: int, to_ms: int, step_ms: int) -> list[Drawn]:
        ask = f"{_ROLLED}{measurement}{_where(point, from_ms, to_ms)} GROUP BY time({step_ms}ms) fill(none)"
        return [
            Drawn(_ms(row), row[1], row[2] / row[3] if row[3] else None, row[4], row[5], row[7] or 0.0)
            for row in self._values(bucket, ask)
            if row[6]
        ]

    def _single(self, point: str, from_ms: int, to_ms: int, limit: int) -> list[Drawn]:
        ask = f"{_SINGLE}{_where(point, from_ms, to_ms)} LIMIT {limit}"
        return [
            Drawn(_ms(row), row[1], row[1], row[1], row[1], 1.0 if row[2] == 2 else 0.0)
            for row in self._values(self._settings.bucket, ask)
        ]

    def _grouped(self, point: str, from_ms: int, to_ms: int, step_ms: int) -> list[Drawn]:
        where, group = _where(point, from_ms, to_ms), f" GROUP BY time({step_ms}ms) fill(none)"
        bucket = self._settings.bucket
        bad = {_ms(row): row[1] for row in self._values(bucket, f"{_BAD}{where} AND quality = 2{group}")}
        rows = self._values(bucket, f"{_RAW}{where}{group}")
        return [
            Drawn(at_ms, low, mean, high, last, bad.get(at_ms, 0) / readings if readings else 0.0)
            for at_ms, (_, low, mean, high, last, readings) in ((_ms(row), row) for row in rows)
        ]

    def _values(self, bucket: str, statement: str) -> list[Sequence[Any]]:
        return [row for series in self._asked.ask(bucket, statement) for row in series.values]


def _where(point: str, from_ms: int, to_ms: int) -> str:
    return f" WHERE point = {literal(point)} AND time >= {from_ms}ms AND time < {to_ms}ms"


def _ms(row: Sequence[Any]) -> int:
    return int(row[0]) // _NS_PER_MS
