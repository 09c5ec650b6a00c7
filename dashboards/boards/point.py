"""One point: its course against its limits, how good its readings are, its alarms and forecasts."""

from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.models.common import GraphDrawStyle

from dashboards.annotations import alarms
from dashboards.board import Board
from dashboards.colours import BLUE, CALM, GOOD, INK, NO_DATA, ORANGE, RED, steps, words_for
from dashboards.influxql import IN_TIME, OF_ENTERPRISE, OF_POINT, OF_SUBJECT, REAL, last, series, where
from dashboards.influxql import table as rows_of
from dashboards.links import to
from dashboards.panels import Face, course, figure, named
from dashboards.say import Say
from dashboards.shared import alarm_history, alive
from dashboards.trends import forecasts, limit_queries, with_limits
from dashboards.variables import enterprise, minute_bucket, point, region, unit

SUBJECT = where(OF_ENTERPRISE, OF_SUBJECT)


def build(say: Say) -> Board:
    board = Board(
        "point",
        say,
        say("警钟 · 测点", "Tocsin · Point"),
        say("一个测点的趋势、限值、数据质量、告警与预测", "One point: trend, limits, quality, alarms, forecasts"),
        since="now-3h",
    )
    board.variable(region(say), enterprise(say, every=False), unit(say), point(say), minute_bucket(say))
    board.annotate(alarms(say, OF_ENTERPRISE, OF_SUBJECT))
    board.row(
        4, (5, _value(say)), (3, _symbol(say)), (4, _quality(say)), (5, _heard(say)), (4, _alarms(say)), (3, alive(say))
    )
    board.row(11, (24, _trend(say)))
    board.row(8, (24, _week(say)))
    board.row(7, (12, _counted(say)), (12, _bad(say)))
    board.row(9, (12, alarm_history(say, SUBJECT)), (12, forecasts(say, SUBJECT)))
    return board


def _value(say: Say) -> stat.Panel:
    face = Face(
        say("最近数值", "Last value"),
        say(
            "所选时间内最近的可用读数，单位见右侧。来源：reading。",
            "The last usable reading in the time shown; its unit stands beside. From: reading.",
        ),
        say("所选时间内没有可用读数", "no usable reading in this time"),
    )
    link = to(say, say("单元", "Unit"), "unit", enterprise="$enterprise", unit="$unit")
    return figure(face, series(last("reading", "value", OF_POINT), "value"), decimals=2, links=[link])


def _symbol(say: Say) -> stat.Panel:
    face = Face(
        say("计量单位", "Unit of measure"),
        say("站点配置中的计量单位。来源：limit。", "As the site folder says. From: limit."),
        say("未知", "not known"),
    )
    text = f'SELECT last("unit_symbol") AS "unit_symbol" FROM "limit" WHERE {where(OF_POINT, IN_TIME)}'
    return figure(face, rows_of(text), unit="string", field="unit_symbol")


def _quality(say: Say) -> stat.Panel:
    face = Face(
        say("数据质量", "Quality"),
        say("最近一次读数的质量。来源：reading。", "Quality of the last reading. From: reading."),
        say("所选时间内没有读数", "no reading in this time"),
    )
    words = words_for(
        {
            "0": (say("○ 好", "○ good"), GOOD),
            "1": (say("△ 存疑", "△ uncertain"), ORANGE),
            "2": (say("✖ 坏", "✖ bad"), RED),
        }
    )
    query = series(last("reading", "quality", OF_POINT), "quality")
    return figure(face, query, colours=steps(GOOD, (1, ORANGE), (2, RED)), words=[words], filled=True)


def _heard(say: Say) -> stat.Panel:
    face = Face(
        say("最近读数时刻", "Last reading"),
        say("最近一次读数的测量时刻。来源：reading。", "When the last reading was measured. From: reading."),
        say("所选时间内没有读数", "no reading in this time"),
    )
    return figure(face, rows_of(last("reading", "quality", OF_POINT)), unit="dateTimeFromNow", field="Time")


def _alarms(say: Say) -> stat.Panel:
    face = Face(
        say("时段内告警", "Alarms in this time"),
        say("所选时间内发生的告警数。来源：alarm_span。", "Alarms raised in the time shown. From: alarm_span."),
        "0",
    )
    text = f'SELECT count("alarm") FROM "alarm_span" WHERE {where(REAL, SUBJECT, IN_TIME)}'
    return figure(face, series(text, "n"), colours=steps(CALM, (1, ORANGE)), decimals=0)


def _trend(say: Say) -> timeseries.Panel:
    face = Face(
        say("趋势：$point", "Trend: $point"),
        say(
            "可用读数的均值、最小与最大值（按间隔）；虚线为限值；竖带为告警从发生到恢复。来源：reading、limit、alarm_span。",
            "Mean, lowest and highest usable reading of each interval. Dashed: limits. Bands: alarms from raised to "
            "cleared. From: reading, limit, alarm_span.",
        ),
        say("所选时间内没有可用读数", "no usable reading in this time"),
    )
    text = (
        'SELECT {}("value") FROM "reading" WHERE ' + where(OF_POINT, IN_TIME) + " GROUP BY time($__interval) fill(none)"
    )
    queries = [series(text.format(name), name, ref) for name, ref in (("mean", "A"), ("min", "B"), ("max", "C"))]
    panel = course(face, [*queries, *limit_queries(OF_POINT)], gap_ms=180_000)
    return with_limits(say, _three(say, panel))


def _week(say: Say) -> timeseries.Panel:
    face = Face(
        say("最近 7 天", "Last 7 days"),
        say(
            "按分钟汇总的均值、最小与最大值，与所选时间无关。来源：reading_1m。",
            "Mean, lowest and highest by the minute's roll-ups, whatever time is shown. From: reading_1m.",
        ),
        say("没有汇总数据", "no roll-ups"),
    )
    made_of = {"mean": 'sum("sum") / sum("count")', "min": 'min("min")', "max": 'max("max")'}
    narrowed = where(OF_POINT, IN_TIME)
    queries = [
        series(
            f'SELECT {made_of[name]} AS "{name}" FROM "$minute_bucket".."reading_1m" '
            f"WHERE {narrowed} GROUP BY time($__interval) fill(none)",
            name,
            ref,
        )
        for name, ref in (("mean", "A"), ("min", "B"), ("max", "C"))
    ]
    panel = course(face, queries, gap_ms=3_600_000).time_from("7d").interval("1m")
    return _three(say, panel)


def _three(say: Say, panel: timeseries.Panel) -> timeseries.Panel:
    named(panel, "mean", say("均值", "mean"), BLUE)
    named(panel, "min", say("最小", "lowest"), INK)
    return named(panel, "max", say("最大", "highest"), INK)


def _counted(say: Say) -> timeseries.Panel:
    face = Face(
        say("读数个数", "Readings"),
        say(
            "每个间隔内的读数个数，坏值也算。来源：reading。", "Readings in each interval, bad ones too. From: reading."
        ),
        say("所选时间内没有读数", "no reading in this time"),
    )
    text = f'SELECT count("quality") FROM "reading" WHERE {where(OF_POINT, IN_TIME)} GROUP BY time($__interval) fill(0)'
    name = say("读数", "readings")
    return named(course(face, [series(text, name)], style=GraphDrawStyle.BARS, low=0), name, name, INK)


def _bad(say: Say) -> timeseries.Panel:
    face = Face(
        say("坏值与存疑", "Bad and uncertain readings"),
        say(
            "每个间隔内的坏值和存疑读数个数。来源：reading。",
            "Bad and uncertain readings in each interval. From: reading.",
        ),
        say("所选时间内没有坏值", "none in this time"),
    )
    queries = []
    for name, number, ref in (("bad", 2, "A"), ("uncertain", 1, "B")):
        narrowed = where(OF_POINT, f'"quality" = {number}', IN_TIME)
        text = f'SELECT count("quality") FROM "reading" WHERE {narrowed} GROUP BY time($__interval) fill(0)'
        queries.append(series(text, name, ref))
    panel = course(face, queries, style=GraphDrawStyle.BARS, stacked=True, low=0)
    named(panel, "bad", say("坏值", "bad"), RED)
    return named(panel, "uncertain", say("存疑", "uncertain"), NO_DATA)
