"""Advices as a table on a terminal, and below it what is to be set."""

from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tocsin.whatif.advice_text import found_text, setting_text, to_set
from tocsin.whatif.suggest import Advice, Advices
from tocsin.whatif.words import Lang

_TITLES: Final[dict[str, dict[Lang, str]]] = {
    "none": {"en": "no alarm chatters, repeats or stands too long", "zh": "没有抖动、反复或长期持续的告警"},
    "rule": {"en": "rule", "zh": "规则"},
    "subject": {"en": "subject", "zh": "对象"},
    "found": {"en": "found", "zh": "现象"},
    "alarms": {"en": "alarms", "zh": "告警数"},
    "setting": {"en": "setting", "zh": "建议设置"},
    "hours": {"en": "alarm hours", "zh": "告警小时"},
    "later": {"en": "later by: most, median", "zh": "推迟：最大、中位"},
    "missed": {"en": "missed", "zh": "漏报"},
    "to_set": {"en": "To set", "zh": "设置方法"},
    "deadband": {
        "en": "points.csv, point {point}: deadband = {value:g} (for all limits of the point)",
        "zh": "points.csv 测点 {point}：deadband = {value:g}（该测点所有限值规则共用）",
    },
    "period_s": {
        "en": "points.csv, point {point}: period_s = {value:g} (three periods of silence alarm)",
        "zh": "points.csv 测点 {point}：period_s = {value:g}（三个周期无数据即告警）",
    },
    "points": {
        "en": "# one of rules/*.yaml; it changes the rule for all its {n} points: look with `tocsin rules diff` first",
        "zh": "# 写入 rules/*.yaml；对该规则全部 {n} 个测点生效，请先用 tocsin rules diff 核对",
    },
}


def print_advices(found: Advices, console: Console, lang: Lang) -> None:
    """One line an alarm, then the cells and rules to set."""
    if not found.advices:
        console.print(_TITLES["none"][lang])
        return
    names = ("rule", "subject", "found", "setting", "alarms", "hours", "later", "missed")
    table = Table(*(_TITLES[name][lang] for name in names), box=None, pad_edge=False, header_style="bold")
    for advice in found.advices:
        table.add_row(Text(advice.key[0]), Text(_subject(advice)), found_text(advice.record, lang), *_then(advice))
    console.print(table)
    told: set[str] = set()
    for advice in found.advices:
        text = _to_set_text(advice, found, lang)
        if text and text not in told:
            console.print(*([] if told else [Text(f"\n{_TITLES['to_set'][lang]}", style="bold")]))
            console.print(escape(text), soft_wrap=True, highlight=False)
            told.add(text)


def _subject(advice: Advice) -> str:
    return f"{advice.key[1]} {advice.key[2]}".strip()


def _then(advice: Advice) -> list[str]:
    record, best = advice.record, advice.best
    hours = f"{record.standing_ms / 3_600_000:.2f}"
    if best is None:
        return [advice.why_none, str(record.alarms), hours, "", ""]
    return [
        setting_text(best.candidate),
        f"{record.alarms} → {best.record.alarms}",
        f"{hours} → {best.record.standing_ms / 3_600_000:.2f}",
        f"{best.most_delay_ms / 1000:g} s, {best.median_delay_ms / 1000:g} s",
        str(best.missed or "0"),
    ]


def _to_set_text(advice: Advice, found: Advices, lang: Lang) -> str:
    what = to_set(advice, found)
    if what is None:
        return ""
    if "cell" in what:
        return _TITLES[what["cell"]["column"]][lang].format(**what["cell"])
    return f"{_TITLES['points'][lang].format(n=what['points'])}\n{what['yaml']}"
