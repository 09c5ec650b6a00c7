"""Which trends a console or the API gets: out of InfluxDB, and out of the journal while that can't answer."""

import threading
from dataclasses import replace
from typing import Final

from tocsin.clock import Clock
from tocsin.followers.influx.settings import InfluxSettings, read_token
from tocsin.history.influx_trends import InfluxTrends
from tocsin.history.journal_trends import JournalTrends
from tocsin.history.log_trends import LogTrends
from tocsin.history.query import Trend, TrendError, Trends
from tocsin.records import FolderRecords, Records

_LEAVE_ALONE_S: Final = 15.0
"""How long a server that did not answer is not asked again: people wait for each of its timeouts."""


def open_trends(influx: InfluxSettings | None, records: Records, clock: Clock) -> Trends:
    """The trends of a service or a cluster. InputError if InfluxDB's token can't be read."""
    journal: Trends = JournalTrends(records.data) if isinstance(records, FolderRecords) else LogTrends(records)
    if influx is None:
        return journal
    return EitherTrends(InfluxTrends(influx, read_token(influx.token_file)), journal, clock)


class EitherTrends:
    """Implements `Trends`: asks the first; where it can't answer, the second, and says so."""

    def __init__(self, first: Trends, second: Trends, clock: Clock) -> None:
        self._first = first
        self._second = second
        self._clock = clock
        self._lock = threading.Lock()
        self._not_before_s = 0.0
        self._trouble = ""

    def trend(self, point: str, from_ms: int, to_ms: int, most_points: int = 1000, gap_ms: int | None = None) -> Trend:
        with self._lock:
            trouble = self._trouble if self._clock.monotonic_s() < self._not_before_s else ""
        if not trouble:
            try:
                return self._first.trend(point, from_ms, to_ms, most_points, gap_ms)
            except TrendError as error:
                trouble = str(error)
                with self._lock:
                    self._trouble, self._not_before_s = trouble, self._clock.monotonic_s() + _LEAVE_ALONE_S
        try:
            trend = self._second.trend(point, from_ms, to_ms, most_points, gap_ms)
        except TrendError as error:
            raise TrendError(f"{trouble}; {error}") from error
        note = "; ".join(filter(None, (f"from the journal, for history does not answer ({trouble})", trend.note)))
        return replace(trend, note=note)

    def close(self) -> None:
        self._first.close()
        self._second.close()
