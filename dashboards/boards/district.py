"""District overview: where something is wrong, how much of the district is seen, and which alarms stand."""

from grafana_foundation_sdk.builders import stat, table, timeseries

from dashboards.annotations import alarms
from dashboards.board import Board
from dashboards.colours import GOOD, INK, ORANGE, grades, steps
from dashboards.influxql import IN_TIME, OF_REGION, last, series, where
from dashboards.influxql import table as rows_of
from dashboards.links import field, in_cell, to
from dashboards.maps import risk_map
from dashboards.panels import Face, course, figure, named
from dashboards.say import Say
from dashboards.shared import (
    SEVERITIES,
    active_list,
    alarm_count,
    alarms_over_time,
    alive,
    risk_by_severity,
    share,
)
from dashboards.tables import Column, joined_by, rows
from dashboards.variables import region

SITE = "\"kind\" = 'site'"
WHOLE = "\"scope\" = 'all'"
REGIONS = "\"kind\" = 'region'"
ENTERPRISES = "\"kind\" = 'enterprise'"


def build(say: Say) -> Board:
    board = Board(
        "district",
        say,
        say("警钟 · 区域总览", "Tocsin · District"),
        say(
            "全区四色风险、当前告警、覆盖率与在线率", "Four colours of the district, alarms now, coverage, online rate"
        ),
    )
    board.variable(region(say))
    board.annotate(alarms(say, OF_REGION, shown=False))
    board.row(4, *_headline(say))
    board.row(13, (13, risk_map(say)), (11, active_list(say, OF_REGION)))
    board.row(10, (15, _enterprises(say)), (9, _regions(say)))
    board.row(8, (12, alarms_over_time(say, risk_by_severity(SITE))), (12, _seen(say)))
    return board


def _headline(say: Say) -> list[tuple[int, stat.Panel]]:
    counts = [
        (3, alarm_count(say, name, number, series(last("risk", name, SITE), name))) for name, number in SEVERITIES
    ]
    coverage = share(
        say,
        say("覆盖率", "Coverage"),
        say(
            "应监测的类型中，最近 24 小时有数据的比例。来源：coverage。",
            "Of the kinds that units must have watched, the share heard within 24 hours. From: coverage.",
        ),
        series(last("coverage", "rate", WHOLE), "rate"),
        "devices",
    )
    online = share(
        say,
        say("设备在线率", "Devices online"),
        say("正在上报的设备占应有设备的比例。来源：online。", "Devices that report, of those expected. From: online."),
        series(last("online", "rate", WHOLE), "rate"),
        "devices",
    )
    return [*counts, (3, _unacknowledged(say)), (3, coverage), (3, online), (3, alive(say))]


def _unacknowledged(say: Say) -> stat.Panel:
    face = Face(
        say("待确认", "Not acknowledged"),
        say(
            "等待中心确认的告警数（全区）。来源：risk。",
            "Alarms of the whole district that nobody has acknowledged. From: risk.",
        ),
        say("无数据", "no data"),
    )
    link = to(say, say("告警列表", "Alarm list"), "alarms")
    query = series(last("risk", "unacknowledged", SITE), "unacknowledged")
    return figure(face, query, colours=steps(GOOD, (1, ORANGE)), links=[link], decimals=0)


def _enterprises(say: Say) -> table.Panel:
    face = Face(
        say("企业", "Enterprises"),
        say(
            "每家企业的告警颜色与固有风险等级（两者不合并）、告警数、在线率、覆盖率。来源：risk、online、coverage。",
            "Each enterprise: colour of its alarms and inherent grade (never merged), alarms, online rate, coverage. "
            "From: risk, online, coverage.",
        ),
        say("所选时间内无数据", "no data in this time"),
    )
    of_risk = (
        'SELECT last("colour") AS "colour", "name", "inherent", "active", "unacknowledged", "overdue_disposals", '
        f'"silent" FROM "risk" WHERE {where(ENTERPRISES, OF_REGION, IN_TIME)} GROUP BY "place"'
    )
    scope = "\"scope\" = 'enterprise'"
    online = f'SELECT last("rate") AS "online" FROM "online" WHERE {where(scope, IN_TIME)} GROUP BY "place"'
    covered = f'SELECT last("rate") AS "covered" FROM "coverage" WHERE {where(scope, IN_TIME)} GROUP BY "place"'
    link = in_cell(say, say("企业", "Enterprise"), "enterprise", {"enterprise": field("place")})
    columns = [
        Column("colour", say("告警", "Alarms"), "none", words=grades(say), width=100),
        Column("inherent", say("固有等级", "Inherent"), "none", words=grades(say), width=100),
        Column("place", say("编号", "Id"), links=link, width=90),
        Column("name", say("企业", "Enterprise"), links=link),
        Column("active", say("告警数", "Alarms now"), "none", width=95),
        Column("unacknowledged", say("待确认", "To acknowledge"), "none", width=110),
        Column("overdue_disposals", say("逾期处置", "Overdue"), "none", width=95),
        Column("silent", say("无数据测点", "Silent points"), "none", width=110),
        Column("online", say("在线率", "Online"), "percentunit", width=90, decimals=1),
        Column("covered", say("覆盖率", "Coverage"), "percentunit", width=90, decimals=1),
    ]
    queries = [rows_of(of_risk, "A"), rows_of(online, "B"), rows_of(covered, "C")]
    return rows(face, queries, columns, sort="colour", first=[joined_by("place")], filterable=True)


def _regions(say: Say) -> table.Panel:
    face = Face(
        say("区域", "Regions"),
        say(
            "每个区域（含下级）的告警颜色与数量。来源：risk。",
            "Colour and alarms of each region with all below it. From: risk.",
        ),
        say("没有区域", "no regions"),
    )
    text = (
        'SELECT last("colour") AS "colour", "name", "inherent", "active", "silent" FROM "risk" '
        f'WHERE {where(REGIONS, IN_TIME)} GROUP BY "place"'
    )
    columns = [
        Column("colour", say("告警", "Alarms"), "none", words=grades(say), width=100),
        Column("inherent", say("固有等级", "Inherent"), "none", words=grades(say), width=100),
        Column("name", say("区域", "Region")),
        Column("active", say("告警数", "Alarms now"), "none", width=95),
        Column("silent", say("无数据测点", "Silent points"), "none", width=110),
    ]
    return rows(face, [rows_of(text)], columns, sort="colour")


def _seen(say: Say) -> timeseries.Panel:
    face = Face(
        say("在线率与覆盖率", "Online rate and coverage"),
        say("全区，每分钟一次。来源：online、coverage。", "The whole district, every minute. From: online, coverage."),
        say("所选时间内无数据", "no data in this time"),
    )
    queries = [
        series(f'SELECT mean("rate") FROM "{name}" WHERE {where(WHOLE, IN_TIME)} GROUP BY time($__interval)', name, ref)
        for name, ref in (("online", "A"), ("coverage", "B"))
    ]
    panel = course(face, queries, unit="percentunit", low=0, high=1, gap_ms=300_000)
    named(panel, "online", say("在线率", "online rate"), GOOD)
    return named(panel, "coverage", say("覆盖率", "coverage"), INK)
