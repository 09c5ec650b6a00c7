"""What the pages about rules say."""

from typing import Final

from tocsin.console.words import Table

RULES: Final = Table(
    {
        "title": ("规则", "Rules"),
        "nav": ("规则", "Rules"),
        "intro": ("生效中的规则，按判定方式分组。", "The rules in force, by what they look at."),
        "search": ("编号、文字", "Id or words"),
        "all_kinds": ("全部", "All"),
        "what_if": ("假设分析", "What if"),
        "none": ("没有符合条件的规则。", "No rule fits."),
        "off": ("未启用", "switched off"),
        "points": ("{n} 个测点", "{n} points"),
        "versions": ("规则与测点的版本", "Versions of rules and points"),
        "at": ("生效时间", "In force from"),
        "who": ("何人", "Who"),
        "why": ("原因", "Why"),
        "digest": ("摘要", "Digest"),
        "changed": ("改动", "What changed"),
        "start": ("启动时的站点文件夹", "the site folder at a start"),
        "signal": ("重新读取站点文件夹", "the site folder, read again"),
        "show_change": ("查看改动", "Show"),
        "versions_most": ("只显示最近 {n} 个版本。", "The newest {n}."),
    }
)

RULE: Final = Table(
    {
        "title": ("规则", "Rule"),
        "back": ("全部规则", "All rules"),
        "about": ("规则内容", "What it says"),
        "id": ("编号", "Id"),
        "version": ("版本", "Version"),
        "state": ("状态", "State"),
        "on": ("启用", "switched on"),
        "off": ("未启用", "switched off"),
        "kind": ("判定方式", "Looks at"),
        "levels": ("级别", "Levels"),
        "after": ("持续 {seconds} 秒后报警", "after {seconds} s"),
        "never_suppress": ("不可屏蔽", "never suppressed"),
        "latch": ("闭锁，需复位", "latches"),
        "text": ("告警文字", "Text"),
        "guidance": ("处置建议", "What to do"),
        "no_guidance": ("没有处置建议。", "The rule gives no guidance."),
        "source": ("依据", "Source"),
        "no_source": ("未注明", "none is named"),
        "certainty": ("可信度", "Certainty"),
        "certainty_V": ("已核对出处（V）", "read in a source (V)"),
        "certainty_1V": ("仅一处弱出处（1V）", "one weak source (1V)"),
        "certainty_G": ("一般知识，未核对（G）", "general knowledge, not verified (G)"),
        "certainty_ED": ("工程默认值，非标准规定（ED）", "our engineering default, no standard's (ED)"),
        "certainty_practice": ("行业做法", "practice"),
        "values": ("全部数值及其来源", "Every value, and where it comes from"),
        "defaults": ("默认值", "Defaults"),
        "value": ("数值", "Value"),
        "name": ("项", "What"),
        "origin": ("来源", "From"),
        "points": ("适用的测点（{n}）", "The points that it watches ({n})"),
        "no_points": ("没有测点适用。", "It watches no point."),
        "points_most": ("只列出前 {n} 个。", "The first {n}."),
        "try": ("假设分析", "What if"),
    }
)

KINDS: Final = Table(
    {
        "limit": ("限值", "limits"),
        "discrete": ("开关量", "states"),
        "rate": ("变化率", "rate of change"),
        "window": ("时间窗统计", "statistics over a window"),
        "twa": ("时间加权平均", "time-weighted average"),
        "frozen": ("数值不变", "frozen values"),
        "stale": ("数据中断", "missing data"),
        "forecast": ("趋势预测", "forecasts"),
        "deviation": ("偏差", "deviation"),
        "vote": ("多点表决", "votes of several points"),
        "expression": ("表达式", "expressions"),
        "sequence": ("事件顺序", "sequences"),
        "range": ("量程", "the measuring range"),
        "clock": ("设备时钟", "device clocks"),
        "flapping": ("频繁通断", "flapping"),
        "calibration": ("校准到期", "calibration due"),
        "drift": ("漂移", "drift"),
        "gateway_down": ("网关失联", "gateways that are down"),
        "other": ("其他", "other"),
    }
)
"""What rules look at."""
