"""What the variables of an approved template can say of a notice, each in few characters (pure).

Carriers in China take texts only by templates they have approved, with short variables, in which they allow no links
and no 【】: those belong to the signature.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from alerts.channels.port import Facts, Item, Language
from alerts.severity import severity_rank

_SEVERITIES: Final = {
    "zh": {"red": "红色", "orange": "橙色", "yellow": "黄色", "blue": "蓝色"},
    "en": {"red": "RED", "orange": "ORANGE", "yellow": "YELLOW", "blue": "BLUE"},
}
_PURPOSES: Final = {
    "zh": {
        "alarm": "报警",
        "repeat": "再次提醒",
        "escalated": "无人应答",
        "resolved": "已恢复",
        "acknowledged": "已确认",
        "late": "迟报",
        "disposal": "待处置",
        "overdue": "处置逾期",
        "neighbour": "周边预警",
        "test": "测试",
    },
    "en": {
        "alarm": "alarm",
        "repeat": "reminder",
        "escalated": "unanswered",
        "resolved": "over",
        "acknowledged": "acknowledged",
        "late": "late alarm",
        "disposal": "to do",
        "overdue": "overdue",
        "neighbour": "nearby",
        "test": "test",
    },
}
EXERCISE_MARK: Final = {"zh": "演练", "en": "EXERCISE"}
LATE_MARK: Final = {"zh": "迟报", "en": "LATE"}
NOTHING: Final = {"zh": "无", "en": "-"}
"""Stands where there is nothing to say: providers refuse an empty variable."""

_LONGEST_UNIT: Final = 12

_FORBIDDEN: Final = re.compile(r"https?://|www\.|[【】\[\]{}<>$\\\"'\x00-\x1f\x7f]+", re.IGNORECASE)
_DOT: Final = re.compile(r"(?<=[A-Za-z])\.(?=[A-Za-z])")
"""Such as in example.org: providers take it for a link."""


def _place(item: Item) -> str:
    # A long name of the unit must not push out what alarms.
    unit, subject = _of(item, "unit_name"), _subject(item)
    return f"{unit} {subject}".strip() if len(unit) <= _LONGEST_UNIT else subject


def _subject(item: Item) -> str:
    return _of(item, "subject_name") or item.subject


def _of(item: Item, name: str) -> str:
    return str(getattr(item.facts, name)) if item.facts is not None else ""


def _number(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:.5g} {unit}".rstrip()


def _time(item: Item) -> str:
    try:
        zone = ZoneInfo(_of(item, "zone") or "Asia/Shanghai")
    except (ValueError, OSError, LookupError):
        zone = ZoneInfo("Asia/Shanghai")
    at_ms = (item.facts.raised_at_ms if item.facts is not None else 0) or item.at_ms
    return datetime.fromtimestamp(at_ms / 1000, zone).strftime("%m-%d %H:%M")


def _words(facts: Facts | None, language: Language) -> str:
    return (facts.text.get(language) or next(iter(facts.text.values()), "")) if facts is not None else ""


_FIRST: Final[dict[str, Callable[[Item, Language], str]]] = {
    "state": lambda item, language: _PURPOSES[language].get(item.purpose, item.purpose),
    "unit": lambda item, _: _of(item, "unit_name"),
    "what": lambda item, language: _words(item.facts, language),
    "value": lambda item, _: _number(item.facts.value, item.facts.unit_symbol) if item.facts else "",
    "limit": lambda item, _: _number(item.facts.limit, item.facts.unit_symbol) if item.facts else "",
    "time": lambda item, _: _time(item),
    "region": lambda item, _: _of(item, "region_name"),
    "reason": lambda item, _: _of(item, "reason"),
    "reply_code": lambda item, _: item.reply_code,
    "link_end": lambda item, _: item.link.rpartition("/")[2],
}
"""Facts of the first event of a message."""

_NAMES: Final[dict[str, Callable[[Item], str]]] = {
    "where": _place,
    "subject": _subject,
    "enterprise": lambda item: _of(item, "enterprise_name") or item.enterprise,
}
"""Facts that list every event of a message, as far as there is room."""

_WHOLE: Final = frozenset({"reply_code", "link_end"})
"""Whole or not at all: cut, they would open nothing."""

FACTS: Final = frozenset({*_FIRST, *_NAMES, "severity", "count"})
NAMING: Final = frozenset({"where", "subject"})
"""Facts that name what is alarming."""


def fact(name: str, items: Sequence[Item], language: Language, room: int, more: int = 0) -> str:
    """A fact of FACTS about a message's events (and `more` that wait), in at most `room` characters."""
    if name == "severity":
        text = _SEVERITIES[language].get(worst(items), worst(items))
    elif name == "count":
        text = str(len(items) + more)
    elif name in _NAMES:
        first = sorted(items, key=lambda item: not item.named)
        text = joined([plain(_NAMES[name](item)) for item in first], language, room)
    elif name in _WHOLE:
        text = _FIRST[name](items[0], language)
        text = text if len(text) <= room else ""
    else:
        text = _FIRST[name](items[0], language)
    return (text if name in _WHOLE else cut(plain(text), room)) or NOTHING[language]


def worst(items: Sequence[Item]) -> str:
    """The gravest severity of the events; empty where none is known."""
    known = [item.facts.severity for item in items if item.facts is not None]
    return max(known, key=severity_rank, default="")


def joined(names: Sequence[str], language: Language, room: int) -> str:
    """The names, each once, as many as fit, then how many there are."""
    distinct = list(dict.fromkeys(name for name in names if name))
    for shown in range(len(distinct), 0, -1):
        text = _listed(distinct, shown, language)
        if len(text) <= room:
            return text
    if not distinct:
        return ""
    rest = _listed(distinct, 1, language).removeprefix(distinct[0])
    return cut(distinct[0], max(1, room - len(rest))) + rest


def _listed(names: Sequence[str], shown: int, language: Language) -> str:
    text = ("、" if language == "zh" else ", ").join(names[:shown])
    if shown == len(names):
        return text
    return f"{text}等{len(names)}处" if language == "zh" else f"{text} +{len(names) - shown}"


def messages(items: Sequence[Item], naming: str | None, language: Language, room: int) -> list[tuple[Item, ...]]:
    """The events of a notice as messages: one, or more where the `named` events would not all be named in the `room`
    characters of the template's variable `naming` (None: it has none, so that each event goes alone).
    """
    if naming is None:
        return [(item,) for item in items]
    named = [item for item in items if item.named]
    others = [item for item in items if not item.named]
    found: list[list[Item]] = []
    part: list[Item] = []
    for item in named:
        beside = [] if found else others
        if part and not _all_named([*part, item], beside, _NAMES[naming], language, room):
            found.append([*part, *beside])
            part = []
        part.append(item)
    found.append([*part, *([] if found else others)])
    return [tuple(part) for part in found]


def _all_named(
    named: Sequence[Item], beside: Sequence[Item], name: Callable[[Item], str], language: Language, room: int
) -> bool:
    wanted = list(dict.fromkeys(plain(name(item)) for item in named))
    everything = list(dict.fromkeys([*wanted, *(plain(name(item)) for item in beside)]))
    return len(_listed(everything, len(wanted), language)) <= room


def plain(text: str) -> str:
    """The text without what providers refuse in a variable."""
    return " ".join(_DOT.sub(" ", _FORBIDDEN.sub(" ", text)).split())


def cut(text: str, room: int) -> str:
    """At most `room` characters, the last one … where there were more."""
    return text if len(text) <= room else text[: max(0, room - 1)].rstrip() + "…"
