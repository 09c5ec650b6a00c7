"""Alarm list and flood view: what stands, how fast it comes, and where it comes from."""

from grafana_foundation_sdk.builders import stat, table, timeseries
from grafana_foundation_sdk.models.common import GraphDrawStyle

from dashboards.board import Board
from dashboards.colours import GOOD, GRADES, ORANGE, RED, YELLOW, from_to, grade_words, grades, steps
from dashboards.influxql import IN_TIME, OF_ENTERPRISE, REAL, Query, series, where
from dashboards.influxql import table as rows_of
from dashboards.links import field, in_cell
from dashboards.panels import Face, course, figure, named
from dashboards.say import Say
from dashboards.shared import SEVERITIES, active_list, alarm_count, alive, event_words, raised_per_ten_minutes
from dashboards.tables import Column, counted_by, first_rows, rows
from dashboards.variables import enterprise, region

ENTERPRISES = '"kind" = \'enterprise\' AND "place" =~ /^$enterprise$/'
RAISED = where(REAL, '"historical" = false', OF_ENTERPRISE)


def build(say: Say) -> Board:
    board = Board(
        "alarms",
        say,
        say("警钟 · 告警列表与泛滥", "Tocsin · Alarm list and floods"),
        say("当前告警、告警速率、报警泛滥和来源", "Alarms now, how fast they come, floods, and where they come from"),
        refresh="10s",
    )
    board.variable(region(say), enterprise(say, every=True))
    board.row(4, *_counts(say), (3, _waiting(say)), (3, _last_ten_minutes(say)), (3, alive(say)), (3, _flood(say)))
    board.row(14, (24, active_list(say, OF_ENTERPRISE)))
    board.row(8, (12, raised_per_ten_minutes(say, OF_ENTERPRISE)), (12, _by_colour(say)))
    board.row(9, (8, _sources(say)), (7, _places(say)), (9, _events(say)))
    return board


def _sum_of(field_name: str) -> str:
    inner = f'SELECT last("{field_name}") AS "n" FROM "risk" WHERE {where(ENTERPRISES, IN_TIME)} GROUP BY "place"'
    return f'SELECT sum("n") FROM ({inner})'


def _counts(say: Say) -> list[tuple[int, stat.Panel]]:
    return [(3, alarm_count(say, name, number, series(_sum_of(name), name))) for name, number in SEVERITIES]


def _waiting(say: Say) -> stat.Panel:
    face = Face(
        say("待确认", "Not acknowledged"),
        say("等待确认的告警数。来源：risk。", "Alarms that nobody has acknowledged. From: risk."),
        say("无数据", "no data"),
    )
    return figure(face, series(_sum_of("unacknowledged"), "n"), colours=steps(GOOD, (1, ORANGE)), decimals=0)


def _last_ten_minutes(say: Say) -> stat.Panel:
    face = Face(
        say("最近 10 分钟", "Last ten minutes"),
        say(
            "最近 10 分钟发生的告警数。来源：alarm_span。",
            "Alarms raised within the last ten minutes. From: alarm_span.",
        ),
        "0",
    )
    text = f'SELECT count("alarm") FROM "alarm_span" WHERE {RAISED} AND time > now() - 10m'
    return figure(face, series(text, "n"), colours=steps(GOOD, (5, YELLOW), (11, RED)), decimals=0)


def _flood(say: Say) -> stat.Panel:
    face = Face(
        say("报警泛滥", "Flood"),
        say(
            "最近 10 分钟超过 10 条为泛滥（ISA-18.2、EEMUA 191 的二手资料）。来源：alarm_span。",
            "More than 10 alarms within ten minutes are a flood (as secondary sources give ISA-18.2 and EEMUA 191). "
            "From: alarm_span.",
        ),
        say("○ 否", "○ no"),
    )
    words = [
        from_to(0, 4, say("○ 否", "○ no"), GOOD),
        from_to(5, 10, say("△ 偏多", "△ many"), YELLOW),
        from_to(11, 1e9, say("◆ 泛滥", "◆ flood"), RED),
    ]
    text = f'SELECT count("alarm") FROM "alarm_span" WHERE {RAISED} AND time > now() - 10m'
    colours = steps(GOOD, (5, YELLOW), (11, RED))
    return figure(face, series(text, "n"), colours=colours, words=words, filled=True)


def _by_colour(say: Say) -> timeseries.Panel:
    face = Face(
        say("新告警（按颜色）", "Alarms raised, by colour"),
        say("按最严重颜色统计的新告警数。来源：alarm。", "Alarms raised over time, by severity. From: alarm."),
        say("所选时间内没有告警", "No alarm in this time"),
    )
    queries = []
    for (severity, _), ref in zip(SEVERITIES, "ABCD", strict=True):
        conditions = where(REAL, "\"event\" = 'raised'", f"\"severity\" = '{severity}'", OF_ENTERPRISE, IN_TIME)
        text = f'SELECT count("alarm") FROM "alarm" WHERE {conditions} GROUP BY time($__interval) fill(0)'
        queries.append(series(text, severity, ref))
    panel = course(face, queries, style=GraphDrawStyle.BARS, stacked=True, low=0)
    for severity, number in SEVERITIES:
        named(panel, severity, grade_words(say)[number], GRADES[number])
    return panel


def _all_raised() -> Query:
    fields = '"alarm", "enterprise", "unit", "subject", "rule"'
    return rows_of(f'SELECT {fields} FROM "alarm_span" WHERE {where(RAISED, IN_TIME)} ORDER BY time DESC LIMIT 10000')


def _sources(say: Say) -> table.Panel:
    face = Face(
        say("告警最多的来源", "Sources with most alarms"),
        say(
            "所选时间内告警最多的 20 个（对象、规则）。来源：alarm_span。",
            "The 20 pairs of subject and rule with most alarms. From: alarm_span.",
        ),
        say("所选时间内没有告警", "No alarm in this time"),
    )
    point = {"enterprise": field("enterprise"), "unit": field("unit"), "point": field("subject")}
    link = in_cell(say, say("测点", "Point"), "point", point)
    columns = [
        Column("enterprise", say("企业", "Enterprise"), width=100),
        Column("unit", say("单元", "Unit")),
        Column("subject", say("对象", "Subject"), links=link),
        Column("rule", say("规则", "Rule")),
        Column("alarm (count)", say("告警数", "Alarms"), "none", width=90),
    ]
    return rows(
        face, [_all_raised()], columns, first=[*counted_by("enterprise", "unit", "subject", "rule"), first_rows(20)]
    )


def _places(say: Say) -> table.Panel:
    face = Face(
        say("告警最多的企业", "Enterprises with most alarms"),
        say(
            "所选时间内告警最多的 20 家企业。来源：alarm_span。",
            "The 20 enterprises with most alarms. From: alarm_span.",
        ),
        say("所选时间内没有告警", "No alarm in this time"),
    )
    link = in_cell(say, say("企业", "Enterprise"), "enterprise", {"enterprise": field("enterprise")})
    columns = [
        Column("enterprise", say("企业", "Enterprise"), links=link),
        Column("alarm (count)", say("告警数", "Alarms"), "none", width=90),
    ]
    return rows(face, [_all_raised()], columns, first=[*counted_by("enterprise"), first_rows(20)])


def _events(say: Say) -> table.Panel:
    face = Face(
        say("最近的告警事件", "Newest events"),
        say(
            "发生、升级、确认、恢复等，最新的在前。来源：alarm。",
            "Raised, upgraded, acknowledged, cleared and others, newest first. From: alarm.",
        ),
        say("所选时间内没有事件", "No event in this time"),
    )
    fields = '"event", "colour", "subject", "level", "value"'
    text = f'SELECT {fields} FROM "alarm" WHERE {where(REAL, OF_ENTERPRISE, IN_TIME)} ORDER BY time DESC LIMIT 200'
    columns = [
        Column("Time", say("时刻", "At"), "dateTimeAsIso", width=160),
        Column("event", say("事件", "Event"), words=event_words(say), width=110),
        Column("colour", say("颜色", "Colour"), "none", words=grades(say), width=90),
        Column("subject", say("对象", "Subject")),
        Column("level", say("级别", "Level"), width=70),
        Column("value", say("数值", "Value"), "none", width=90, decimals=2),
    ]
    return rows(face, [rows_of(text)], columns, sort="Time")
