"""Tocsin's own health: is it there, does it keep up, is there room, are brokers connected, is history whole."""

from grafana_foundation_sdk.builders import stat, statetimeline, table, timeseries

from dashboards.board import Board
from dashboards.colours import BLUE, CALM, GOOD, INK, ORANGE, RED, YELLOW, steps, words_for
from dashboards.influxql import IN_TIME, last, series, where
from dashboards.influxql import table as rows_of
from dashboards.panels import Face, course, figure, named, states
from dashboards.say import Say
from dashboards.shared import alive
from dashboards.tables import Column, rows


def build(say: Say) -> Board:
    board = Board(
        "health",
        say,
        say("警钟 · 系统健康", "Tocsin · Its own health"),
        say("服务、数据源、历史库与磁盘", "The service, its sources, history and disk"),
    )
    board.row(4, (4, alive(say)), *_figures(say))
    board.row(9, (12, _checks(say)), (12, _sources(say)))
    board.row(8, (12, _readings(say)), (12, _lags(say)))
    board.row(8, (8, _backlog(say)), (8, _room(say)), (8, _aside(say)))
    return board


def _figures(say: Say) -> list[tuple[int, stat.Panel]]:
    kinds = (
        ("uptime_s", say("已运行", "Up for"), say("服务启动以来的时间", "Since the service started"), "s", steps(CALM)),
        (
            "alarms",
            say("未关闭告警", "Open alarms"),
            say("告警台账中未关闭的告警数", "Alarms in the book that are not closed"),
            "none",
            steps(CALM),
        ),
        (
            "disk_free_bytes",
            say("磁盘剩余", "Disk free"),
            say("数据文件夹所在磁盘的剩余空间", "Room left where the data folder is"),
            "bytes",
            steps(RED, (5e9, ORANGE), (2e10, GOOD)),
        ),
        (
            "history_lag_s",
            say("历史库滞后", "History behind"),
            say("最旧的未写入历史库的数据已等待的时间", "How far history is behind the log"),
            "s",
            steps(GOOD, (60, ORANGE), (600, RED)),
        ),
        (
            "unacknowledged_age_s",
            say("未落盘最久", "Oldest not durable"),
            say("最旧的、尚未向服务器确认的消息的年龄", "Age of the oldest message not yet acknowledged to its broker"),
            "s",
            steps(GOOD, (5, ORANGE), (30, RED)),
        ),
    )
    panels = []
    for name, title, about, unit, colours in kinds:
        face = Face(title, about + say("。来源：tocsin。", ". From: tocsin."), say("无数据", "no data"))
        panels.append((4, figure(face, series(last("tocsin", name), name), unit=unit, decimals=0, colours=colours)))
    return panels


def _checks(say: Say) -> table.Panel:
    face = Face(
        say("自检项目", "Checks"),
        say(
            "健康检查的最近结果与原因，有问题的在前。来源：health。",
            "The last result of each check and its reason, troubled ones first. From: health.",
        ),
        say("所选时间内没有检查结果", "no check in this time"),
    )
    text = f'SELECT last("ok") AS "ok", "reason" FROM "health" WHERE {IN_TIME} GROUP BY "check"'
    words = words_for({"1": (say("✔ 正常", "✔ ok"), GOOD), "0": (say("✖ 异常", "✖ trouble"), RED)})
    columns = [
        Column("ok", say("结果", "Result"), "none", words=[words], width=100),
        Column("check", say("项目", "Check"), width=220),
        Column("reason", say("原因", "Reason")),
    ]
    return rows(face, [rows_of(text)], columns, sort="ok", descending=False)


def _sources(say: Say) -> statetimeline.Panel:
    face = Face(
        say("数据源连接", "Sources"),
        say(
            "每个 MQTT 连接或监听端口何时连通、何时断开。来源：source。",
            "When each broker connection or listener was up or down. From: source.",
        ),
        say("所选时间内无数据", "no data in this time"),
    )
    words = words_for({"1": (say("✔ 连通", "✔ connected"), GOOD), "0": (say("✖ 断开", "✖ down"), RED)})
    text = f'SELECT min("connected") FROM "source" WHERE {IN_TIME} GROUP BY time($__interval), "source" fill(none)'
    return states(face, series(text, "$tag_source"), [words], steps(RED, (1, GOOD)))


def _max(field: str) -> str:
    return f'SELECT max("{field}") FROM "tocsin" WHERE {where(IN_TIME)} GROUP BY time($__interval) fill(none)'


def _readings(say: Say) -> timeseries.Panel:
    face = Face(
        say("每秒读数", "Readings a second"),
        say("写入历史库的读数速率。来源：tocsin。", "Readings written to history a second. From: tocsin."),
        say("所选时间内无数据", "no data in this time"),
    )
    text = (
        'SELECT non_negative_derivative(max("readings"), 1s) FROM "tocsin" '
        f"WHERE {IN_TIME} GROUP BY time($__interval) fill(none)"
    )
    name = say("读数/秒", "readings a second")
    return named(course(face, [series(text, name)], low=0, gap_ms=300_000), name, name, BLUE)


def _lags(say: Say) -> timeseries.Panel:
    face = Face(
        say("历史库滞后", "How far history is behind"),
        say(
            "原始读数与汇总落后于日志的时间。来源：tocsin。",
            "How far raw readings and roll-ups are behind the log. From: tocsin.",
        ),
        say("所选时间内无数据", "no data in this time"),
    )
    queries = [series(_max("history_lag_s"), "history", "A"), series(_max("rollup_lag_s"), "rollup", "B")]
    panel = course(face, queries, unit="s", low=0, gap_ms=300_000)
    named(panel, "history", say("原始读数", "raw readings"), BLUE)
    return named(panel, "rollup", say("汇总", "roll-ups"), ORANGE)


def _backlog(say: Say) -> timeseries.Panel:
    face = Face(
        say("积压", "Backlog"),
        say(
            "尚未判定的日志条目与尚未确认的消息。来源：tocsin。",
            "Log entries not decided, and messages not acknowledged. From: tocsin.",
        ),
        say("所选时间内无数据", "no data in this time"),
    )
    queries = [series(_max("engine_lag_entries"), "entries", "A"), series(_max("unacknowledged"), "messages", "B")]
    panel = course(face, queries, low=0, gap_ms=300_000)
    named(panel, "entries", say("未判定条目", "entries not decided"), BLUE)
    return named(panel, "messages", say("未确认消息", "messages not acknowledged"), ORANGE)


def _room(say: Say) -> timeseries.Panel:
    face = Face(
        say("日志与内存", "Journal and memory"),
        say(
            "日志文件在磁盘上的大小与进程内存。来源：tocsin。",
            "Size of the journal on disk, and the process's memory. From: tocsin.",
        ),
        say("所选时间内无数据", "no data in this time"),
    )
    queries = [series(_max("journal_bytes"), "journal", "A"), series(_max("memory_bytes"), "memory", "B")]
    panel = course(face, queries, unit="bytes", low=0, gap_ms=300_000)
    named(panel, "journal", say("日志文件", "journal"), BLUE)
    return named(panel, "memory", say("内存", "memory"), INK)


def _aside(say: Say) -> timeseries.Panel:
    face = Face(
        say("被隔离与被拒绝", "Set aside and refused"),
        say(
            "启动以来无法读取的值与消息，以及历史库拒收的行。来源：tocsin。",
            "Since the start: values and messages that could not be read, lines that history refused. From: tocsin.",
        ),
        say("所选时间内无数据", "no data in this time"),
    )
    queries = [
        series(_max("quarantined"), "quarantined", "A"),
        series(_max("history_rejected"), "rejected", "B"),
        series(_max("history_lost"), "lost", "C"),
    ]
    panel = course(face, queries, stepped=True, low=0, gap_ms=300_000)
    named(panel, "quarantined", say("隔离的值与消息", "set aside"), YELLOW)
    named(panel, "rejected", say("历史库拒收的行", "refused by history"), ORANGE)
    return named(panel, "lost", say("未写入即丢弃的条目", "dropped unwritten"), RED)
