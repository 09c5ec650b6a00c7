"""How well alarms serve those who answer them: ISA-18.2's and EEMUA 191's figures, as secondary sources give them."""

from grafana_foundation_sdk.builders import bargauge, stat, table
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue

from dashboards.board import Board
from dashboards.colours import GOOD, GRADES, INK, ORANGE, RED, YELLOW, grade_words, steps
from dashboards.influxql import IN_TIME, OF_ENTERPRISE, REAL, Query, series, where
from dashboards.influxql import table as rows_of
from dashboards.links import field, in_cell
from dashboards.panels import Face, bars, figure
from dashboards.say import Say
from dashboards.shared import SEVERITIES, alive, raised_per_ten_minutes
from dashboards.tables import Column, counted_by, first_rows, rows
from dashboards.variables import enterprise, region

RAISED = where(REAL, '"historical" = false', OF_ENTERPRISE, IN_TIME)


def build(say: Say) -> Board:
    board = Board(
        "kpi",
        say,
        say("警钟 · 告警绩效", "Tocsin · Alarm performance"),
        say(
            "告警速率、泛滥、确认用时与告警来源（ISA-18.2、EEMUA 191 的二手资料）；月报以 tocsin report 为准",
            "Rates, floods, time to acknowledge, sources (as secondary sources give ISA-18.2 and EEMUA 191); "
            "what counts for a month is tocsin report",
        ),
        since="now-24h",
        refresh="5m",
    )
    board.variable(region(say), enterprise(say, every=True))
    board.row(
        4,
        (4, _alarms(say)),
        (4, _per_hour(say)),
        (4, _peak(say)),
        (4, _busy(say)),
        (4, _standing(say)),
        (4, alive(say)),
    )
    board.row(4, (6, _acknowledge(say, 50)), (6, _acknowledge(say, 95)), (6, _fleeting(say)), (6, _historical(say)))
    board.row(9, (14, raised_per_ten_minutes(say, OF_ENTERPRISE)), (10, _priorities(say)))
    board.row(10, (12, _sources(say)), (12, _rules(say)))
    return board


def _count(*conditions: str) -> str:
    return f'SELECT count("alarm") FROM "alarm_span" WHERE {where(*conditions)}'


def _alarms(say: Say) -> stat.Panel:
    face = Face(
        say("告警数", "Alarms"),
        say(
            "所选时间内发生的告警数，不含迟到与演练。来源：alarm_span。",
            "Raised in the time shown, without late ones and exercises. From: alarm_span.",
        ),
        "0",
    )
    return figure(face, series(_count(RAISED), "n"), decimals=0)


def _per_hour(say: Say) -> stat.Panel:
    face = Face(
        say("最多每小时", "Most in an hour"),
        say(
            "告警最多的一个小时内的告警数；每席位 6 条可接受，12 条为上限。来源：alarm_span。",
            "Alarms of the fullest hour; 6 a console are acceptable, 12 the most to be managed. From: alarm_span.",
        ),
        "0",
    )
    text = f'SELECT max("n") FROM ({_spans("1h")})'
    return figure(face, series(text, "n"), colours=steps(GOOD, (7, YELLOW), (13, RED)), decimals=0)


def _peak(say: Say) -> stat.Panel:
    face = Face(
        say("10 分钟峰值", "Peak of ten minutes"),
        say(
            "告警最多的 10 分钟内的告警数；不应超过 10。来源：alarm_span。",
            "Alarms of the fullest ten minutes; no more than 10. From: alarm_span.",
        ),
        "0",
    )
    return figure(
        face, series(f'SELECT max("n") FROM ({_spans("10m")})', "n"), colours=steps(GOOD, (11, RED)), decimals=0
    )


def _busy(say: Say) -> stat.Panel:
    face = Face(
        say("繁忙时段占比", "Busy spans"),
        say(
            "超过 10 条告警的 10 分钟时段所占比例；应低于 1 %。来源：alarm_span。",
            "Share of ten-minute spans with more than 10 alarms; below 1 %. From: alarm_span.",
        ),
        "0 %",
    )
    busy = f'SELECT count("n") AS "busy" FROM ({_spans("10m")}) WHERE "n" > 10'
    all_spans = f'SELECT count("n") AS "spans" FROM ({_spans("10m")})'
    panel = figure(
        face, rows_of(busy, "A"), unit="percentunit", decimals=1, colours=steps(GOOD, (0.01, RED)), field="share"
    )
    panel.with_target(rows_of(all_spans, "B"))
    share = {
        "mode": "binary",
        "alias": "share",
        "binary": {"left": "busy", "operator": "/", "right": "spans"},
        "replaceFields": True,
    }
    panel.with_transformation(DataTransformerConfig("concatenate", options={"frameNameMode": "drop"}))
    return panel.with_transformation(DataTransformerConfig("calculateField", options=share))


def _spans(length: str) -> str:
    return f'SELECT count("alarm") AS "n" FROM "alarm_span" WHERE {RAISED} GROUP BY time({length}) fill(0)'


def _standing(say: Say) -> stat.Panel:
    face = Face(
        say("长期告警", "Standing alarms"),
        say(
            "持续超过 24 小时的告警数；每天应少于 5 条。来源：alarm_span。",
            "Alarms that have stood for more than 24 hours; fewer than 5 a day. From: alarm_span.",
        ),
        "0",
    )
    old = 'time > now() - 90d AND time < now() - 24h AND "state" =~ /^active/'
    text = _count(REAL, OF_ENTERPRISE, old)
    return figure(face, series(text, "n"), colours=steps(GOOD, (1, YELLOW), (5, RED)), decimals=0)


def _acknowledge(say: Say, percent: int) -> stat.Panel:
    title = (
        say("确认用时中位数", "Time to acknowledge, median")
        if percent == 50
        else say("确认用时 95 % 分位", "Time to acknowledge, 95 %")
    )
    face = Face(
        title,
        say(
            "从发生到确认；所选时间内发生且已确认的告警。来源：alarm_span。",
            "From raised to acknowledged, of alarms raised in the time shown. From: alarm_span.",
        ),
        say("没有已确认的告警", "none acknowledged"),
    )
    text = f'SELECT percentile("acknowledge_s", {percent}) FROM "alarm_span" WHERE {RAISED}'
    return figure(face, series(text, "s"), unit="s", decimals=0, colours=steps(GOOD, (600, ORANGE)))


def _fleeting(say: Say) -> stat.Panel:
    face = Face(
        say("瞬时告警", "Fleeting alarms"),
        say(
            "不到 10 秒就恢复的告警数：没有人来得及处理。来源：alarm_span。",
            "Over within 10 seconds: nobody could have answered. From: alarm_span.",
        ),
        "0",
    )
    return figure(face, series(_count(RAISED, '"duration_s" < 10'), "n"), colours=steps(GOOD, (1, YELLOW)), decimals=0)


def _historical(say: Say) -> stat.Panel:
    face = Face(
        say("迟到的告警", "Late alarms"),
        say(
            "发生很久以后才得知的告警数，不计入其他数字。来源：alarm_span。",
            "Known only long after they happened; they count in no other figure. From: alarm_span.",
        ),
        "0",
    )
    text = _count(REAL, '"historical" = true', OF_ENTERPRISE, IN_TIME)
    return figure(face, series(text, "n"), colours=steps(GOOD, (1, ORANGE)), decimals=0)


def _priorities(say: Say) -> bargauge.Panel:
    face = Face(
        say("优先级分布", "Priorities"),
        say(
            "按最严重颜色统计的告警数；建议约为红 5 %、橙 15 %、黄蓝 80 %。来源：alarm_span。",
            "Alarms by the worst severity each had; about 5 % red, 15 % orange, 80 % yellow and blue are advised. "
            "From: alarm_span.",
        ),
        say("所选时间内没有告警", "No alarm in this time"),
    )
    panel = bars(face, _of_severity("red", 4, say, "A"), colours=steps(INK))
    for (severity, number), ref in zip(SEVERITIES[1:], "BCD", strict=True):
        panel.with_target(_of_severity(severity, number, say, ref))
    for _, number in SEVERITIES:
        fixed = {"mode": "fixed", "fixedColor": GRADES[number]}
        panel.override_by_name(grade_words(say)[number], [DynamicConfigValue("color", fixed)])
    return panel


def _of_severity(severity: str, number: int, say: Say, ref: str) -> Query:
    text = _count(f"\"severity\" = '{severity}'", RAISED)
    return series(text, grade_words(say)[number], ref)


def _sources(say: Say) -> table.Panel:
    face = Face(
        say("前十来源", "Top ten sources"),
        say(
            "告警最多的十个来源（对象、规则、方向）；合计应低于 5 %。来源：alarm_span。",
            "The ten sources (subject, rule, side) with most alarms; together below 5 %. From: alarm_span.",
        ),
        say("所选时间内没有告警", "No alarm in this time"),
    )
    point = {"enterprise": field("enterprise"), "unit": field("unit"), "point": field("subject")}
    columns = [
        Column("enterprise", say("企业", "Enterprise"), width=110),
        Column("unit", say("单元", "Unit")),
        Column("subject", say("对象", "Subject"), links=in_cell(say, say("测点", "Point"), "point", point)),
        Column("rule", say("规则", "Rule")),
        Column("side", say("方向", "Side"), width=70),
        Column("alarm (count)", say("告警数", "Alarms"), "none", width=90),
    ]
    count = counted_by("enterprise", "unit", "subject", "rule", "side")
    return rows(face, [_raised()], columns, first=[*count, first_rows(10)])


def _rules(say: Say) -> table.Panel:
    face = Face(
        say("告警最多的规则", "Rules with most alarms"),
        say("所选时间内告警最多的十条规则。来源：alarm_span。", "The ten rules with most alarms. From: alarm_span."),
        say("所选时间内没有告警", "No alarm in this time"),
    )
    columns = [
        Column("rule", say("规则", "Rule")),
        Column("alarm (count)", say("告警数", "Alarms"), "none", width=90),
    ]
    return rows(face, [_raised()], columns, first=[*counted_by("rule"), first_rows(10)])


def _raised() -> Query:
    fields = '"alarm", "enterprise", "unit", "subject", "rule", "side"'
    return rows_of(f'SELECT {fields} FROM "alarm_span" WHERE {RAISED} ORDER BY time DESC LIMIT 10000')
