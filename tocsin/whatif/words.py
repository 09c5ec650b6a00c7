"""Changes of rules in plain words, in English and Chinese."""

from typing import Final, Literal

from tocsin.whatif.matching import Change
from tocsin.whatif.rule_changes import FROM_CELL, FieldChange, What
from tocsin.whatif.spans import Span

Lang = Literal["zh", "en"]
Words = dict[Lang, str]

LEVELS: Final[dict[str, Words]] = {
    "ll": {"en": "low low", "zh": "低低限"},
    "l": {"en": "low", "zh": "低限"},
    "h": {"en": "high", "zh": "高限"},
    "hh": {"en": "high high", "zh": "高高限"},
    "on": {"en": "the alarm", "zh": "告警"},
}
SEVERITY: Final[dict[str, Words]] = {
    "red": {"en": "red", "zh": "红"},
    "orange": {"en": "orange", "zh": "橙"},
    "yellow": {"en": "yellow", "zh": "黄"},
    "blue": {"en": "blue", "zh": "蓝"},
}
CHANGES: Final[dict[Change, Words]] = {
    Change.NEW: {"en": "new", "zh": "新增"},
    Change.GONE: {"en": "gone", "zh": "消失"},
    Change.SPLIT: {"en": "split", "zh": "拆分"},
    Change.MERGED: {"en": "merged", "zh": "合并"},
    Change.EARLIER: {"en": "earlier", "zh": "提前"},
    Change.LATER: {"en": "later", "zh": "推迟"},
    Change.LOUDER: {"en": "more severe", "zh": "加重"},
    Change.QUIETER: {"en": "less severe", "zh": "减轻"},
    Change.ENDS_LATER: {"en": "ends later", "zh": "结束推迟"},
    Change.ENDS_SOONER: {"en": "ends sooner", "zh": "结束提前"},
}
WHAT: Final[dict[What, Words]] = {
    "added": {"en": "added", "zh": "新增"},
    "removed": {"en": "removed", "zh": "删除"},
    "changed": {"en": "changed", "zh": "修改"},
}
WHOLE_SITE: Final[Words] = {"en": "whole site", "zh": "全区"}
_KEYS: Final[dict[str, Words]] = {
    "deadband": {"en": "deadband", "zh": "死区（回差）"},
    "deadband_fraction": {"en": "deadband, as a fraction of the limit", "zh": "死区（占限值比例）"},
    "on_delay_s": {"en": "on-delay", "zh": "接通延时"},
    "off_delay_s": {"en": "off-delay", "zh": "断开延时"},
    "severity": {"en": "severity", "zh": "严重程度"},
    "latch": {"en": "stays until reset", "zh": "闭锁"},
    "never_suppress": {"en": "may never be suppressed", "zh": "不得抑制"},
    "ceiling": {"en": "loosest limit allowed", "zh": "限值上限"},
    "after_s": {"en": "silence that alarms", "zh": "数据中断判定时间"},
    "over_s": {"en": "time looked at", "zh": "统计时长"},
    "within_s": {"en": "time ahead", "zh": "预测时长"},
    "for_s": {"en": "time without change", "zh": "持续不变时间"},
    "enabled": {"en": "switched on", "zh": "启用"},
    "version": {"en": "version", "zh": "版本"},
    "text": {"en": "wording", "zh": "文字说明"},
    "guidance": {"en": "guidance", "zh": "处置指引"},
    "source": {"en": "source", "zh": "依据"},
    "applies_to": {"en": "applies to", "zh": "适用范围"},
    "period_s": {"en": "reporting period", "zh": "上报周期"},
    "range_low": {"en": "low end of the range", "zh": "量程下限"},
    "range_high": {"en": "high end of the range", "zh": "量程上限"},
    "unit_symbol": {"en": "unit", "zh": "计量单位"},
    "kind": {"en": "kind", "zh": "类型"},
}
_NONE: Final[Words] = {"en": "none", "zh": "无"}
_YES: Final[Words] = {"en": "yes", "zh": "是"}
_NO: Final[Words] = {"en": "no", "zh": "否"}
_CELL: Final[Words] = {"en": FROM_CELL, "zh": "取自测点单元格"}

_SOONER: Final[Words] = {"en": "stricter: alarms sooner or more often", "zh": "更严：告警更早或更多"}
_LATER: Final[Words] = {"en": "looser: alarms later or less often", "zh": "更宽：告警更晚或更少"}
_LONGER: Final[Words] = {"en": "alarms last longer, and return less often", "zh": "告警持续更久，重复更少"}
_SHORTER: Final[Words] = {"en": "alarms end sooner, and may return more often", "zh": "告警结束更早，可能更易重复"}


def subject_text(span: Span, lang: Lang) -> str:
    """What an alarm is about: an id, or the whole site, whose alarms are no enterprise's."""
    return span.subject if span.enterprise else WHOLE_SITE[lang]


def changes_text(changes: tuple[Change, ...], lang: Lang) -> str:
    """What differs of an alarm, in one line."""
    return (", " if lang == "en" else "、").join(CHANGES[change][lang] for change in changes)


def field_name(path: str, lang: Lang) -> str:
    """A dotted path of keys in words."""
    steps = path.split(".")
    last, first = steps[-1], steps[0]
    if last in LEVELS and first in _KEYS and len(steps) > 1:
        level = LEVELS[last][lang]
        return f"{_KEYS[first][lang]} ({level})" if lang == "en" else f"{_KEYS[first][lang]}（{level}）"
    if last in LEVELS:
        return f"{LEVELS[last][lang]} limit" if lang == "en" else LEVELS[last][lang]
    if last in _KEYS:
        return _KEYS[last][lang]
    if first in _KEYS:
        return f"{_KEYS[first][lang]}: {'.'.join(steps[1:])}"
    return path


def value_text(path: str, value: object, lang: Lang) -> str:
    """A value as one would say it, with its unit where that is a time."""
    if value is None:
        return _NONE[lang]
    if value is True:
        return _YES[lang]
    if value is False:
        return _NO[lang]
    if value == FROM_CELL:
        return _CELL[lang]
    if isinstance(value, int | float):
        seconds = path.split(".")[-1].endswith("_s") or path.split(".")[0].endswith("_s")
        return f"{value:.12g}{' s' if seconds else ''}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    text = str(value)
    return SEVERITY[text][lang] if text in SEVERITY else text


def effect(change: FieldChange, lang: Lang) -> str:
    """What a change does to alarms, where that can be said of the change alone; else empty."""
    before, after = change.before, change.after
    steps = change.path.split(".")
    if steps[-1] == "enabled":
        return ""
    if not isinstance(before, int | float) or not isinstance(after, int | float) or isinstance(before, bool):
        return ""
    rises = after > before
    if steps[0] == "ceiling":
        return ""
    if steps[0] == "on_delay_s" or steps[-1] == "after_s":
        return (_LATER if rises else _SOONER)[lang]
    if steps[0] == "off_delay_s" or steps[-1].startswith("deadband"):
        return (_LONGER if rises else _SHORTER)[lang]
    if steps[-1] in ("h", "hh"):
        return (_LATER if rises else _SOONER)[lang]
    if steps[-1] in ("l", "ll"):
        return (_SOONER if rises else _LATER)[lang]
    return ""


def change_text(change: FieldChange, lang: Lang) -> str:
    """`high limit: 25 → 20`."""
    before, after = (value_text(change.path, value, lang) for value in (change.before, change.after))
    return f"{field_name(change.path, lang)}{': ' if lang == 'en' else '：'}{before} → {after}"
