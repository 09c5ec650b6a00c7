"""An advice in words, and what is to be written where."""

from typing import Any

import yaml

from rules.levels import takes_cells
from rules.schema import Rule
from rules.subjects import SubjectIndex
from tocsin.whatif.candidates import Candidate, with_setting
from tocsin.whatif.nuisance import Record
from tocsin.whatif.suggest import Advice, Advices
from tocsin.whatif.words import Lang

_FOUND: dict[str, dict[Lang, str]] = {
    "chatters": {"en": "{n} in a minute", "zh": "一分钟 {n} 次"},
    "repeats": {"en": "{n} in an hour", "zh": "一小时 {n} 次"},
    "stands": {"en": "stood {h:.1f} h", "zh": "持续 {h:.1f} 小时"},
}


def found_text(record: Record, lang: Lang) -> str:
    """What is wrong with an alarm."""
    said = []
    if record.chatters:
        said.append(_FOUND["chatters"][lang].format(n=record.most_in_a_minute))
    if record.repeats:
        said.append(_FOUND["repeats"][lang].format(n=record.most_in_an_hour))
    if record.stands:
        said.append(_FOUND["stands"][lang].format(h=record.longest_ms / 3_600_000))
    return ", ".join(said)


def setting_text(candidate: Candidate) -> str:
    """`off_delay_s h, hh: 10 -> 30`."""
    levels = f" {', '.join(candidate.levels)}" if candidate.levels and candidate.levels != ("on",) else ""
    return f"{candidate.setting}{levels}: {candidate.before:g} → {candidate.value:g}"


def to_set(advice: Advice, advices: Advices) -> dict[str, Any] | None:
    """Where the best setting goes: a cell of points.csv, or a rule of a rule file; None where there is none.

    {"cell": {"file", "point", "column", "value"}}, or {"rule": {...}, "yaml": text, "points": how many it covers}.
    """
    if advice.best is None:
        return None
    rule = next(rule for rule in advices.configured.rules if rule.id == advice.key[0])
    candidate = advice.best.candidate
    if candidate.setting == "deadband" and takes_cells(rule):
        return _cell(advice, "deadband", candidate.value)
    stale = rule.condition.stale
    if stale is not None and stale.after_s is None:
        # One figure for the whole rule would be too short for points that report more seldom.
        return _cell(advice, "period_s", candidate.value / 3)
    changed = with_setting(rule, candidate)
    form = changed.model_dump(mode="json", by_alias=True, exclude_unset=True)
    text = yaml.safe_dump({"rules": [form]}, allow_unicode=True, sort_keys=False, width=110)
    return {"rule": form, "yaml": text, "points": _points_of(rule, advices)}


def _cell(advice: Advice, column: str, value: float) -> dict[str, Any]:
    return {"cell": {"file": "points.csv", "point": advice.key[1], "column": column, "value": value}}


def _points_of(rule: Rule, advices: Advices) -> int:
    return len(SubjectIndex(advices.configured.site).positions_of(rule))
