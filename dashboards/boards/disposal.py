"""Disposals: what was done about alarms, what is late, how long it takes, and what the causes were."""

from grafana_foundation_sdk.builders import stat, table, timeseries

from dashboards.board import Board
from dashboards.colours import BLUE, GOOD, GRADES, ORANGE, RED, YELLOW, grades, steps
from dashboards.influxql import IN_TIME, OF_ENTERPRISE, series, summed_last, where
from dashboards.influxql import table as rows_of
from dashboards.links import field, in_cell
from dashboards.panels import Face, course, figure, named
from dashboards.say import Say
from dashboards.shared import alive, disposal_words, late_words
from dashboards.tables import Column, counted_by, rows
from dashboards.variables import enterprise, region


def build(say: Say) -> Board:
    board = Board(
        "disposal",
        say,
        say("警钟 · 处置", "Tocsin · Disposals"),
        say("未完成与逾期的处置、用时与原因", "Open and overdue disposals, how long they take, causes"),
        since="now-7d",
        refresh="1m",
    )
    board.variable(region(say), enterprise(say, every=True))
    board.row(4, *_now(say), (4, alive(say)))
    board.row(4, *_times(say))
    board.row(11, (24, _list(say)))
    board.row(9, (10, _course(say)), (7, _causes(say)), (7, _places(say)))
    return board


def _now(say: Say) -> list[tuple[int, stat.Panel]]:
    kinds = (
        ("open", say("未关闭", "Open"), say("尚未关闭的处置数", "Disposals not closed"), ORANGE),
        ("overdue", say("逾期", "Overdue"), say("已过期限的处置数", "Disposals whose deadline is missed"), RED),
        (
            "unassigned",
            say("未指派", "Nobody's"),
            say("还没有人接手的处置数", "Disposals that nobody has taken"),
            YELLOW,
        ),
        (
            "to_verify",
            say("待核实", "To be verified"),
            say("已提交、等待另一人核实的处置数", "Submitted, and another person has to confirm"),
            BLUE,
        ),
    )
    panels = []
    for name, title, about, colour in kinds:
        face = Face(title, about + say("。来源：disposal_count。", ". From: disposal_count."), "0")
        query = series(summed_last("disposal_count", name, "enterprise", OF_ENTERPRISE), name)
        panels.append((5, figure(face, query, colours=steps(GOOD, (1, colour)), decimals=0)))
    return panels


def _times(say: Say) -> list[tuple[int, stat.Panel]]:
    kinds = (
        ("assign_s", say("到接手（中位数）", "To assignment, median"), 50),
        ("submit_s", say("到提交（中位数）", "To submission, median"), 50),
        ("close_s", say("到关闭（中位数）", "To closure, median"), 50),
        ("close_s", say("到关闭（95 % 分位）", "To closure, 95 %"), 95),
    )
    panels = []
    for name, title, percent in kinds:
        about = say(
            "自开始起的用时，所选时间内开始的处置。来源：disposal。",
            "Since it was opened, of those opened in the time shown. From: disposal.",
        )
        face = Face(title, about, say("还没有", "none yet"))
        text = f'SELECT percentile("{name}", {percent}) FROM "disposal" WHERE {where(OF_ENTERPRISE, IN_TIME)}'
        panels.append((6, figure(face, series(text, name), unit="s", decimals=0)))
    return panels


def _list(say: Say) -> table.Panel:
    face = Face(
        say("处置清单", "Disposals"),
        say(
            "所选时间内开始的处置，最多 500 条，最新的在前。来源：disposal。",
            "Opened in the time shown, 500 at most, newest first. From: disposal.",
        ),
        say("所选时间内没有处置", "No disposal in this time"),
    )
    fields = (
        '"colour", "enterprise", "unit", "subject", "rule", "state", "overdue", "cause", "evidence", "reopened", '
        '"close_s"'
    )
    text = f'SELECT {fields} FROM "disposal" WHERE {where(OF_ENTERPRISE, IN_TIME)} ORDER BY time DESC LIMIT 500'
    link = in_cell(say, say("企业", "Enterprise"), "enterprise", {"enterprise": field("enterprise")})
    columns = [
        Column("Time", say("开始", "Opened"), "dateTimeAsIso", width=160),
        Column("colour", say("颜色", "Colour"), "none", words=grades(say), width=90),
        Column("enterprise", say("企业", "Enterprise"), links=link, width=110),
        Column("unit", say("单元", "Unit")),
        Column("subject", say("对象", "Subject")),
        Column("rule", say("规则", "Rule")),
        Column("state", say("状态", "State"), words=disposal_words(say), width=120),
        Column("overdue", say("逾期", "Overdue"), words=late_words(say), width=150),
        Column("cause", say("原因", "Cause")),
        Column("evidence", say("佐证", "Evidence"), "none", width=80),
        Column("reopened", say("重开次数", "Reopened"), "none", width=90),
        Column("close_s", say("用时", "Took"), "s", width=100, decimals=0),
    ]
    return rows(face, [rows_of(text)], columns, sort="Time", filterable=True)


def _course(say: Say) -> timeseries.Panel:
    face = Face(
        say("未关闭与逾期", "Open and overdue"),
        say("每分钟一次。来源：disposal_count。", "Looked at every minute. From: disposal_count."),
        say("所选时间内没有处置", "No disposal in this time"),
    )
    queries = []
    for name, ref in (("open", "A"), ("overdue", "B")):
        inner = (
            f'SELECT max("{name}") AS "n" FROM "disposal_count" WHERE {where(OF_ENTERPRISE, IN_TIME)} '
            'GROUP BY time($__interval), "enterprise" fill(none)'
        )
        queries.append(
            series(f'SELECT sum("n") FROM ({inner}) WHERE {IN_TIME} GROUP BY time($__interval) fill(none)', name, ref)
        )
    panel = course(face, queries, stepped=True, low=0, gap_ms=300_000)
    named(panel, "open", say("未关闭", "open"), GRADES[1])
    return named(panel, "overdue", say("逾期", "overdue"), RED)


def _causes(say: Say) -> table.Panel:
    face = Face(
        say("原因", "Causes"),
        say(
            "所选时间内开始并已写明原因的处置。来源：disposal。",
            "Causes of disposals opened in the time shown. From: disposal.",
        ),
        say("还没有写明原因的处置", "no cause recorded yet"),
    )
    named_cause = "\"cause\" <> ''"
    text = f'SELECT "alarm", "cause" FROM "disposal" WHERE {where(OF_ENTERPRISE, named_cause, IN_TIME)} LIMIT 10000'
    columns = [
        Column("cause", say("原因", "Cause")),
        Column("alarm (count)", say("处置数", "Disposals"), "none", width=100),
    ]
    return rows(face, [rows_of(text)], columns, first=counted_by("cause"))


def _places(say: Say) -> table.Panel:
    face = Face(
        say("各企业", "By enterprise"),
        say(
            "每家企业当前未关闭与逾期的处置数。来源：disposal_count。",
            "Open and overdue disposals of each enterprise now. From: disposal_count.",
        ),
        say("没有处置", "No disposal"),
    )
    text = (
        'SELECT last("open") AS "open", "overdue", "to_verify" FROM "disposal_count" '
        f'WHERE {where(OF_ENTERPRISE, IN_TIME)} GROUP BY "enterprise"'
    )
    link = in_cell(say, say("企业", "Enterprise"), "enterprise", {"enterprise": field("enterprise")})
    columns = [
        Column("enterprise", say("企业", "Enterprise"), links=link),
        Column("open", say("未关闭", "Open"), "none", width=90),
        Column("overdue", say("逾期", "Overdue"), "none", width=90),
        Column("to_verify", say("待核实", "To be verified"), "none", width=110),
    ]
    return rows(face, [rows_of(text)], columns, sort="overdue")
