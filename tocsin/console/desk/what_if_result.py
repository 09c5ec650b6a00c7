"""The result of a what-if as tables, from its JSON form (docs/reference/rules-diff.md)."""

from collections.abc import Mapping
from html import escape
from typing import Any, Final

from nicegui import ui

from alerts.wording.figures import local_time
from tocsin.console.colours import COLOURS, badge
from tocsin.console.disposal.said import span
from tocsin.console.page import PageContext
from tocsin.console.parts import table
from tocsin.console.shell import heading
from tocsin.whatif.matching import Change
from tocsin.whatif.words import CHANGES, WHAT, field_name, value_text

_LOST: Final = frozenset({Change.GONE, Change.QUIETER, Change.LATER})
_MOST_LISTED: Final = 200


def show_result(context: PageContext, result: Mapping[str, Any]) -> None:
    """In the current place of the page."""
    words = context.words
    heading(words["result"], level=2)
    times = {"from_": _time(context, result["from"]), "to": _time(context, result["to"])}
    ui.label(words("read", readings=f"{result['readings']:,}", **times)).classes("t-note")
    _changed(context, result)
    if result["points_left_out"]:
        ui.label(words("left_out", points=", ".join(result["points_left_out"][:20]))).classes("t-note")
    if result["same"]:
        ui.label(words["same"]).classes("t-strong")
    _totals(context, result["total"])
    if result["same"]:
        return
    _by_rule(context, result["by_rule"])
    _listed(context, result)


def _changed(context: PageContext, result: Mapping[str, Any]) -> None:
    words, language = context.words, context.language
    lines = []
    for item in (*result["rules_changed"], *result["rules_reworded"], *result["points_changed"]):
        what = WHAT[item["what"]][language]
        fields = "; ".join(
            f"{field_name(f['field'], language)} {value_text(f['field'], f['before'], language)}"
            f" → {value_text(f['field'], f['after'], language)}"
            for f in item["fields"]
        )
        lines.append(f"<li><strong>{escape(item['id'])}</strong> {escape(what)} {escape(fields)}</li>")
    if lines:
        heading(words["rules_changed"], level=3)
        ui.html(f"<ul>{''.join(lines[:50])}</ul>", sanitize=False)


def _totals(context: PageContext, total: Mapping[str, Any]) -> None:
    words, language = context.words, context.language
    rows = []
    for side in ("before", "after"):
        figures = total[side]
        colours = " ".join(
            badge(severity, language, f"{COLOURS[severity].word(language)} {figures['by_severity'][severity]}")
            for severity in COLOURS
            if figures["by_severity"].get(severity)
        )
        rows.append(
            [
                f"<strong>{escape(words[side])}</strong>",
                f"{figures['alarms']} {colours}",
                f"{figures['per_day']:g}",
                f"{figures['alarm_hours']:g}",
            ]
        )
    table(["", words["alarms"], words["per_day"], words["hours"]], rows)


def _by_rule(context: PageContext, by_rule: Mapping[str, Any]) -> None:
    words = context.words
    heading(words["by_rule"], level=3)
    rows = []
    for rule, tally in by_rule.items():
        if any(tally["changes"].values()):
            figures = [str(tally[side]["alarms"]) for side in ("before", "after")]
            rows.append([escape(rule), *figures, _counts(context, tally["changes"])])
    table([words["rule"], words["before"], words["after"], words["changes"]], rows)


def _counts(context: PageContext, changes: Mapping[str, int]) -> str:
    """HTML; what is lost stands out, and says so."""
    parts = []
    for name, n in changes.items():
        if n:
            said = escape(f"{CHANGES[Change(name)][context.language]} {n}")
            parts.append(f'<span class="k-bad">▼ {said}</span>' if Change(name) in _LOST else said)
    return " · ".join(parts)


def _listed(context: PageContext, result: Mapping[str, Any]) -> None:
    words, language = context.words, context.language
    heading(words["listed"], level=3)
    rows = []
    for pair in result["differences"][:_MOST_LISTED]:
        shown = pair["before"] or pair["after"]
        changes = dict.fromkeys(pair["changes"], 1)
        what = " · ".join(
            f'<span class="{"k-bad" if Change(name) in _LOST else ""}">{escape(CHANGES[Change(name)][language])}</span>'
            for name in changes
        )
        if pair["later_ms"]:
            said = words("later" if pair["later_ms"] > 0 else "earlier", span=span(pair["later_ms"], language))
            what += f'<div class="k-soft">{escape(said)}</div>'
        severities = [
            badge(pair[side]["severity"], language) if pair[side] is not None else "—" for side in ("before", "after")
        ]
        rows.append(
            [
                what,
                f'{escape(pair["subject"] or "—")}<div class="k-soft">{escape(pair["rule"])}</div>',
                escape(_time(context, shown["raised_at"])),
                " → ".join(severities),
            ]
        )
    with ui.element("div").classes("k-stack"):
        table([words[name] for name in ("what", "subject", "raised", "worst")], rows)
    more = result["differences_not_listed"] + max(0, len(result["differences"]) - _MOST_LISTED)
    if more:
        ui.label(words("not_listed", n=more)).classes("t-note")


def _time(context: PageContext, at_ms: int) -> str:
    return local_time(at_ms, context.zone.key)
