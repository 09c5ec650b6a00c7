"""Rules as the console shows them (pure)."""

from collections.abc import Iterable
from html import escape
from typing import Any, NamedTuple

from rules.schema import Rule
from tocsin.centre.rulebook import RuleSeen
from tocsin.console.colours import badge
from tocsin.console.desk.rule_words import KINDS, RULE
from tocsin.console.words import Language
from tocsin.whatif.words import LEVELS


class Group(NamedTuple):
    """Rules of one kind of condition, in the order of the rule set."""

    kind: str
    title: str
    rules: tuple[RuleSeen, ...]


def kind_of(rule: Rule) -> str:
    """The kind of its condition, or `other` where the words know none of it."""
    kind = str(rule.condition.kind)
    return kind if kind in KINDS.texts else "other"


def groups(found: Iterable[RuleSeen], language: Language, kind: str = "", text: str = "") -> list[Group]:
    """By kind, in the order of the words; narrowed to a kind, and to those whose id or words have `text`."""
    wanted = text.strip().casefold()
    shown = [seen for seen in found if wanted in _searched(seen.rule)]
    by_kind = {name: tuple(s for s in shown if kind_of(s.rule) == name) for name in KINDS.texts if kind in ("", name)}
    words = KINDS.said(language)
    return [Group(name, words[name], rules) for name, rules in by_kind.items() if rules]


def said_of(texts: dict[str, str], language: Language) -> str:
    """A text in the language, or else in the other one."""
    return texts.get(language) or next(iter(texts.values()), "")


def level_lines(rule: Rule, language: Language) -> list[str]:
    """HTML: each level with its colour, its delay, and what else goes with it."""
    words = RULE.said(language)
    lines = []
    for level in rule.levels:
        parts = [badge(rule.severity_of(level), language)]
        if level != "on":
            parts.append(f"<strong>{escape(level.upper())}</strong> {escape(LEVELS[level][language])}")
        if delay := rule.on_delay_of(level):
            parts.append(escape(words("after", seconds=f"{delay:g}")))
        if level in rule.never_suppress:
            parts.append(escape(words["never_suppress"]))
        if rule.latches(level):
            parts.append(escape(words["latch"]))
        lines.append(" · ".join(parts))
    return lines


def source_of(rule: Rule, language: Language) -> tuple[str, str]:
    """(standard and clause, what is known of it)."""
    words = RULE.said(language)
    if rule.source is None:
        return words["no_source"], ""
    return f"{rule.source.standard} {rule.source.clause}".strip(), words[f"certainty_{rule.source.certainty}"]


def _searched(rule: Rule) -> str:
    said: list[Any] = [rule.id, *rule.text.values(), *rule.guidance.values()]
    return " ".join(said).casefold()
