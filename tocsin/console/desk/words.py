"""What several pages of the desk say."""

from typing import Final

from tocsin.console.words import Table

DESK: Final = Table(
    {
        "refused": ("未执行：{reason}", "Not done: {reason}"),
        "unavailable": (
            "未记录任何操作：告警服务没有应答。",
            "Nothing was recorded: the alarm service does not answer.",
        ),
        "gone": ("该内容已不存在，或不在您的范围内", "there is no such thing any more, or it is not in your sight"),
        "needed": ("必须填写", "Needed"),
        "filters": ("筛选", "Filters"),
        "exercise": ("演练", "EXERCISE"),
    }
)
