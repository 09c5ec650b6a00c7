"""The words of the report, English and Chinese."""

from typing import Final

from tocsin.drill.compare import Remark
from tocsin.pages import Lang

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "title": ("Drill report", "预警演练报告"),
    "lead": (
        "Simulated incidents played through the rules in force. Nothing here really happened.",
        "用现行规则对模拟事件进行演练，本报告中的事件均未真实发生。",
    ),
    "summary": ("In short", "结论"),
    "site": ("Site", "站点"),
    "scenarios": ("By scenario", "按场景"),
    "rules": ("By rule", "按规则"),
    "incidents": ("Incidents", "事件过程"),
    "incidents_note": (
        "{shown} of {all} incidents are shown: the worst ones, and a typical one of each scenario.",
        "共 {all} 起事件，此处展示 {shown} 起：最差的，以及各场景中有代表性的一起。",
    ),
    "scenario": ("Scenario", "场景"),
    "rule": ("Rule", "规则"),
    "about": ("About", "对象"),
    "process": ("process", "工艺"),
    "instrument": ("instrument", "仪表"),
    "n_incidents": ("Incidents", "事件"),
    "missed": ("Missed", "漏报"),
    "hits": ("Points hit", "命中测点"),
    "misses": ("Points missed", "漏报测点"),
    "rule_hits": ("Hits", "命中"),
    "rule_misses": ("Misses", "漏报"),
    "delay": ("Delay, s", "延迟（秒）"),
    "lead_time": ("Warning before danger, s", "险前提前量（秒）"),
    "alarms": ("Alarms", "告警"),
    "false": ("False", "误报"),
    "false_rate": ("False per 10,000 point-hours", "误报/万测点小时"),
    "faults": ("Sensor faults", "仪表故障"),
    "faults_caption": ("Sensor faults, where there were any", "有仪表故障的场景"),
    "named": ("Named as such", "正确识别"),
    "mistaken": ("Taken for real", "误判为险情"),
    "in_all": ("In all", "合计"),
    "spread_note": ("Figures read: median (5 % to 95 %).", "数值为：中位数（5 %～95 %）。"),
    "definitions": (
        "Delay counts from the instant at which the readings first show the danger: negative means an earlier warning."
        " Warning before danger counts back from the instant at which the plant itself reached it.",
        "延迟从读数首次显示危险的时刻起算，负值表示提前预警；险前提前量从现场真正达到危险值的时刻往前算。",
    ),
    "tile_incidents": ("Incidents recognised", "识别出的事件"),
    "tile_delay": ("Typical delay", "典型延迟"),
    "tile_false": ("False alarms", "误报"),
    "tile_false_remark": ("per 10,000 point-hours: {rate}", "每万测点小时 {rate}"),
    "tile_faults": ("Sensor faults named", "识别出的仪表故障"),
    "tile_mistaken": ("Faults taken for real", "故障误判为险情"),
    "seconds": ("{s} s", "{s} 秒"),
    "none": ("none", "无"),
    "start": ("begins", "发生"),
    "danger": ("danger", "达到危险值"),
    "speak": ("should speak", "应报警"),
    "end": ("ends", "结束"),
    "reading": ("readings", "读数"),
    "really": ("what really was", "真实值"),
    "incident_span": ("incident", "事件持续"),
    "seed": ("seed", "种子"),
    "point": ("Point", "测点"),
    "unit": ("Unit", "单元"),
    "first": ("First to speak", "最先报警"),
    "nobody": ("nobody", "无"),
    "guidance": ("What to do", "处置要点"),
    "silent": ("These rules could have spoken and did not: {rules}.", "本可报警而未报警的规则：{rules}。"),
    "no_rule": ("No rule of the site watches this point for that.", "站点没有规则监视该测点的此类情况。"),
    "unnamed": ("No rule named this fault.", "没有规则识别出该故障。"),
    "remark_site": ("Another site: {before} then, {after} now.", "站点不同：上次 {before}，本次 {after}。"),
    "remark_seeds": ("Other seeds: {before} then, {after} now.", "种子不同：上次 {before}，本次 {after}。"),
    "remark_scenarios": (
        "Other scenarios, so figures of all and of rules are not compared. Only then: {before}. Only now: {after}.",
        "场景不同，因此不比较合计和规则。仅上次有：{before}。仅本次有：{after}。",
    ),
    "where_scenario": ("scenario {name}", "场景 {name}"),
    "where_rule": ("rule {name}", "规则 {name}"),
    "other_points": ("At the incident's other points", "该事件的其他测点"),
    "compare": ("Against the older drill", "与上次演练对比"),
    "worse": ("worse", "变差"),
    "better": ("better", "变好"),
    "same": ("Nothing got worse or better.", "没有变化。"),
    "figure": ("Figure", "指标"),
    "before": ("Before", "上次"),
    "now": ("Now", "本次"),
    "where": ("Where", "范围"),
    "false_list": ("Alarms without a cause", "无原因的告警"),
    "subject": ("On", "位置"),
    "at": ("At", "时刻"),
    "more": ("and {n} more", "另有 {n} 条"),
    "left_out": ("Left out, for the site has nothing of the kind: {names}.", "站点没有相应测点而略过：{names}。"),
    "foot": (
        "Seeds {seeds} · rules {digest} · {readings} readings",
        "种子 {seeds} · 规则版本 {digest} · {readings} 条读数",
    ),
}

_KINDS: Final[dict[str, str]] = {
    "leak": "泄漏",
    "release": "气体释放",
    "overfill": "满溢",
    "drain": "罐底泄漏",
    "overheat": "超温",
    "ember": "火花/阴燃",
    "smoulder": "阴燃",
    "bag_blinding": "滤袋堵塞",
    "bag_burst": "滤袋破损",
    "cleaning_failure": "清灰失效",
    "fan_stop": "风机停止",
    "airlock_stop": "卸灰装置停止",
    "warm_up": "升温",
    "crowd": "人员聚集",
    "permit": "作业许可",
    "water_loss": "缺水",
    "dropout": "数据中断",
    "stuck": "读数卡死",
    "over_range": "超量程",
    "drift": "漂移",
    "offset": "偏移",
    "noise": "噪声",
    "spikes": "尖峰",
    "saturation": "饱和",
    "poisoning": "传感器中毒",
    "reboot": "重启",
    "clock_skew": "时钟偏移",
    "duplicate": "重复",
    "out_of_order": "乱序",
    "wrong_unit": "单位错误",
    "link": "链路时断时续",
}

_FIGURES: Final[dict[str, tuple[str, str]]] = {
    "hit_rate": ("part of the points hit", "测点命中率"),
    "incidents_missed": ("incidents missed", "漏报事件"),
    "misses": ("misses", "漏报"),
    "late": ("late", "超时"),
    "mild": ("too mild", "级别偏低"),
    "false_per_10k": ("false per 10,000 point-hours", "误报/万测点小时"),
    "faults_unnamed": ("sensor faults not named", "未识别的仪表故障"),
    "mistaken": ("faults taken for real", "故障误判为险情"),
    "false_instrument": ("instrument alarms without a cause", "无原因的仪表告警"),
    "delay_s": ("delay, median, s", "延迟中位数（秒）"),
    "delay_p95_s": ("delay, 95 %, s", "延迟 95 %（秒）"),
    "lead_s": ("warning before danger, median, s", "险前提前量中位数（秒）"),
}


class Words:
    """The words in one language."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang

    def __call__(self, key: str, **values: object) -> str:
        """A word or sentence, its places filled."""
        english, chinese = _WORDS[key]
        return (chinese if self.lang == "zh" else english).format(**values)

    def kind(self, kind: str) -> str:
        """What happened."""
        return _KINDS.get(kind, kind) if self.lang == "zh" else kind.replace("_", " ")

    def where(self, where: str) -> str:
        """What a changed figure is of."""
        what, _, name = where.partition(" ")
        return self(f"where_{what}", name=name) if name else self("in_all")

    def remark(self, remark: Remark) -> str:
        """Why two drills are not quite comparable."""
        return self(f"remark_{remark.about}", before=remark.before or "-", after=remark.after or "-")

    def figure(self, name: str) -> str:
        """A figure of the comparison, or of the spread over seeds."""
        english, chinese = _FIGURES[name]
        return chinese if self.lang == "zh" else english

    def pick(self, texts: dict[str, str]) -> str:
        """The text in this language, else in whichever there is."""
        return texts.get(self.lang) or next(iter(texts.values()), "")
