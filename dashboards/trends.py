"""Courses of readings with their limits, and what forecasts say of them: for a unit and for a point."""

from collections.abc import Sequence

from grafana_foundation_sdk.builders import table, timeseries

from dashboards.colours import ORANGE, RED, grades
from dashboards.influxql import IN_TIME, REAL, Query, series, where
from dashboards.influxql import table as rows_of
from dashboards.panels import WHEN, named
from dashboards.panels import Face as _Face
from dashboards.say import Say
from dashboards.tables import Column, rows

LEVELS = ("hh", "h", "l", "ll")


def level_words(say: Say) -> dict[str, str]:
    """What levels are called."""
    return {
        "hh": say("高高限 hh", "limit hh"),
        "h": say("高限 h", "limit h"),
        "l": say("低限 l", "limit l"),
        "ll": say("低低限 ll", "limit ll"),
    }


def limit_queries(*conditions: str) -> list[Query]:
    """The strictest limit of each level among the points that the conditions choose, as a line."""
    return [
        series(
            f'SELECT {"min" if level.startswith("h") else "max"}("{level}") FROM "limit" '
            f"WHERE {where(*conditions, IN_TIME)} GROUP BY time($__interval) fill(previous)",
            level,
            f"L{level}",
        )
        for level in LEVELS
    ]


def with_limits(say: Say, panel: timeseries.Panel) -> timeseries.Panel:
    """Draw the limits dashed, in the colour that their levels usually have, and name them."""
    for level, title in level_words(say).items():
        named(panel, level, title, RED if len(level) == 2 else ORANGE, dashed=True)
    return panel


def forecasts(say: Say, *conditions: str) -> table.Panel:
    """When forecasts say that a limit will be reached."""
    face = _Face(
        say("趋势预测", "Forecasts"),
        say(
            "趋势预测规则给出的预计到达时刻及其区间。来源：alarm。",
            "When a forecast says that the limit will be reached, and between when and when. From: alarm.",
        ),
        say("所选时间内没有预测告警", "No forecast in this time"),
    )
    fields = '"colour", "subject", "value", "limit", "forecast_at", "forecast_from", "forecast_to"'
    narrowed = where(REAL, '"forecast_at" > 0', *conditions, IN_TIME)
    text = f'SELECT {fields} FROM "alarm" WHERE {narrowed} ORDER BY time DESC LIMIT 200'
    columns = [
        Column("Time", say("判定时刻", "Said at"), "dateTimeAsIso", width=160),
        Column("colour", say("颜色", "Colour"), "none", words=grades(say), width=90),
        Column("subject", say("对象", "Subject")),
        Column("value", say("当时剩余", "Time left then"), "s", width=100, decimals=0),
        Column("limit", say("限值", "Limit"), "none", width=90, decimals=2),
        Column("forecast_at", say("预计到达", "Reached at"), WHEN, width=160),
        Column("forecast_from", say("最早", "At the earliest"), WHEN, width=160),
        Column("forecast_to", say("最晚", "At the latest"), WHEN, width=160),
    ]
    return rows(face, [rows_of(text)], columns, sort="Time")


def mean_by_point(*conditions: str) -> Sequence[Query]:
    """Usable readings of each point."""
    narrowed = where(*conditions, IN_TIME)
    text = f'SELECT mean("value") FROM "reading" WHERE {narrowed} GROUP BY time($__interval), "point" fill(none)'
    return [series(text, "$tag_point")]
