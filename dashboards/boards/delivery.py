"""Delivery proof: was everybody told, how long did it take, what failed, and what came back."""

from grafana_foundation_sdk.builders import stat, table, timeseries
from grafana_foundation_sdk.models.common import GraphDrawStyle

from dashboards.board import Board
from dashboards.colours import CALM, GOOD, INK, NO_DATA, ORANGE, RED, YELLOW, steps, words_for
from dashboards.influxql import IN_TIME, series, summed_last, where
from dashboards.influxql import table as rows_of
from dashboards.links import field, in_cell
from dashboards.panels import Face, course, figure, named
from dashboards.say import Say
from dashboards.shared import alive
from dashboards.tables import Column, rows
from dashboards.variables import channel

OF_CHANNEL = '"channel" =~ /^$channel$/'
DELIVERED = "\"result\" = 'delivered'"


def build(say: Say) -> Board:
    board = Board(
        "delivery",
        say,
        say("警钟 · 送达证明", "Tocsin · Delivery proof"),
        say("每个渠道欠发、失败、用时与回执", "What each channel owes, what failed, how long it took, receipts"),
        refresh="30s",
    )
    board.variable(channel(say))
    board.row(4, *_now(say), (5, _wait(say, 50)), (5, _wait(say, 95)), (3, alive(say)))
    board.row(9, (14, _results(say)), (10, _channels(say)))
    board.row(12, (24, _attempts(say)))
    return board


def _now(say: Say) -> list[tuple[int, stat.Panel]]:
    due = Face(
        say("待发送", "Owed"),
        say("现在欠发的通知呼叫数。来源：delivery。", "Calls owed now. From: delivery."),
        say("没有渠道", "no channel"),
    )
    dead = Face(
        say("死信", "Dead letters"),
        say(
            "每条途径都失败、已放弃的通知：有人没有被通知到。来源：delivery。",
            "Given up, since every way failed: somebody was not told. From: delivery.",
        ),
        say("没有渠道", "no channel"),
    )
    oldest = Face(
        say("最久未发", "Longest owed"),
        say(
            "欠发最久的通知已等待的时间。来源：delivery。",
            "How long the oldest of the owed calls waits. From: delivery.",
        ),
        say("没有渠道", "no channel"),
    )
    inner = f'SELECT last("oldest_due_s") AS "n" FROM "delivery" WHERE {where(OF_CHANNEL, IN_TIME)} GROUP BY "channel"'
    longest = series(f'SELECT max("n") FROM ({inner})', "oldest")
    return [
        (
            4,
            figure(
                due,
                series(summed_last("delivery", "due", "channel", OF_CHANNEL), "due"),
                colours=steps(GOOD, (10, YELLOW)),
                decimals=0,
            ),
        ),
        (
            4,
            figure(
                dead,
                series(summed_last("delivery", "dead", "channel", OF_CHANNEL), "dead"),
                colours=steps(GOOD, (1, RED)),
                decimals=0,
            ),
        ),
        (3, figure(oldest, longest, unit="s", decimals=0, colours=steps(GOOD, (60, ORANGE), (300, RED)))),
    ]


def _wait(say: Say, percent: int) -> stat.Panel:
    title = (
        say("送达用时中位数", "Until delivered, median")
        if percent == 50
        else say("送达用时 95 % 分位", "Until delivered, 95 %")
    )
    face = Face(
        title,
        say("从欠发到渠道接受。来源：attempt。", "From being owed to being taken by the channel. From: attempt."),
        say("所选时间内没有送达", "nothing delivered in this time"),
    )
    text = f'SELECT percentile("wait_s", {percent}) FROM "attempt" WHERE {where(DELIVERED, OF_CHANNEL, IN_TIME)}'
    return figure(face, series(text, "s"), unit="s", decimals=1, colours=steps(GOOD, (30, ORANGE), (60, RED)))


def _results(say: Say) -> timeseries.Panel:
    face = Face(
        say("发送尝试的结果", "Attempts by result"),
        say("每个间隔内的发送尝试。来源：attempt。", "Attempts to tell somebody, in each interval. From: attempt."),
        say("所选时间内没有发送", "no attempt in this time"),
    )
    narrowed = where(OF_CHANNEL, IN_TIME)
    text = f'SELECT count("alarm") FROM "attempt" WHERE {narrowed} GROUP BY time($__interval), "result" fill(none)'
    panel = course(face, [series(text, "$tag_result")], style=GraphDrawStyle.BARS, stacked=True, low=0)
    named(panel, "delivered", say("已送达", "delivered"), GOOD)
    named(panel, "failed", say("失败", "failed"), RED)
    named(panel, "throttled", say("限流", "throttled"), ORANGE)
    return named(panel, "skipped", say("跳过", "skipped"), NO_DATA)


def _channels(say: Say) -> table.Panel:
    face = Face(
        say("渠道", "Channels"),
        say(
            "每个渠道现在欠发多少、放弃多少、最久等了多久。来源：delivery。",
            "What each channel owes, gave up, and how long the oldest waits. From: delivery.",
        ),
        say("没有渠道", "no channel"),
    )
    text = (
        'SELECT last("due") AS "due", "dead", "oldest_due_s" FROM "delivery" '
        f'WHERE {where(OF_CHANNEL, IN_TIME)} GROUP BY "channel"'
    )
    columns = [
        Column("channel", say("渠道", "Channel")),
        Column("due", say("待发送", "Owed"), "none", width=90),
        Column("dead", say("死信", "Dead"), "none", width=90),
        Column("oldest_due_s", say("最久未发", "Longest owed"), "s", width=120, decimals=0),
    ]
    return rows(face, [rows_of(text)], columns, sort="dead")


def _attempts(say: Say) -> table.Panel:
    face = Face(
        say("发送记录", "Attempts"),
        say(
            "所选时间内的发送尝试与回执，最多 500 条，最新的在前。来源：attempt。",
            "Attempts in the time shown and their receipts, 500 at most, newest first. From: attempt.",
        ),
        say("所选时间内没有发送", "no attempt in this time"),
    )
    fields = (
        '"channel", "contact", "result", "purpose", "enterprise", "alarm", "together", "wait_s", "receipt", "error"'
    )
    text = f'SELECT {fields} FROM "attempt" WHERE {where(OF_CHANNEL, IN_TIME)} ORDER BY time DESC LIMIT 500'
    results = words_for(
        {
            "delivered": (say("✔ 已送达", "✔ delivered"), GOOD),
            "failed": (say("✖ 失败", "✖ failed"), RED),
            "throttled": (say("◷ 限流", "◷ throttled"), ORANGE),
            "skipped": (say("→ 跳过", "→ skipped"), NO_DATA),
        }
    )
    receipts = words_for(
        {
            "none": (say("无回执", "none"), CALM),
            "pending": (say("等待回执", "pending"), INK),
            "confirmed": (say("✔ 已确认收到", "✔ confirmed"), GOOD),
            "undelivered": (say("✖ 未收到", "✖ undelivered"), RED),
        }
    )
    link = in_cell(say, say("企业", "Enterprise"), "enterprise", {"enterprise": field("enterprise")})
    columns = [
        Column("Time", say("时刻", "At"), "dateTimeAsIso", width=160),
        Column("channel", say("渠道", "Channel"), width=110),
        Column("contact", say("联系人", "Contact")),
        Column("result", say("结果", "Result"), words=[results], width=120),
        Column("receipt", say("回执", "Receipt"), words=[receipts], width=130),
        Column("purpose", say("用途", "Purpose"), width=110),
        Column("enterprise", say("企业", "Enterprise"), links=link, width=110),
        Column("alarm", say("告警", "Alarm"), width=160),
        Column("together", say("合并条数", "Together"), "none", width=90),
        Column("wait_s", say("等待", "Waited"), "s", width=90, decimals=1),
        Column("error", say("错误", "Error")),
    ]
    return rows(face, [rows_of(text)], columns, sort="Time", filterable=True)
