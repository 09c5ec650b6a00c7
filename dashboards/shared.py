"""Panels and columns that several boards show: one figure must not mean two things on two boards."""

from grafana_foundation_sdk.builders import stat, table, timeseries
from grafana_foundation_sdk.models.common import GraphDrawStyle
from grafana_foundation_sdk.models.dashboard import ValueMapping

from dashboards.colours import (
    BLUE,
    CALM,
    GOOD,
    GRADES,
    INK,
    ORANGE,
    RED,
    YELLOW,
    from_to,
    grade_words,
    grades,
    steps,
    words_for,
)
from dashboards.influxql import IN_TIME, REAL, Query, active_alarms, series, where
from dashboards.influxql import table as rows_of
from dashboards.links import field, in_cell, to
from dashboards.panels import WHEN, Face, course, figure, named
from dashboards.say import Say
from dashboards.tables import Column, rows

SEVERITIES = (("red", 4), ("orange", 3), ("yellow", 2), ("blue", 1))


def alive(say: Say) -> stat.Panel:
    """Whether anything was heard of Tocsin lately: a board must not look calm because it is dead."""
    face = Face(
        say("系统在线", "Tocsin"),
        say(
            "最近 3 分钟内是否收到警钟系统自身的状态。没有时，本看板的其他数字都是旧的。来源：tocsin。",
            "Whether Tocsin wrote word of itself within the last 3 minutes. If not, all other figures here are old. "
            "From: tocsin.",
        ),
        say("✖ 无消息", "✖ silent"),
    )
    text = 'SELECT count("up") FROM "tocsin" WHERE time > now() - 3m'
    words = [from_to(1, 1e9, say("✔ 在线", "✔ alive"), GOOD)]
    link = to(say, say("系统健康", "Tocsin's health"), "health")
    return figure(face, series(text, "up"), colours=steps(RED, (1, GOOD)), words=words, links=[link], filled=True)


def alarm_count(say: Say, severity: str, number: int, query: Query) -> stat.Panel:
    """How many alarms of one severity are active."""
    word = grade_words(say)[number]
    face = Face(
        word,
        say(
            "当前生效、未被搁置或停用的告警数。来源：risk。",
            "Active alarms of this severity now, without those shelved or out of service. From: risk.",
        ),
        say("无数据", "no data"),
    )
    link = to(say, say("告警列表", "Alarm list"), "alarms")
    return figure(face, query, colours=steps(CALM, (1, GRADES[number])), links=[link], filled=True, decimals=0)


def share(say: Say, title: str, about: str, query: Query, board: str) -> stat.Panel:
    """A rate of 0 to 1 that ought to be 1."""
    face = Face(title, about, say("无数据", "no data"))
    colours = steps(RED, (0.9, ORANGE), (0.98, GOOD))
    return figure(face, query, unit="percentunit", decimals=1, colours=colours, links=[to(say, title, board)])


def alarms_over_time(say: Say, by_colour: dict[str, Query]) -> timeseries.Panel:
    """Active alarms by severity, stacked; the queries by severity."""
    face = Face(
        say("生效告警数（按颜色）", "Active alarms by colour"),
        say("每分钟一次的生效告警数。来源：risk。", "Active alarms, looked at every minute. From: risk."),
        say("所选时间内无数据", "no data in this time"),
    )
    panel = course(face, list(by_colour.values()), stacked=True, stepped=True, low=0, gap_ms=300_000)
    for severity, number in SEVERITIES:
        named(panel, severity, grade_words(say)[number], GRADES[number])
    return panel


def risk_by_severity(*conditions: str) -> dict[str, Query]:
    """Active alarms of one place over time, by severity."""
    return {
        severity: series(
            f'SELECT max("{severity}") FROM "risk" WHERE {where(*conditions, IN_TIME)} GROUP BY time($__interval)',
            severity,
            ref,
        )
        for (severity, _), ref in zip(SEVERITIES, "ABCD", strict=True)
    }


def active_list(say: Say, *conditions: str, title: str = "") -> table.Panel:
    """The alarms that stand now, the worst first."""
    face = Face(
        title or say("当前告警", "Alarms now"),
        say(
            "最近 5 分钟内查看到的未关闭告警，最多 500 条，最严重的在前。来源：active。",
            "Alarms that stand, as seen within the last 5 minutes, 500 at most, the worst first. From: active.",
        ),
        say("当前没有告警", "No alarm stands"),
    )
    return rows(
        face,
        [rows_of(active_alarms(*conditions))],
        alarm_columns(say),
        sort="colour",
        filterable=True,
    )


def alarm_columns(say: Say) -> list[Column]:
    """Columns of a list of alarms that stand: what a duty officer asks first stands where a narrow panel shows it."""
    point = {"enterprise": field("enterprise"), "unit": field("unit"), "point": field("subject")}
    to_point = in_cell(say, say("测点", "Point"), "point", point)
    to_unit = in_cell(say, say("单元", "Unit"), "unit", {"enterprise": field("enterprise"), "unit": field("unit")})
    to_enterprise = in_cell(say, say("企业", "Enterprise"), "enterprise", {"enterprise": field("enterprise")})
    return [
        Column("colour", say("颜色", "Colour"), "none", words=grades(say), width=90),
        Column("acknowledged", say("确认", "Acknowledged"), "bool", words=acknowledged(say), width=100),
        Column("raised_at", say("发生时刻", "Raised"), WHEN, width=160),
        Column("subject", say("对象", "Subject"), links=to_point),
        Column("value", say("数值", "Value"), "none", width=90, decimals=2),
        Column("limit", say("限值", "Limit"), "none", width=90, decimals=2),
        Column("enterprise_name", say("企业", "Enterprise"), links=to_enterprise, width=190),
        Column("unit", say("单元", "Unit"), links=to_unit),
        Column("rule", say("规则", "Rule")),
        Column("level", say("级别", "Level"), width=70),
        Column("state", say("状态", "State"), words=state_words(say), width=190),
        Column("enterprise", say("企业编号", "Enterprise id"), links=to_enterprise, width=110),
    ]


def acknowledged(say: Say) -> list[ValueMapping]:
    """Whether somebody has seen it."""
    return [words_for({"true": (say("已确认", "yes"), CALM), "false": (say("✱ 待确认", "✱ not yet"), ORANGE)})]


def state_words(say: Say) -> list[ValueMapping]:
    """States of alarms (docs/reference/alarm-states.md)."""
    return [
        words_for(
            {
                "active_unacknowledged": (say("生效，待确认", "active, not acknowledged"), RED),
                "active_acknowledged": (say("生效，已确认", "active, acknowledged"), ORANGE),
                "returned_unacknowledged": (say("已恢复，待确认", "cleared, not acknowledged"), INK),
                "latched_unacknowledged": (say("闭锁，待确认", "latched, not acknowledged"), INK),
                "latched_acknowledged": (say("闭锁，待复位", "latched, to be reset"), INK),
                "closed": (say("已关闭", "closed"), CALM),
            }
        )
    ]


def event_words(say: Say) -> list[ValueMapping]:
    """Events of alarms (docs/reference/events.md)."""
    return [
        words_for(
            {
                "raised": (say("发生", "raised"), RED),
                "upgraded": (say("升级", "upgraded"), RED),
                "downgraded": (say("降级", "downgraded"), INK),
                "cleared": (say("恢复", "cleared"), INK),
                "acknowledged": (say("确认", "acknowledged"), CALM),
                "reset": (say("复位", "reset"), CALM),
                "shelved": (say("搁置", "shelved"), CALM),
                "unshelved": (say("取消搁置", "unshelved"), CALM),
                "escalated": (say("升级通知", "escalated"), ORANGE),
                "closed": (say("关闭", "closed"), CALM),
            }
        )
    ]


def disposal_words(say: Say) -> list[ValueMapping]:
    """States of disposals (docs/reference/disposal.md)."""
    return [
        words_for(
            {
                "open": (say("✱ 待接手", "✱ open"), ORANGE),
                "assigned": (say("已指派", "assigned"), INK),
                "in_progress": (say("处理中", "in progress"), INK),
                "submitted": (say("待核实", "to be verified"), INK),
                "verified": (say("已核实", "verified"), CALM),
                "closed": (say("已关闭", "closed"), CALM),
            }
        )
    ]


def late_words(say: Say) -> list[ValueMapping]:
    """Which deadline a disposal has missed."""
    return [
        words_for(
            {
                "assign": (say("◆ 接手逾期", "◆ not taken in time"), RED),
                "close": (say("◆ 关闭逾期", "◆ not closed in time"), RED),
            }
        )
    ]


def alarm_history(say: Say, *conditions: str) -> table.Panel:
    """Alarms raised in the time shown, the newest first."""
    face = Face(
        say("时段内的告警", "Alarms in this time"),
        say(
            "在所选时间内发生的告警，最多 1000 条，最新的在前。来源：alarm_span。",
            "Alarms raised in the time shown, 1000 at most, the newest first. From: alarm_span.",
        ),
        say("所选时间内没有告警", "No alarm in this time"),
    )
    fields = (
        '"subject", "rule", "level", "colour", "state", "raised_at", "duration_s", "acknowledge_s", "value", "limit"'
    )
    text = f'SELECT {fields} FROM "alarm_span" WHERE {where(REAL, *conditions, IN_TIME)} ORDER BY time DESC LIMIT 1000'
    columns = [
        Column("raised_at", say("发生时刻", "Raised"), WHEN, width=160),
        Column("colour", say("颜色", "Colour"), "none", words=grades(say), width=90),
        Column("subject", say("对象", "Subject")),
        Column("rule", say("规则", "Rule")),
        Column("level", say("级别", "Level"), width=70),
        Column("value", say("最近数值", "Last value"), "none", width=100, decimals=2),
        Column("limit", say("限值", "Limit"), "none", width=90, decimals=2),
        Column("duration_s", say("持续", "Lasted"), "s", width=110, decimals=0),
        Column("acknowledge_s", say("确认用时", "Acknowledged after"), "s", width=140, decimals=0),
        Column("state", say("状态", "State"), words=state_words(say)),
    ]
    return rows(face, [rows_of(text)], columns, sort="raised_at")


def raised_per_ten_minutes(say: Say, *conditions: str) -> timeseries.Panel:
    """The course by which floods are seen."""
    face = Face(
        say("每 10 分钟新告警", "Alarms per ten minutes"),
        say(
            "每 10 分钟发生的告警数。超过 10 条开始泛滥，少于 5 条结束"
            "（ISA-18.2、EEMUA 191 的二手资料）。来源：alarm_span。",
            "Alarms raised in each ten minutes. More than 10 begin a flood, fewer than 5 end it (as secondary sources "
            "give ISA-18.2 and EEMUA 191). From: alarm_span.",
        ),
        say("所选时间内没有告警", "No alarm in this time"),
    )
    narrowed = where(REAL, '"historical" = false', *conditions, IN_TIME)
    text = f'SELECT count("alarm") FROM "alarm_span" WHERE {narrowed} GROUP BY time(10m) fill(0)'
    name = say("新告警", "alarms raised")
    panel = course(
        face,
        [series(text, name)],
        style=GraphDrawStyle.BARS,
        low=0,
        colours=steps(INK, (5, YELLOW), (11, RED)),
        marked=True,
    )
    return named(panel, name, name, BLUE)
