"""One enterprise: how it stands, its units, its alarms, and what was done about them."""

from grafana_foundation_sdk.builders import stat, statetimeline, table

from dashboards.annotations import alarms
from dashboards.board import Board
from dashboards.colours import GOOD, NO_DATA, ORANGE, RED, grade_steps, grades, steps
from dashboards.head import colour_of, counts_of, inherent_of, name_of
from dashboards.influxql import IN_TIME, OF_ENTERPRISE, Query, last, series, where
from dashboards.influxql import table as rows_of
from dashboards.links import field, in_cell, to
from dashboards.panels import Face, figure, states
from dashboards.say import Say
from dashboards.shared import (
    active_list,
    alarm_history,
    alive,
    disposal_words,
    late_words,
    share,
)
from dashboards.tables import Column, rows
from dashboards.variables import enterprise, region

HERE = '"kind" = \'enterprise\' AND "place" =~ /^$enterprise$/'
SCOPE = '"scope" = \'enterprise\' AND "place" =~ /^$enterprise$/'
OPEN = '"open" = true'
UNITS = f"\"kind\" = 'unit' AND {OF_ENTERPRISE}"


def build(say: Say) -> Board:
    board = Board(
        "enterprise",
        say,
        say("警钟 · 企业", "Tocsin · Enterprise"),
        say("一家企业的风险、单元、告警与处置", "One enterprise: risk, units, alarms, disposals"),
    )
    board.variable(region(say), enterprise(say, every=False))
    board.annotate(alarms(say, OF_ENTERPRISE))
    board.row(
        4,
        (5, _name(say)),
        (4, colour_of(say, HERE)),
        (4, inherent_of(say, HERE, "企业")),
        *counts_of(say, HERE),
        (3, alive(say)),
    )
    board.row(4, *_watched(say))
    board.row(9, (10, _units(say)), (14, active_list(say, OF_ENTERPRISE)))
    board.row(8, (24, _course_of_units(say)))
    board.row(9, (14, alarm_history(say, OF_ENTERPRISE)), (10, _disposals(say)))
    return board


def _name(say: Say) -> stat.Panel:
    face = Face(
        say("企业名称", "Name"),
        say("企业目录中的名称。来源：risk。", "As the site folder calls it. From: risk."),
        say("没有这家企业的数据", "nothing known of it"),
    )
    return name_of(face, HERE)


def _watched(say: Say) -> list[tuple[int, stat.Panel]]:
    unseen = Face(
        say("无数据测点", "Silent points"),
        say("当前没有数据的测点数。来源：risk。", "Points that bring no data now. From: risk."),
        say("无数据", "no data"),
    )
    waiting = Face(
        say("待确认", "Not acknowledged"),
        say("等待确认的告警数。来源：risk。", "Alarms that nobody has acknowledged. From: risk."),
        say("无数据", "no data"),
    )
    withheld = Face(
        say("被搁置或停用", "Withheld"),
        say(
            "被搁置、退出服务、停用或设计抑制的告警数：不通知任何人，但仍然存在。来源：risk。",
            "Alarms shelved, out of service, disabled or suppressed: nobody is told of them, yet they are there. "
            "From: risk.",
        ),
        say("无数据", "no data"),
    )
    overdue = Face(
        say("逾期处置", "Overdue disposals"),
        say("已过期限的处置数。来源：risk。", "Disposals whose deadline is missed. From: risk."),
        say("无数据", "no data"),
    )
    online = share(
        say,
        say("设备在线率", "Devices online"),
        say("正在上报的设备占应有设备的比例。来源：online。", "Devices that report, of those expected. From: online."),
        series(last("online", "rate", SCOPE), "rate"),
        "devices",
    )
    covered = share(
        say,
        say("覆盖率", "Coverage"),
        say(
            "应监测的类型中，最近 24 小时有数据的比例。来源：coverage。",
            "Of the kinds that units must have watched, the share heard within 24 hours. From: coverage.",
        ),
        series(last("coverage", "rate", SCOPE), "rate"),
        "devices",
    )
    disposal = [to(say, say("处置", "Disposals"), "disposal", enterprise="$enterprise")]
    devices = [to(say, say("设备", "Devices"), "devices", enterprise="$enterprise")]

    def of(name: str) -> Query:
        return series(last("risk", name, HERE), name)

    return [
        (4, figure(waiting, of("unacknowledged"), colours=steps(GOOD, (1, ORANGE)), decimals=0)),
        (4, figure(withheld, of("withheld"), colours=steps(GOOD, (1, NO_DATA)), decimals=0)),
        (4, figure(overdue, of("overdue_disposals"), colours=steps(GOOD, (1, RED)), links=disposal, decimals=0)),
        (4, figure(unseen, of("silent"), colours=steps(GOOD, (1, NO_DATA)), links=devices, decimals=0)),
        (4, online),
        (4, covered),
    ]


def _units(say: Say) -> table.Panel:
    face = Face(
        say("单元", "Units"),
        say(
            "每个单元的告警颜色与固有等级；点击进入。来源：risk。",
            "Each unit, in both kinds of colour; a click opens it. From: risk.",
        ),
        say("没有单元", "no units"),
    )
    text = (
        'SELECT last("colour") AS "colour", "name", "inherent", "active", "silent", "points" FROM "risk" '
        f'WHERE {where(UNITS, IN_TIME)} GROUP BY "place"'
    )
    link = in_cell(say, say("单元", "Unit"), "unit", {"enterprise": "$enterprise", "unit": field("place")})
    columns = [
        Column("colour", say("告警", "Alarms"), "none", words=grades(say), width=95),
        Column("inherent", say("固有等级", "Inherent"), "none", words=grades(say), width=95),
        Column("place", say("编号", "Id"), links=link),
        Column("name", say("单元", "Unit"), links=link),
        Column("active", say("告警数", "Alarms now"), "none", width=95),
        Column("silent", say("无数据测点", "Silent points"), "none", width=105),
        Column("points", say("测点数", "Points"), "none", width=75),
    ]
    return rows(face, [rows_of(text)], columns, sort="colour")


def _course_of_units(say: Say) -> statetimeline.Panel:
    face = Face(
        say("单元颜色的变化", "Units over time"),
        say("每个单元的告警颜色随时间的变化。来源：risk。", "The colour of each unit's alarms over time. From: risk."),
        say("所选时间内无数据", "no data in this time"),
    )
    text = (
        f'SELECT max("colour") FROM "risk" WHERE {where(UNITS, IN_TIME)} GROUP BY time($__interval), "place" fill(none)'
    )
    link = to(say, say("单元", "Unit"), "unit", enterprise="$enterprise", unit="${__field.labels.place}")
    return states(face, series(text, "$tag_place"), grades(say), grade_steps(), [link])


def _disposals(say: Say) -> table.Panel:
    face = Face(
        say("未完成的处置", "Open disposals"),
        say("时段内开始、尚未关闭的处置。来源：disposal。", "Opened in the time shown and not closed. From: disposal."),
        say("没有未完成的处置", "no open disposal"),
    )
    text = (
        'SELECT "colour", "subject", "state", "overdue" FROM "disposal" '
        f"WHERE {where(OF_ENTERPRISE, OPEN, IN_TIME)} ORDER BY time DESC LIMIT 200"
    )
    columns = [
        Column("Time", say("开始", "Opened"), "dateTimeAsIso", width=160),
        Column("colour", say("颜色", "Colour"), "none", words=grades(say), width=90),
        Column("subject", say("对象", "Subject")),
        Column("state", say("状态", "State"), words=disposal_words(say), width=120),
        Column("overdue", say("逾期", "Overdue"), words=late_words(say), width=150),
    ]
    return rows(face, [rows_of(text)], columns, sort="Time")
