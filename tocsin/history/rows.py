"""Rows of a trend, however they were found: how wide they are, and where the gaps between them stand (pure)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from tocsin.history.buckets import HOUR_MS
from tocsin.history.query import Trend

_STEPS_S: Final = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 14400, 21600, 43200)
_DAY_MS: Final = 24 * HOUR_MS


class Drawn(NamedTuple):
    """A row; None where there is no value. `bad` is the share of bad readings."""

    at_ms: int
    low: float | None
    mean: float | None
    high: float | None
    last: float | None
    bad: float


def step_of(from_ms: int, to_ms: int, most_points: int) -> int:
    """The narrowest usual width in ms that gives no more than `most_points` spans. ValueError as `Trends` says."""
    if to_ms <= from_ms:
        raise ValueError("a trend must end after it begins")
    if most_points < 2:
        raise ValueError("a trend has at least two points")
    needed_ms = (to_ms - from_ms) / most_points
    if needed_ms <= 1000:
        # Below a second: whole parts of it.
        return next(ms for ms in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if ms >= needed_ms)
    for step_s in _STEPS_S:
        if step_s * 1000 >= needed_ms:
            return step_s * 1000
    return -int(-needed_ms // _DAY_MS) * _DAY_MS


def with_gaps(trend: Trend, rows: Sequence[Drawn], gap_ms: int | None) -> Trend:
    """The trend with these rows, and one row of None in the middle of each gap.

    Rows that have a width are apart where a whole span lies between them, and more than `gap_ms`.
    """
    found: list[Drawn] = []
    limit_ms = None if gap_ms is None else max(gap_ms, trend.step_ms)
    for row in rows:
        if limit_ms is not None and found and row.at_ms - found[-1].at_ms > limit_ms:
            found.append(Drawn((row.at_ms + found[-1].at_ms) // 2, None, None, None, None, 0.0))
        found.append(row)
    columns = list(zip(*found, strict=True)) or [()] * 6
    at_ms, low, mean, high, last, bad = (list(column) for column in columns)
    return replace(trend, at_ms=at_ms, low=low, mean=mean, high=high, last=last, bad=bad)
