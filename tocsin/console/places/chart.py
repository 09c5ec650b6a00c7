"""A trend as an ECharts option: the line with its spread, limits, bands of alarms, and the forecast (pure)."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from alerts.record import AlarmRecord
from alerts.wording.figures import figure
from tocsin.centre.rules_of import LevelLimit
from tocsin.console.colours import colour_of
from tocsin.console.words import Words
from tocsin.history.query import Trend

_LINE: Final = "#2f7fb8"
_MOST_BANDS: Final = 200
LEVELS: Final = {"ll": "LL", "l": "L", "h": "H", "hh": "HH"}


class Statistics(NamedTuple):
    """Of what a trend shows, in the point's unit; None where it shows nothing."""

    low: float | None
    mean: float | None
    high: float | None
    last: float | None
    bad: float
    """The share of bad readings, 0 to 1."""
    beyond: float | None
    """The share of rows that reach a limit; None without limits or rows."""


def statistics(trend: Trend, limits: Sequence[LevelLimit]) -> Statistics:
    """Rows count alike: those of a trend are of one length."""
    lows = [v for v in trend.low if v is not None]
    highs = [v for v in trend.high if v is not None]
    means = [v for v in trend.mean if v is not None]
    lasts = [v for v in trend.last if v is not None]
    bad = sum(trend.bad) / len(trend.bad) if trend.bad else 0.0
    beyond = None
    if limits and lows:
        rows = [
            (low, high) for low, high in zip(trend.low, trend.high, strict=True) if low is not None and high is not None
        ]
        beyond = sum(any(_reaches(row, limit) for limit in limits) for row in rows) / len(rows)
    return Statistics(
        min(lows, default=None),
        sum(means) / len(means) if means else None,
        max(highs, default=None),
        lasts[-1] if lasts else None,
        bad,
        beyond,
    )


def trend_option(
    trend: Trend,
    limits: Sequence[LevelLimit],
    alarms: Sequence[AlarmRecord],
    words: Words,
    symbol: str,
    now_ms: int,
) -> dict[str, Any]:
    """The option; texts and lines get the colours of the ground that they stand on in the browser."""
    averaged = trend.step_ms > 0
    line = list(zip(trend.at_ms, trend.mean if averaged else trend.last, strict=True))
    series: list[dict[str, Any]] = []
    if averaged:
        spread = [None if lo is None or hi is None else hi - lo for lo, hi in zip(trend.low, trend.high, strict=True)]
        floor = {"lineStyle": {"opacity": 0}, "symbol": "none", "stack": "spread", "silent": True, "type": "line"}
        series.append({**floor, "id": "low", "data": list(zip(trend.at_ms, trend.low, strict=True))})
        area = {"areaStyle": {"color": _LINE, "opacity": 0.25}, "name": words["spread"]}
        series.append({**floor, **area, "id": "spread", "data": list(zip(trend.at_ms, spread, strict=True))})
    series.append(
        {
            "id": "value",
            "name": words["mean"] if averaged else words["value"],
            "type": "line",
            "symbol": "none",
            "step": False if averaged else "end",
            "connectNulls": False,
            "lineStyle": {"color": _LINE, "width": 1.6},
            "itemStyle": {"color": _LINE},
            "data": line,
            "markLine": {
                "silent": True,
                "symbol": "none",
                "data": [_limit_line(limit, symbol) for limit in limits],
            },
            "markArea": {
                "silent": True,
                "data": [_band(a, trend, words, now_ms) for a in alarms if _overlaps(a, trend)][:_MOST_BANDS],
            },
        }
    )
    coming = _forecasts(trend, alarms, words)
    to_ms = max([trend.to_ms, *(int(f["data"][-1][0]) for f in coming)])
    return {
        "animation": False,
        "aria": {"enabled": True},
        "grid": {"left": 56, "right": 74, "top": 20, "bottom": 44 if trend.step_ms else 30},
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": {"type": "time", "min": trend.from_ms, "max": to_ms, "axisLabel": {"hideOverlap": True}},
        "yAxis": {
            "type": "value",
            "name": symbol,
            "axisLabel": {"showMinLabel": False, "showMaxLabel": False},
            **_shown_span(trend, limits),
        },
        "dataZoom": [{"type": "inside", "filterMode": "none"}],
        "series": [*series, *coming],
    }


def _shown_span(trend: Trend, limits: Sequence[LevelLimit]) -> dict[str, float]:
    """So that the limits next to the line are on the chart; one far off would press the line flat."""
    values = [v for v in (*trend.low, *trend.high) if v is not None]
    if not values:
        values = [limit.limit for limit in limits]
    if not values:
        return {}
    low, high = min(values), max(values)
    reach = 3 * max(high - low, abs(high) * 0.25, 1e-9)
    near = [limit.limit for limit in limits if low - reach <= limit.limit <= high + reach]
    low, high = min([low, *near]), max([high, *near])
    margin = (high - low or abs(high) or 1.0) * 0.06
    least = low - margin if low < 0 or low > margin else 0.0
    return {"min": _rounded(least), "max": _rounded(high + margin)}


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _reaches(row: tuple[float, float], limit: LevelLimit) -> bool:
    return row[1] >= limit.limit if limit.level in ("h", "hh") else row[0] <= limit.limit


def _limit_line(limit: LevelLimit, symbol: str) -> dict[str, Any]:
    colour = colour_of(limit.severity)
    said = f"{colour.shape} {LEVELS[limit.level]} {figure(limit.limit)}"
    return {
        "yAxis": limit.limit,
        "lineStyle": {"color": colour.fill, "type": "solid" if limit.level in ("ll", "hh") else "dashed", "width": 1.5},
        "label": {"formatter": said, "position": "end", "distance": 4},
    }


def _overlaps(alarm: AlarmRecord, trend: Trend) -> bool:
    ended_ms = alarm.cleared_at if alarm.cleared_at is not None else trend.to_ms
    return alarm.raised_at < trend.to_ms and ended_ms >= trend.from_ms


def _band(alarm: AlarmRecord, trend: Trend, words: Words, now_ms: int) -> list[dict[str, Any]]:
    colour = colour_of(alarm.worst_severity)
    end_ms = alarm.cleared_at if alarm.cleared_at is not None else max(now_ms, alarm.raised_at)
    return [
        {
            "xAxis": max(alarm.raised_at, trend.from_ms),
            "itemStyle": {"color": colour.fill, "opacity": 0.18},
            "label": {"show": True, "formatter": colour.shape, "position": "insideTop"},
            "name": f"{colour.word(words.language)} {alarm.rule}",
        },
        {"xAxis": min(end_ms, trend.to_ms)},
    ]


def _forecasts(trend: Trend, alarms: Sequence[AlarmRecord], words: Words) -> list[dict[str, Any]]:
    """From the last value to where, and when, an open forecast alarm says that the line will be."""
    lasts = [(at, value) for at, value in zip(trend.at_ms, trend.last, strict=True) if value is not None]
    found = []
    for alarm in alarms:
        crossing = alarm.forecast
        if crossing is None or alarm.cleared_at is not None or alarm.limit is None or not lasts:
            continue
        if crossing.at <= lasts[-1][0]:
            continue
        colour = colour_of(alarm.severity)
        found.append(
            {
                "id": f"forecast-{alarm.alarm}",
                "name": words["forecast"],
                "type": "line",
                "symbolSize": 9,
                "symbol": "diamond",
                "lineStyle": {"color": colour.fill, "type": "dotted", "width": 2},
                "itemStyle": {"color": colour.fill},
                "data": [lasts[-1], (crossing.at, alarm.limit)],
            }
        )
    return found
