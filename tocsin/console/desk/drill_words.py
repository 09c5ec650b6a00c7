"""What the page of drills says."""

from typing import Final

from tocsin.console.words import Table

DRILLS: Final = Table(
    {
        "title": ("演练", "Drills"),
        "nav": ("演练", "Drills"),
        "intro": (
            "用已知真相的事故场景检验规则：该报的报了没有，多快，误报多少。不影响正在运行的服务。",
            "Scenarios whose truth is known are played through the rules: what was heard, how soon, what was false.",
        ),
        "new": ("新演练", "A new drill"),
        "which": ("场景（不选则全部）", "Scenarios (none: all that fit)"),
        "own_site": ("用本站点的测点与规则", "On this site's points and rules"),
        "own_fleets": ("用场景自带的设备", "On the scenarios' own fleets"),
        "seeds": ("随机种子数", "Seeds"),
        "live": ("通过正在运行的服务（演练主题）", "Through the running service, on exercise topics"),
        "live_off": (
            "不能做实况演练：未启用，请在 [exercise] 下设 enabled = true 并重启服务。",
            "No rehearsal of the running service: set enabled = true under [exercise], and restart it.",
        ),
        "live_no_broker": (
            "不能做实况演练：设置中没有消息服务器。",
            "No rehearsal of the running service: the settings name no broker.",
        ),
        "live_one": ("实况演练请选一个场景", "choose one scenario for it"),
        "speed": ("速度（倍）", "Speed (times)"),
        "begin": ("开始演练", "Begin"),
        "begun": ("演练已开始", "The drill has begun"),
        "running": ("正在演练：{percent}%", "The drill runs: {percent}%"),
        "stop": ("停止", "Stop"),
        "stopped": ("已停止", "stopped"),
        "wrong": ("演练没有完成", "The drill did not end"),
        "earlier": ("以往结果", "Earlier drills"),
        "none": ("还没有做过演练。", "There was none yet."),
        "when": ("时间", "When"),
        "who": ("何人", "Who"),
        "show": ("查看", "Show"),
        "result": ("结果：{time}", "Outcome of {time}"),
        "about": (
            "{site}；种子 {seeds} 个，读数 {readings} 条",
            "{site}; seeds: {seeds}, readings: {readings}",
        ),
        "was_live": ("通过正在运行的服务", "through the running service"),
        "scenarios": ("按场景", "By scenario"),
        "rules": ("按规则", "By rule"),
        "scenario": ("场景", "Scenario"),
        "rule": ("规则", "Rule"),
        "all": ("合计", "In all"),
        "incidents": ("事故", "Incidents"),
        "missed": ("漏报事故", "Missed"),
        "hits": ("命中", "Hits"),
        "misses": ("漏报测点", "Misses"),
        "late": ("过迟", "Late"),
        "delay": ("延迟（秒）", "Delay (s)"),
        "lead": ("预警提前（秒）", "Lead (s)"),
        "false": ("误报", "False"),
        "false_rate": ("误报率（每万点时）", "False per 10,000 point-hours"),
        "mistaken": ("误判仪表故障", "Mistaken"),
        "alarms": ("告警", "Alarms"),
        "unheard": ("无人报告的", "Of which nobody spoke"),
        "unheard_one": ("{scenario}：{incident}，{point}（{kind}）", "{scenario}: {incident} at {point} ({kind})"),
        "left_out": ("未演练：{name}：{why}", "Left out: {name}: {why}"),
        "more": ("另有 {n} 项。", "And {n} more."),
    }
)
