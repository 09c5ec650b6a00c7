"""Trends of points in sight, from history or the journal; gaps as the point's period says."""

import threading
from typing import Final

from plant.mistakes import InputError
from tocsin.accounts.roles import Principal
from tocsin.centre.errors import UnavailableError
from tocsin.centre.places import SitePlaces
from tocsin.clock import Clock
from tocsin.followers.influx.settings import InfluxSettings
from tocsin.history.query import MOST_POINTS, Trend, TrendError, Trends
from tocsin.history.trends import open_trends
from tocsin.records import Records

_GAP_PERIODS: Final = 3


class PointTrends:
    """Thread-safe; blocks for as long as history needs."""

    def __init__(self, places: SitePlaces, influx: InfluxSettings | None, records: Records, clock: Clock) -> None:
        self._places = places
        self._from = influx, records, clock
        self._lock = threading.Lock()
        self._opened: Trends | None = None

    def trend(self, principal: Principal, point: str, from_ms: int, to_ms: int, most_points: int = 1000) -> Trend:
        """[from_ms, to_ms) of a point, in about `most_points` rows. NotFoundError; ValueError for a span that is none;
        UnavailableError: no trend can be had now, the text says why.
        """
        found, _ = self._places.point(principal, point)
        if not 2 <= most_points <= MOST_POINTS:
            raise ValueError(f"most_points is {most_points}, allowed are 2 to {MOST_POINTS}")
        gap_ms = None if found.report == "on_change" else round(_GAP_PERIODS * found.period_s * 1000)
        try:
            return self._trends().trend(point, from_ms, to_ms, most_points, gap_ms)
        except (TrendError, InputError) as error:
            raise UnavailableError(str(error)) from error

    def close(self) -> None:
        """Free connections."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def _trends(self) -> Trends:
        """Opened when somebody asks first: the token may be put there later than the console starts."""
        with self._lock:
            if self._opened is None:
                influx, records, clock = self._from
                self._opened = open_trends(influx, records, clock)
            return self._opened
