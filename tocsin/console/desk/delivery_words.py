"""What the page about delivery says."""

from typing import Final

from tocsin.console.words import Table

DELIVERY: Final = Table(
    {
        "title": ("通知送达", "Delivery"),
        "nav": ("送达", "Delivery"),
        "intro": (
            "某条告警通知了谁、何时、如何送达，见该告警的页面。",
            "Who was told of an alarm, when and by what way, stands on the alarm's page.",
        ),
        "channels": ("通道（过去 24 小时）", "Channels, over the last 24 hours"),
        "channel": ("通道", "Channel"),
        "state": ("状态", "State"),
        "working": ("正常", "works"),
        "failing": ("最近一次失败", "its last attempt failed"),
        "idle": ("无发送", "nothing sent"),
        "delivered": ("成功", "Delivered"),
        "failed": ("失败", "Failed"),
        "throttled": ("限流", "Throttled"),
        "due": ("待发送", "Owed"),
        "oldest": ("最早一条 {time}", "oldest of {time}"),
        "held": ("待批准", "Held"),
        "dead": ("全部失败", "Given up"),
        "last_good": ("最近成功", "Last delivered"),
        "last_bad": ("最近失败 {time}：{error}", "Last failed {time}: {error}"),
        "no_channels": ("还没有发送过通知。", "Nothing has been sent yet."),
        "held_title": ("等待批准的通知", "Calls that wait for an approval"),
        "held_none": ("没有等待批准的通知。", "No call waits for an approval."),
        "held_for": ("需由其中一人批准：{names}", "One of these approves: {names}"),
        "held_not_you": ("您不在批准人之列", "you are none of them"),
        "approve": ("批准发送", "Approve"),
        "reject": ("不予发送", "Reject"),
        "sure_approve": ("批准发送这条通知？", "Let this call go out?"),
        "sure_reject": ("永久停止这条通知？", "Stop this call for good?"),
        "approved": ("已批准", "Approved"),
        "rejected": ("已停止", "Stopped"),
        "dead_title": ("送不出去的通知", "Dead letters: every way failed"),
        "dead_none": ("没有送不出去的通知。", "There is none."),
        "dead_help": (
            "查明原因后，由管理员在服务器上执行 tocsin notices resend 重新发送。",
            "Once the cause is mended, the administrator puts them back with tocsin notices resend.",
        ),
        "due_title": ("待发送的通知", "Calls that are owed"),
        "due_none": ("没有积压。", "Nothing is owed."),
        "more": ("只显示前 {n} 条。", "The first {n}."),
        "when": ("时间", "When"),
        "alarm": ("告警", "Alarm"),
        "to": ("对象", "To"),
        "purpose": ("事由", "For"),
        "why": ("原因", "Why"),
        "purpose_alarm": ("告警", "alarm"),
        "purpose_escalation": ("升级", "escalation"),
        "enterprise": ("企业", "Enterprise"),
    }
)
