"""The audit trail of the alarm book."""

from html import escape
from typing import Final
from urllib.parse import urlencode

from nicegui import ui

from alerts.audit import AuditEntry
from alerts.wording.figures import local_time
from tocsin.accounts.roles import Permission
from tocsin.console.desk.admin_words import AUDIT
from tocsin.console.page import Nav, PageContext, page
from tocsin.console.parts import table
from tocsin.console.shell import heading, styles

_MOST: Final = 200
_DAYS: Final = (1, 7, 30, 365)
_DAY_MS: Final = 86_400_000
_LONGEST: Final = 200


@page("/audit", AUDIT, needs=Permission.AUDIT, nav=Nav(74, "history_edu", whole_site=True))
async def audit(context: PageContext) -> None:
    """The newest entries; `?who=`, `?about=` and `?days=` narrow them."""
    words, query = context.words, context.request.query_params
    who, about = query.get("who", "")[:_LONGEST], query.get("about", "")[:_LONGEST]
    days = query.get("days", "")
    chosen = int(days) if days.isdecimal() and int(days) in _DAYS else 7
    styles("desk.css")
    heading(words["title"])
    ui.label(words["intro"]).classes("t-note")
    if context.may(Permission.USERS):
        ui.link(words["accounts"], "/users-trail")
    with ui.row().classes("t-card k-form"):
        by = ui.input(words["who"], value=who).props("outlined dense clearable")
        of = ui.input(words["about"], value=about).props("outlined dense clearable")
        over = ui.select({n: words("days_n", n=n) for n in _DAYS}, value=chosen, label=words["days"])
        over.props("outlined dense options-dense").classes("k-choice")

        def show() -> None:
            given = {"who": by.value or "", "about": of.value or "", "days": str(over.value)}
            ui.navigate.to(f"/audit?{urlencode({name: text for name, text in given.items() if text})}")

        ui.button(words["show"], on_click=show).props("unelevated")
    first_ms = context.centre.clock.now_ms() - chosen * _DAY_MS
    found = await context.ask(
        context.centre.health.audit, _MOST, about=about or None, who=who or None, first_ms=first_ms
    )
    with ui.column().classes("t-card k-stack"):
        if not found:
            ui.label(words["none"]).classes("t-note")
            return
        names = ("n", "when", "who", "what", "about", "details")
        table([words[name] for name in names], [_row(context, entry) for entry in reversed(found)])
        if len(found) >= _MOST:
            ui.label(words("most", n=_MOST)).classes("t-note")


def _row(context: PageContext, entry: AuditEntry) -> list[str]:
    words = context.words
    refused = f'<div class="k-bad">{escape(words("refused", reason=entry.refused))}</div>' if entry.refused else ""
    details = (
        f'<details class="k-more"><summary>{escape(words["details"])}</summary>'
        f'<div class="k-mono">{escape(entry.form)}<br>{escape(entry.hash)}</div></details>'
    )
    return [
        str(entry.seq),
        local_time(entry.at, context.zone.key),
        escape(entry.who or words["itself"]),
        f"{escape(entry.what)}{refused}",
        f'<span class="k-mono">{escape(entry.about)}</span>',
        details,
    ]
