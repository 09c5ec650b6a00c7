"""What the pages of the trail and of the settings check say."""

from typing import Final

from tocsin.console.words import Table

AUDIT: Final = Table(
    {
        "title": ("审计记录", "Audit trail"),
        "nav": ("审计", "Audit"),
        "intro": (
            "何人何时做了什么。每条与前一条以散列相连，不能改动。",
            "Who did what, and when. Each entry is bound to the one before it by a hash.",
        ),
        "accounts": ("登录与账户的记录", "Sign-ins and accounts"),
        "who": ("何人", "Who"),
        "about": ("关于（告警、编号）", "About (an alarm, an id)"),
        "days": ("时段", "Over"),
        "days_n": ("最近 {n} 天", "the last {n} days"),
        "show": ("筛选", "Show"),
        "none": ("没有符合条件的记录。", "Nothing fits."),
        "most": ("只显示最新的 {n} 条。", "The newest {n}."),
        "n": ("序号", "No."),
        "when": ("时间", "When"),
        "what": ("做了什么", "What"),
        "details": ("详情", "Details"),
        "refused": ("未执行：{reason}", "refused: {reason}"),
        "itself": ("系统", "by itself"),
    }
)

SETTINGS: Final = Table(
    {
        "title": ("设置检查", "Settings check"),
        "nav": ("设置检查", "Settings"),
        "doctor": ("各部分检查", "What the doctor finds"),
        "looking": ("正在检查……", "Looking ..."),
        "again": ("重新检查", "Look again"),
        "failed": ("无法检查：{reason}", "It can't be looked at: {reason}"),
        "own": ("系统自身的告警", "Tocsin's alarms about itself"),
        "own_none": ("没有。", "None."),
        "since": ("{time} 起", "since {time}"),
        "versions": ("版本", "Versions"),
        "product": ("警钟", "Tocsin"),
        "configuration": ("规则与测点", "Rules and points"),
        "configuration_of": ("{digest}，{time} 起生效", "{digest}, in force since {time}"),
        "site": ("站点", "Site"),
        "size": ("规模", "Size"),
        "size_of": (
            "{enterprises} 家企业，{units} 个单元，{points} 个测点，{rules} 条规则",
            "{enterprises} enterprises, {units} units, {points} points, {rules} rules",
        ),
        "in_force": ("生效的设置", "Settings in force"),
        "masked": ("密钥与电话已隐去。", "Secrets and telephone numbers are masked."),
    }
)
