"""What the dialogs say in which people act on alarms."""

from typing import Final

from tocsin.console.words import Table

ACTING: Final = Table(
    {
        "acknowledge": ("确认告警", "Acknowledge"),
        "reset": ("复位告警", "Reset"),
        "shelve": ("搁置告警", "Shelve"),
        "unshelve": ("取消搁置", "End the shelf"),
        "comment": ("添加备注", "Comment"),
        "of_one": ("{subject}：{text}", "{subject}: {text}"),
        "of_many": ("{n} 条告警，包括 {subjects}", "{n} alarms, among them {subjects}"),
        "red_among": ("其中红色告警 {n} 条", "{n} of them red"),
        "comment_field": ("备注（可不填）", "Comment (optional)"),
        "comment_needed": ("备注", "Comment"),
        "reason_field": ("搁置原因", "Why it is shelved"),
        "needed": ("必须填写", "Needed"),
        "until": ("搁置到", "Until"),
        "minutes": ("{n} 分钟", "{n} min"),
        "hours": ("{n} 小时", "{n} h"),
        "until_cleared": ("告警恢复后自动取消", "End it as soon as the alarm clears"),
        "shelve_note": (
            "搁置期间不再提醒；级别升高时自动取消。",
            "Nobody is told while it is shelved; it ends by itself when the alarm becomes worse.",
        ),
        "working": ("正在执行 {done}/{all}", "{done} of {all}"),
        "done_one": ("已{action}：{subject}", "{action}: {subject}"),
        "done_many": ("{action}：{n} 条", "{action}: {n} alarms"),
        "refused": ("{n} 条未执行：{reason}", "{n} not done: {reason}"),
        "unavailable": (
            "未记录任何操作：告警服务没有应答。",
            "Nothing was recorded: the alarm service does not answer.",
        ),
        "gone": ("该告警不在您的范围内", "the alarm is not in your sight"),
    }
)

REFUSALS: Final[dict[str, str]] = {
    "no such alarm": "没有这条告警",
    "the alarm was raised before": "告警已存在",
    "the alarm is not active": "告警未处于激活状态",
    "already acknowledged": "已被确认",
    "its condition is still on": "条件仍然成立，不能复位",
    "nothing is latched": "没有需要复位的内容",
    "the alarm is closed": "告警已结束",
    "a red alarm is shelved by the centre, not by the enterprise": "红色告警只能由监管中心搁置",
}
"""What the machine refuses with (alerts/machine.py, alerts/acting.py), in Chinese; others are shown as they are."""
