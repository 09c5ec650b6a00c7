"""Trends of points in sight, from history or the journal; gaps as the point's period says."""

from typing import Final

from tocsin.accounts.roles import Principal
from tocsin.centre.errors import UnavailableError
from tocsin.centre.places import SitePlaces
from tocsin.history.query import MOST_POINTS, Trend, TrendError, Trends

_GAP_PERIODS: Final = 3


class PointTrends:
    """Thread-safe; blocks for as long as history needs."""

    def __init__(self, places: SitePlaces, trends: Trends) -> None:
        self._places = places
        self._trends = trends

    def trend(self, principal: Principal, point: str, from_ms: int, to_ms: int, most_points: int = 1000) -> Trend:
        """[from_ms, to_ms) of a point, in about `most_points` rows. NotFoundError; ValueError for a span that is none;
        UnavailableError: no trend can be had now, the text says why.
        """
        found, _ = self._places.point(principal, point)
        if not 2 <= most_points <= MOST_POINTS:
            raise ValueError(f"most_points is {most_points}, allowed are 2 to {MOST_POINTS}")
        gap_ms = None if found.report == "on_change" else round(_GAP_PERIODS * found.period_s * 1000)
        try:
            return self._trends.trend(point, from_ms, to_ms, most_points, gap_ms)
        except TrendError as error:
            raise UnavailableError(str(error)) from error

    def close(self) -> None:
        self._trends.close()
