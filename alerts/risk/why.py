"""Why a place has its colours, in a sentence (pure)."""

from typing import Final

from alerts.record import AlarmRecord
from alerts.risk.inherent import Inherent
from alerts.risk.tree import NO_DATA, NORMAL, NodeState

COLOURS: Final = {
    "zh": {
        "red": "红色",
        "orange": "橙色",
        "yellow": "黄色",
        "blue": "蓝色",
        NORMAL: "正常",
        NO_DATA: "无数据",
        "ungraded": "未分级",
    },
    "en": {NO_DATA: "no data"},
}
"""What the colours are called, where they are not called as they are."""

_WITHHELD: Final = {
    "zh": {
        "disabled": "停用",
        "out_of_service": "退出运行",
        "shelved": "搁置",
        "suppressed_by_design": "按设计抑制",
    },
    "en": {"out_of_service": "out of service", "suppressed_by_design": "suppressed by design"},
}


def colour_name(colour: str, language: str) -> str:
    """The colour in words."""
    return COLOURS[language].get(colour, colour)


def withheld_name(kind: str, language: str) -> str:
    """A kind of override in words."""
    return _WITHHELD[language].get(kind, kind)


def why(state: NodeState, cause: AlarmRecord | None, language: str = "en") -> str:
    """`red because alarm x of rule r at P1 (level hh) stands; ...`: what gives the colour, then what is counted."""
    zh = language == "zh"
    parts = [f"{colour_name(state.colour, language)}{'：' if zh else ' because '}{_cause(state, cause, zh)}"]
    if state.silent and state.colour != NO_DATA:
        parts.append(
            f"{state.points} 个点位中 {state.silent} 个无数据"
            if zh
            else f"{state.silent} of {state.points} points bring no data"
        )
    for kind, n in sorted(state.withheld.items()):
        name = withheld_name(kind, language)
        parts.append(f"{n} 条告警{name}" if zh else f"{n} {name}")
    if state.overdue_disposals:
        parts.append(f"{state.overdue_disposals} 项处置超期" if zh else f"{state.overdue_disposals} disposals overdue")
    return ("；" if zh else "; ").join(parts)


def why_inherent(grade: Inherent, language: str = "en") -> str:
    """`orange because of unit U1: level 2`."""
    colour, facts = colour_name(grade.colour, language), ", ".join(grade.because)
    if not grade.unit:
        return f"{colour}：无单元" if language == "zh" else f"{colour}: {facts}"
    return f"{colour}：单元 {grade.unit}，{facts}" if language == "zh" else f"{colour} because of {grade.unit}: {facts}"


def _cause(state: NodeState, cause: AlarmRecord | None, zh: bool) -> str:
    if state.colour == NORMAL:
        return "没有生效的告警" if zh else "no alarm is active"
    if state.colour == NO_DATA:
        if not state.points:
            return "没有监测点" if zh else "it has no point"
        return f"{state.points} 个点位均无数据" if zh else f"none of its {state.points} points brings data"
    if cause is None:
        return f"告警 {state.because}" if zh else f"of alarm {state.because}"
    what = f"{cause.subject} {cause.rule} {cause.level}"
    if state.overdue:
        return (
            f"告警 {cause.alarm}（{what}）处置超期"
            if zh
            else f"the disposal of alarm {cause.alarm} ({what}) is overdue"
        )
    n = sum(state.active.values())
    more = (f"，另有 {n - 1} 条" if zh else f" and {n - 1} more") if n > 1 else ""
    return f"告警 {cause.alarm}（{what}）{more}" if zh else f"alarm {cause.alarm} ({what}) stands{more}"
