"""What the pages of hazard reports say."""

from typing import Final

from tocsin.console.words import Table

HAZARD_REPORTS: Final = Table(
    {
        "title": ("隐患举报与检查", "Hazard reports"),
        "nav": ("举报与检查", "Hazard reports"),
        "show_open": ("未办结", "Open"),
        "show_closed": ("已办结", "Closed"),
        "show_all": ("全部", "All"),
        "take": ("登记举报", "Take one in"),
        "none": ("没有。", "None."),
        "older": ("更早的", "Older ones"),
        "newest": ("回到最新", "Back to the newest"),
        "kind_hotline": ("12350 热线", "hotline 12350"),
        "kind_inspection": ("检查发现", "inspection"),
        "state_new": ("新", "new"),
        "state_linked": ("已关联告警", "linked with an alarm"),
        "state_closed": ("已办结", "closed"),
        "shared": ("已向企业公开", "the enterprise may read it"),
        "not_shared": ("未向企业公开", "not shared with the enterprise"),
        "kind": ("来源", "From"),
        "text": ("内容", "What is reported"),
        "where": ("地点", "Where"),
        "unit": ("单元编号", "Unit (id)"),
        "enterprise": ("企业", "Enterprise"),
        "no_enterprise": ("不清楚", "Not known"),
        "place": ("地点描述", "Place, in words"),
        "name": ("举报人姓名（可不填）", "Who reported: name (optional)"),
        "phone": ("举报人电话（可不填）", "Who reported: phone (optional)"),
        "privacy": (
            "举报人信息单独保存，查看会留下记录。",
            "Who reported is kept apart; every look at it is recorded.",
        ),
        "share": ("允许企业查看内容", "The enterprise may read it"),
        "do_take": ("登记", "Take it in"),
        "taken": ("已登记", "Taken in"),
        "needed": ("必须填写", "Needed"),
        "needed_where": ("请填写单元、企业或地点", "say where: a unit, an enterprise or a place"),
    }
)

HAZARD_REPORT: Final = Table(
    {
        "title": ("隐患举报", "Hazard report"),
        "back": ("全部举报", "All reports"),
        "about": ("内容", "The report"),
        "received": ("登记", "Received"),
        "by_at": ("{name}，{at}", "{name}, {at}"),
        "state": ("状态", "State"),
        "from": ("来源", "From"),
        "where": ("地点", "Where"),
        "alarm": ("关联告警", "Alarm"),
        "reporter": ("举报人", "Who reported"),
        "nobody": ("匿名", "anonymous"),
        "show_reporter": ("查看举报人（会留下记录）", "Show who reported (this is recorded)"),
        "steps": ("经过", "What happened"),
        "step_received": ("登记", "received"),
        "step_linked": ("关联告警", "linked"),
        "step_shared": ("向企业公开", "shared"),
        "step_closed": ("办结", "closed"),
        "step_reopened": ("重新打开", "opened again"),
        "step_reporter": ("查看举报人", "looked who reported"),
        "acts": ("可以做的", "What can be done"),
        "link": ("关联告警", "Link an alarm"),
        "link_which": ("同一地点的告警", "Alarms of the same place"),
        "link_none": ("该地点没有未关闭的告警。", "No alarm is open there."),
        "share": ("向企业公开", "Share with the enterprise"),
        "sure_share": ("允许企业查看这条举报的内容？", "Let the enterprise read this report?"),
        "close": ("办结", "Close"),
        "reopen": ("重新打开", "Open again"),
        "why": ("处理结果或原因", "Why, or what came of it"),
        "needed": ("必须填写", "Needed"),
        "done": ("已记录", "Recorded"),
    }
)
