"""One unit: its readings against their limits, its alarms as bands, forecasts, and every point with its last value."""

from grafana_foundation_sdk.builders import stat, statetimeline, table, timeseries

from dashboards.annotations import alarms
from dashboards.board import Board
from dashboards.colours import CALM, ORANGE, RED, grade_steps, grades, words_for
from dashboards.head import colour_of, counts_of, inherent_of, name_of
from dashboards.influxql import IN_TIME, OF_ENTERPRISE, OF_UNIT, series, where
from dashboards.influxql import table as rows_of
from dashboards.links import field, in_cell, to
from dashboards.panels import Face, course, states
from dashboards.say import Say
from dashboards.shared import active_list, alarm_history, alive
from dashboards.tables import Column, joined_by, rows
from dashboards.trends import forecasts, limit_queries, mean_by_point, with_limits
from dashboards.variables import enterprise, kind, region, unit

HERE = '"kind" = \'unit\' AND "place" =~ /^$unit$/'
OF_KIND = '"kind" =~ /^$kind$/'


def build(say: Say) -> Board:
    board = Board(
        "unit",
        say,
        say("警钟 · 单元", "Tocsin · Unit"),
        say("一个单元的趋势、限值、告警区间与预测", "One unit: trends with limits, alarms as bands, forecasts"),
        since="now-3h",
    )
    board.variable(region(say), enterprise(say, every=False), unit(say), kind(say))
    board.annotate(alarms(say, OF_ENTERPRISE, OF_UNIT))
    board.row(
        4,
        (5, _name(say)),
        (4, colour_of(say, HERE)),
        (4, inherent_of(say, HERE, "单元")),
        *counts_of(say, HERE),
        (3, alive(say)),
    )
    board.row(10, (24, _trend(say)))
    board.row(5, (24, _bands(say)))
    board.row(9, (12, _points(say)), (12, forecasts(say, OF_ENTERPRISE, OF_UNIT)))
    board.row(9, (12, active_list(say, OF_ENTERPRISE, OF_UNIT)), (12, alarm_history(say, OF_ENTERPRISE, OF_UNIT)))
    return board


def _name(say: Say) -> stat.Panel:
    face = Face(
        say("单元名称", "Name"),
        say("站点配置中的名称。来源：risk。", "As the site folder calls it. From: risk."),
        say("没有这个单元的数据", "nothing known of it"),
    )
    return name_of(face, HERE)


def _trend(say: Say) -> timeseries.Panel:
    face = Face(
        say("趋势：$kind", "Trend: $kind"),
        say(
            "该类型各测点的可用读数（按间隔取均值）；虚线为各级最严的限值；竖带为告警从发生到恢复。来源：reading、limit、alarm_span。",
            "Usable readings of the points of this kind, means of intervals. Dashed: the strictest limit of each "
            "level. Bands: alarms from raised to cleared. From: reading, limit, alarm_span.",
        ),
        say("所选时间内没有读数", "no readings in this time"),
    )
    queries = [*mean_by_point(OF_UNIT, OF_KIND), *limit_queries(OF_UNIT, OF_KIND)]
    link = to(
        say, say("测点", "Point"), "point", enterprise="$enterprise", unit="$unit", point="${__field.labels.point}"
    )
    panel = course(face, queries, gap_ms=180_000, links=[link])
    return with_limits(say, panel).repeat("kind").repeat_direction("v")


def _bands(say: Say) -> statetimeline.Panel:
    face = Face(
        say("告警区间", "Alarm bands"),
        say("本单元的告警颜色随时间的变化。来源：risk。", "The colour of the unit's alarms over time. From: risk."),
        say("所选时间内无数据", "no data in this time"),
    )
    text = (
        f'SELECT max("colour") FROM "risk" WHERE {where(HERE, IN_TIME)} GROUP BY time($__interval), "place" fill(none)'
    )
    return states(face, series(text, "$tag_place"), grades(say), grade_steps())


def _points(say: Say) -> table.Panel:
    face = Face(
        say("测点", "Points"),
        say(
            "每个测点在所选时间内的最近读数、质量与限值；点击进入。来源：reading、limit。",
            "The last reading of each point in the time shown, its quality and its limits; a click opens it. "
            "From: reading, limit.",
        ),
        say("所选时间内没有读数", "no readings in this time"),
    )
    here = where(OF_UNIT, OF_KIND, IN_TIME)
    values = f'SELECT last("value") AS "value" FROM "reading" WHERE {here} GROUP BY "point"'
    quality = f'SELECT last("quality") AS "quality" FROM "reading" WHERE {here} GROUP BY "point"'
    limits = (
        'SELECT last("levels") AS "levels", "unit_symbol", "ll", "l", "h", "hh" FROM "limit" '
        f'WHERE {here} GROUP BY "point"'
    )
    variables = {"enterprise": "$enterprise", "unit": "$unit", "point": field("point")}
    words = words_for(
        {
            "0": (say("○ 好", "○ good"), CALM),
            "1": (say("△ 存疑", "△ uncertain"), ORANGE),
            "2": (say("✖ 坏", "✖ bad"), RED),
        }
    )
    columns = [
        Column("point", say("测点", "Point"), links=in_cell(say, say("测点", "Point"), "point", variables)),
        Column("value", say("数值", "Value"), "none", width=100, decimals=2),
        Column("unit_symbol", say("计量单位", "In"), width=90),
        Column("quality", say("质量", "Quality"), "none", words=[words], width=100),
        *(Column(level, level, "none", width=75, decimals=2) for level in ("ll", "l", "h", "hh")),
    ]
    queries = [rows_of(values, "A"), rows_of(quality, "B"), rows_of(limits, "C")]
    return rows(face, queries, columns, first=[joined_by("point")])
