"""Device health: who reports, who is silent, whose readings or clock cannot be believed; and what nobody watches."""

from grafana_foundation_sdk.builders import bargauge, stat, table, timeseries

from dashboards.board import Board
from dashboards.colours import CALM, GOOD, NO_DATA, ORANGE, RED, steps, words_for
from dashboards.influxql import IN_TIME, OF_ENTERPRISE, series, summed_last, where
from dashboards.influxql import table as rows_of
from dashboards.links import field, in_cell, to
from dashboards.panels import WHEN, Face, bars, course, figure, named
from dashboards.say import Say
from dashboards.shared import alive
from dashboards.tables import Column, rows
from dashboards.variables import enterprise, region

SCOPE = '"scope" = \'enterprise\' AND "place" =~ /^$enterprise$/'


def build(say: Say) -> Board:
    board = Board(
        "devices",
        say,
        say("警钟 · 设备健康", "Tocsin · Device health"),
        say(
            "在线率、沉默设备、坏值、时钟与监测缺口",
            "Online rate, silent devices, bad values, clocks, gaps in coverage",
        ),
    )
    board.variable(region(say), enterprise(say, every=True))
    board.row(4, *_counts(say), (4, alive(say)))
    board.row(9, (10, _online(say)), (14, _course(say)))
    board.row(12, (24, _list(say)))
    board.row(9, (12, _gaps(say)), (12, _clocks(say)))
    return board


def _counts(say: Say) -> list[tuple[int, stat.Panel]]:
    kinds = (
        (
            "expected",
            say("应有设备", "Expected"),
            say("站点应有的设备数", "Devices that the site expects"),
            steps(CALM),
        ),
        (
            "reporting",
            say("正在上报", "Reporting"),
            say("最近有读数的设备数", "Devices heard within their window"),
            steps(RED, (1, GOOD)),
        ),
        (
            "silent",
            say("已沉默", "Silent"),
            say("上报过、现在沉默的设备数", "Devices that have reported and are silent now"),
            steps(GOOD, (1, ORANGE)),
        ),
        (
            "never",
            say("从未上报", "Never heard"),
            say("从来没有上报过的设备数", "Devices of which nothing was ever heard"),
            steps(GOOD, (1, NO_DATA)),
        ),
    )
    panels = []
    for name, title, about, colours in kinds:
        face = Face(title, about + say("。来源：online。", ". From: online."), say("无数据", "no data"))
        query = series(summed_last("online", name, "place", SCOPE), name)
        panels.append((5, figure(face, query, colours=colours, decimals=0)))
    return panels


def _online(say: Say) -> bargauge.Panel:
    face = Face(
        say("各企业在线率", "Online rate by enterprise"),
        say("正在上报的设备占应有设备的比例。来源：online。", "Devices that report, of those expected. From: online."),
        say("所选时间内无数据", "no data in this time"),
    )
    text = f'SELECT last("rate") FROM "online" WHERE {where(SCOPE, IN_TIME)} GROUP BY "place"'
    link = to(say, say("企业", "Enterprise"), "enterprise", enterprise="${__field.labels.place}")
    colours = steps(RED, (0.9, ORANGE), (0.98, GOOD))
    return bars(face, series(text, "$tag_place"), unit="percentunit", high=1, colours=colours, links=[link])


def _course(say: Say) -> timeseries.Panel:
    face = Face(
        say("沉默与从未上报的设备", "Devices silent or never heard"),
        say("所选企业合计，每分钟一次。来源：online。", "Of the enterprises chosen, every minute. From: online."),
        say("所选时间内无数据", "no data in this time"),
    )
    queries = []
    for name, ref in (("silent", "A"), ("never", "B")):
        inner = (
            f'SELECT max("{name}") AS "n" FROM "online" WHERE {where(SCOPE, IN_TIME)} '
            'GROUP BY time($__interval), "place" fill(none)'
        )
        queries.append(
            series(f'SELECT sum("n") FROM ({inner}) WHERE {IN_TIME} GROUP BY time($__interval) fill(none)', name, ref)
        )
    panel = course(face, queries, stepped=True, stacked=True, low=0, gap_ms=300_000)
    named(panel, "silent", say("已沉默", "silent"), ORANGE)
    return named(panel, "never", say("从未上报", "never heard"), NO_DATA)


def _list(say: Say) -> table.Panel:
    face = Face(
        say("设备", "Devices"),
        say(
            "每台设备的状态与读数计数；计数自系统数据开始时累计。来源：device。",
            "How each device stands, and what was counted of its readings since the data began. From: device.",
        ),
        say("没有设备", "no devices"),
    )
    counters = ("readings", "bad", "late", "duplicate", "ahead", "skewed", "over_range", "under_range")
    text = (
        'SELECT last("state") AS "state", "name", "last_heard_at", "points", "reporting_points", '
        + ", ".join(f'"{name}"' for name in counters)
        + f' FROM "device" WHERE {where(OF_ENTERPRISE, IN_TIME)} GROUP BY "enterprise", "device"'
    )
    words = words_for(
        {
            "0": (say("○ 上报", "○ reporting"), CALM),
            "1": (say("▲ 沉默", "▲ silent"), ORANGE),
            "2": (say("▨ 从未上报", "▨ never heard"), NO_DATA),
        }
    )
    headings = {
        "readings": say("读数", "Readings"),
        "bad": say("坏值", "Bad"),
        "late": say("迟到", "Late"),
        "duplicate": say("重复", "Duplicate"),
        "ahead": say("超前", "Ahead"),
        "skewed": say("时钟偏移", "Skewed"),
        "over_range": say("超量程", "Over range"),
        "under_range": say("欠量程", "Under range"),
    }
    link = in_cell(say, say("企业", "Enterprise"), "enterprise", {"enterprise": field("enterprise")})
    columns = [
        Column("state", say("状态", "State"), "none", words=[words], width=110),
        Column("enterprise", say("企业", "Enterprise"), links=link, width=110),
        Column("device", say("设备", "Device")),
        Column("name", say("名称", "Name")),
        Column("last_heard_at", say("最近上报", "Last heard"), WHEN, width=160),
        Column("points", say("测点", "Points"), "none", width=75),
        Column("reporting_points", say("有数据测点", "Reporting"), "none", width=100),
        *(Column(name, headings[name], "none", width=90) for name in counters),
    ]
    return rows(face, [rows_of(text)], columns, sort="state", filterable=True)


def _gaps(say: Say) -> table.Panel:
    face = Face(
        say("监测缺口", "Gaps in coverage"),
        say(
            "各企业应监测而没有测点、或有测点而无数据的类型数。来源：coverage。",
            "Kinds that must be watched and have no point, or one that was not heard. From: coverage.",
        ),
        say("没有监测要求", "nothing is required"),
    )
    text = (
        'SELECT last("required") AS "required", "name", "covered", "no_point", "not_heard", "rate" FROM "coverage" '
        f'WHERE {where(SCOPE, IN_TIME)} GROUP BY "place"'
    )
    link = in_cell(say, say("企业", "Enterprise"), "enterprise", {"enterprise": field("place")})
    columns = [
        Column("place", say("编号", "Id"), links=link, width=100),
        Column("name", say("企业", "Enterprise"), links=link),
        Column("rate", say("覆盖率", "Coverage"), "percentunit", width=95, decimals=1),
        Column("required", say("应监测", "Required"), "none", width=90),
        Column("covered", say("有数据", "Covered"), "none", width=90),
        Column("no_point", say("没有测点", "No point"), "none", width=95),
        Column("not_heard", say("未收到", "Not heard"), "none", width=95),
    ]
    return rows(face, [rows_of(text)], columns, sort="rate", descending=False)


def _clocks(say: Say) -> timeseries.Panel:
    face = Face(
        say("时钟偏差", "Clock offsets"),
        say(
            "设备时钟与本系统的偏差，按最快的一条读数计。来源：device。",
            "How far devices' clocks are ahead of ours, by their quickest reading. From: device.",
        ),
        say("所选时间内没有测得偏差", "none measured in this time"),
    )
    narrowed = where(OF_ENTERPRISE, IN_TIME)
    text = (
        f'SELECT mean("clock_offset_s") FROM "device" WHERE {narrowed} GROUP BY time($__interval), "device" fill(none)'
    )
    return course(face, [series(text, "$tag_device")], unit="s", gap_ms=300_000, legend=False)
