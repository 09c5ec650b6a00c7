"""What the answer pages say, in both languages."""

from dataclasses import dataclass
from typing import Final

from alerts.channels.port import Language
from alerts.machine import State


@dataclass(frozen=True, slots=True)
class Words:
    """One language. Braces are filled by who uses the text."""

    lang: str
    title: str
    exercise: str
    late: str
    states: dict[State, str]
    where: str
    since: str
    value: str
    limit: str
    state: str
    ended: str
    guidance: str
    acknowledged: str
    nobody: str
    risen: str
    seen_changed: str
    centre_too: str
    you: str
    comment: str
    comment_hint: str
    button: str
    nothing_yet: str
    thanks: str
    by_at: str
    over: str
    refused: str
    expired_title: str
    expired: str
    unknown_title: str
    unknown: str
    down_title: str
    down: str
    down_call: str
    stale_form: str
    too_long: str
    often_title: str
    often: str
    time: str


ZH: Final = Words(
    lang="zh-CN",
    title="安全生产告警",
    exercise="演练：非真实告警",
    late="迟报：事后得知的告警",
    states={
        State.ACTIVE_UNACKNOWLEDGED: "正在报警，尚无人确认",
        State.ACTIVE_ACKNOWLEDGED: "正在报警，已确认",
        State.RETURNED_UNACKNOWLEDGED: "已恢复，尚无人确认",
        State.LATCHED_UNACKNOWLEDGED: "已恢复，待确认、待复位",
        State.LATCHED_ACKNOWLEDGED: "已恢复，已确认，待复位",
        State.CLOSED: "已结束",
    },
    where="位置",
    since="报警时间",
    value="数值",
    limit="限值",
    state="状态",
    ended="恢复时间",
    guidance="处置建议",
    acknowledged="确认记录",
    nobody="尚无人确认",
    risen="发出该消息后，告警已升为{severity}{level}。请先看清当前情况再确认。",
    seen_changed="您打开页面后告警发生了变化，本次未确认。请看清当前情况后再次确认。",
    centre_too="您的确认表示企业已着手处置；红色告警还须由监管中心确认，中心的逐级通知不会停止。",
    you="以 {name} 的身份确认",
    comment="备注（可不填）",
    comment_hint="例如：正在赶往现场",
    button="确认收到此告警",
    nothing_yet="打开本页并不代表确认，点击按钮才算确认。",
    thanks="已记录您的确认。",
    by_at="{name}，{at}",
    over="此告警已结束，无需再确认。",
    refused="未能确认：{reason}",
    expired_title="链接已过期",
    expired="请使用最近一条消息中的链接。",
    unknown_title="没有这条告警",
    unknown="台账中没有这条告警。",
    down_title="暂时无法记录",
    down="系统暂时不可用，您的确认没有被记录。",
    down_call="请致电监管中心：{phone}",
    stale_form="页面已失效，本次未确认。请再次点击按钮。",
    too_long="备注过长，最多 {most} 个字，本次未确认。",
    often_title="请求过于频繁",
    often="请稍候再试。",
    time="{0.month}月{0.day}日 {0:%H:%M:%S}",
)

EN: Final = Words(
    lang="en",
    title="Work-safety alarm",
    exercise="Exercise: not a real alarm",
    late="Late: it came to be known afterwards",
    states={
        State.ACTIVE_UNACKNOWLEDGED: "Active, acknowledged by nobody",
        State.ACTIVE_ACKNOWLEDGED: "Active, acknowledged",
        State.RETURNED_UNACKNOWLEDGED: "Returned to normal, acknowledged by nobody",
        State.LATCHED_UNACKNOWLEDGED: "Returned to normal, to be acknowledged and reset",
        State.LATCHED_ACKNOWLEDGED: "Returned to normal, acknowledged, to be reset",
        State.CLOSED: "Over",
    },
    where="Where",
    since="Raised",
    value="Value",
    limit="Limit",
    state="State",
    ended="Returned",
    guidance="What to do",
    acknowledged="Acknowledgements",
    nobody="None yet",
    risen="Since this message was sent the alarm has risen to {severity}{level}. Read it before you acknowledge.",
    seen_changed="The alarm has changed since you opened this page: nothing was acknowledged. Read it and try again.",
    centre_too="It says that the enterprise is acting. The centre has to acknowledge a red alarm too, and goes on "
    "being told of it.",
    you="You answer as {name}",
    comment="Comment (optional)",
    comment_hint="Such as: on my way",
    button="I acknowledge this alarm",
    nothing_yet="Opening this page acknowledges nothing: use the button.",
    thanks="Your acknowledgement is on record.",
    by_at="{name}, {at}",
    over="This alarm is over. There is nothing left to acknowledge.",
    refused="Not acknowledged: {reason}",
    expired_title="This link has expired",
    expired="Use the link of the newest message.",
    unknown_title="No such alarm",
    unknown="The alarm book does not hold this alarm.",
    down_title="This can't be recorded now",
    down="The system can't be reached: your acknowledgement is not on record.",
    down_call="Call the centre: {phone}",
    stale_form="The page was out of date: nothing was acknowledged. Use the button once more.",
    too_long="The comment is too long, allowed are {most} characters: nothing was acknowledged.",
    often_title="Too many requests",
    often="Wait a moment and try again.",
    time="{0.day} {0:%b %Y, %H:%M:%S}",
)

WORDS: Final[dict[Language, Words]] = {"zh": ZH, "en": EN}
