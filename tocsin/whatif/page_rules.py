"""The part of a comparison's page that says what changes in the rules."""

import re
from collections.abc import Mapping
from typing import Final

from rules.schema import Rule
from tocsin.pages import Cell, Column, Html, note, paragraph, table
from tocsin.whatif.diff import Diff
from tocsin.whatif.page_words import Said
from tocsin.whatif.rule_changes import ItemChange
from tocsin.whatif.words import LEVELS, WHAT, Lang, effect, field_name, value_text

_MOST_ROWS: Final = 200


def rules_part(diff: Diff, lang: Lang, said: Said) -> list[Html]:
    """Rules and points, field by field, in plain words."""
    parts: list[Html] = []
    deciding = [item for item in diff.rules if not item.wording_only]
    worded = [item for item in diff.rules if item.wording_only]
    before, after = ({rule.id: rule for rule in side.rules} for side in (diff.before, diff.after))
    if not deciding and not diff.points:
        parts.append(note(said["nothing_changed"], "good"))
    known = before | after
    if deciding:
        rows = [
            row
            for item in deciding
            for row in _item_rows(item, lang, _unit(item.id, known), _name(known[item.id], lang))
        ]
        parts.append(_change_table(said["rule"], rows, said))
    if diff.points:
        units = {
            p.point: p.unit_symbol or "" for site in (diff.before.site, diff.after.site) for p in site.points.values()
        }
        rows = [row for item in diff.points[:_MOST_ROWS] for row in _item_rows(item, lang, units[item.id], item.id)]
        parts.append(_change_table(said["point"], rows, said))
        if len(diff.points) > _MOST_ROWS:
            parts.append(paragraph(said["more_points"].format(n=len(diff.points) - _MOST_ROWS)))
    if worded:
        parts.append(paragraph(said["worded"].format(rules=", ".join(item.id for item in worded))))
    if diff.unheard:
        shown = ", ".join(diff.unheard[:20]) + (" …" if len(diff.unheard) > 20 else "")
        parts.append(note(said["unheard"].format(n=len(diff.unheard), points=shown), "warn"))
    return parts


def _change_table(what: str, rows: list[list[str | Cell]], said: Said) -> Html:
    columns = [
        Column(what),
        Column(said["field"]),
        Column(said["before"]),
        Column(said["after"]),
        Column(said["means"]),
    ]
    return table(columns, rows)


def _item_rows(item: ItemChange, lang: Lang, unit: str, name: str) -> list[list[str | Cell]]:
    if item.what != "changed":
        return [[name, Cell(WHAT[item.what][lang], "bad" if item.what == "removed" else "good"), "", "", ""]]
    rows: list[list[str | Cell]] = []
    for change in item.fields:
        if change.wording and not item.wording_only and change.path != "version":
            continue
        numbers = [
            f" {unit}" if unit and _has_unit(change.path) and isinstance(v, float) else ""
            for v in (change.before, change.after)
        ]
        values = [
            value_text(change.path, v, lang) + u for v, u in zip((change.before, change.after), numbers, strict=True)
        ]
        rows.append([name if not rows else "", field_name(change.path, lang), *values, effect(change, lang)])
    return rows


def _has_unit(path: str) -> bool:
    steps = path.split(".")
    return steps[-1] in (*LEVELS, "deadband") and (
        len(steps) == 1 or steps[1] in ("limit", "window", "twa") or steps[0] == "ceiling"
    )


def _unit(rule: str, rules: Mapping[str, Rule]) -> str:
    symbols = rules[rule].unit_symbols
    return symbols[0] if len(symbols) == 1 else ""


def _name(rule: Rule, lang: Lang) -> str:
    """A rule's id, and what its alarms say, for who doesn't know the id."""
    text = re.sub(r"\{\w+\}", "…", rule.text.get(lang, ""))
    return f"{rule.id} ({text})" if text else rule.id
