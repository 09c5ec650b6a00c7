"""The list of disposals: what is late first."""

from html import escape
from typing import Final

from nicegui import ui

from alerts.disposal.record import Disposal
from alerts.wording.figures import local_time
from tocsin.accounts.roles import Principal
from tocsin.console.colours import badge
from tocsin.console.disposal.choosing import SHOWS, Chosen, chosen, overdue_first
from tocsin.console.disposal.said import due_of, span
from tocsin.console.disposal.words import DISPOSALS, STATES
from tocsin.console.page import Nav, PageContext, page
from tocsin.console.parts import table
from tocsin.console.places.follow import FOLLOWING
from tocsin.console.places.page_links import alarm_page
from tocsin.console.shell import given, heading, scripts, styles

_MOST: Final = 200
_EVERY_S: Final = 3.0


@page("/disposals", DISPOSALS, nav=Nav(15, "assignment_turned_in"))
async def disposals(context: PageContext) -> None:
    """Those in sight; `?show=` and `?enterprise=` narrow them."""
    wanted, words = chosen(context.request.query_params), context.words
    styles("desk.css", "disposal.css")
    heading(words["title"])
    await _filters(context, wanted)
    place = ui.column().classes("t-card")
    shown: list[Disposal] = []

    def look(principal: Principal) -> list[Disposal] | None:
        nonlocal shown
        found = _found(context, principal, wanted)
        if found == shown:
            return None
        shown = found
        return found

    def show(found: list[Disposal]) -> None:
        place.clear()
        with place:
            _show(context, found, wanted)

    show(await context.ask(lambda principal: look(principal) or []))
    given("d-states", STATES.said(context.language).all())
    scripts("disposal.js")
    FOLLOWING.follow(context, look, show, _EVERY_S)


def _found(context: PageContext, principal: Principal, wanted: Chosen) -> list[Disposal]:
    page = context.centre.disposals.page
    only = [wanted.enterprise] if wanted.enterprise else None
    found = page(principal, wanted.states, enterprises=only, overdue=wanted.show == "overdue", limit=_MOST)
    if wanted.show == "under_way":
        # The list is of the newest: what is late is often older.
        late = page(principal, wanted.states, enterprises=only, overdue=True, limit=_MOST)
        found = list({(d.alarm, d.opened_at): d for d in (*late, *found)}.values())
    if wanted.show == "mine":
        found = [d for d in found if d.assignee == principal.by]
    return overdue_first(found)


async def _filters(context: PageContext, wanted: Chosen) -> None:
    words = context.words
    with ui.element("nav").classes("k-filters").props(f'aria-label="{words["filters"]}"'):
        for show in SHOWS:
            link = ui.link(words[f"show_{show}"], wanted._replace(show=show).address()).classes("k-filter")
            if show == wanted.show:
                link.classes("here").props("aria-current=page")
    enterprises = await context.ask(context.centre.places.enterprises)
    if len(enterprises) > 1:
        choices = {"": words["everywhere"]} | {e.enterprise: e.name for e in enterprises}
        select = ui.select(
            choices,
            value=wanted.enterprise if wanted.enterprise in choices else "",
            label=words["enterprise"],
            with_input=len(choices) > 12,
            on_change=lambda event: ui.navigate.to(wanted._replace(enterprise=event.value or "").address()),
        )
        select.props("outlined dense options-dense").classes("k-choice")


def _show(context: PageContext, found: list[Disposal], wanted: Chosen) -> None:
    words = context.words
    if not found:
        ui.label(words["none"]).classes("t-note")
        return
    if wanted.show == "under_way":
        late = sum(bool(d.overdue) for d in found)
        ui.label(words("counts", open=len(found), overdue=late)).classes("t-note")
    rows = [_row(context, record) for record in found[:_MOST]]
    with ui.element("div").classes("k-stack"):
        table([words[name] for name in ("alarm", "state", "due", "assignee")], rows)
    if len(found) >= _MOST:
        ui.label(words("most", n=_MOST)).classes("t-note")


def _row(context: PageContext, record: Disposal) -> list[str]:
    words, language, states = context.words, context.language, STATES.said(context.language)
    now_ms = context.centre.clock.now_ms()
    site = context.centre.grounds.now().site
    owner = site.enterprises.get(record.enterprise)
    due = due_of(record, now_ms)
    when = record.closed_at if due.at_ms is None else due.at_ms
    said = "" if when is None else local_time(when, context.zone.key, "%m-%d %H:%M")
    if due.at_ms is not None:
        left = states("over" if due.overdue else "left", span=span(due.at_ms - now_ms, language))
        late = " d-late" if due.overdue else ""
        by = escape(states(f"{due.which}_by", time=said))
        ticking = f'<strong class="d-left{late}" data-deadline="{due.at_ms}">{escape(left)}</strong>'
        said = f'{ticking}<div class="t-note">{by}</div>'
    return [
        f'{badge(record.severity, language)} <a href="{escape(alarm_page(record.latest))}/disposal">'
        f"{escape(record.subject)} · {escape(record.rule)}</a>"
        f'<div class="t-note">{escape(owner.name if owner is not None else record.enterprise)}</div>',
        escape(states[record.state.value]),
        said,
        escape(record.assignee or words["nobody"]),
    ]
