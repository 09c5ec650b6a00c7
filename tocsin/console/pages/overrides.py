"""Overrides: what is shelved, out of service or disabled, and how people set and end it."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Any, Final

from nicegui import ui

from alerts.overrides.override import Override
from alerts.wording.figures import local_time
from tocsin.accounts.roles import Permission, Principal
from tocsin.book.overridden import BookedOverride
from tocsin.centre.overrides import Proposed
from tocsin.console.desk.filters import filters
from tocsin.console.desk.override_form import OverrideForm
from tocsin.console.desk.override_words import OVERRIDES
from tocsin.console.desk.tried import tried
from tocsin.console.disposal.said import span
from tocsin.console.page import Nav, PageContext, page
from tocsin.console.places.follow import FOLLOWING
from tocsin.console.places.page_links import enterprise_page, point_page, unit_page
from tocsin.console.shell import heading, styles
from tocsin.console.shell_words import SHELL

_MOST: Final = 200
_EVERY_S: Final = 3.0
_FORM: Final = "%m-%d %H:%M"
_PAGES: Final = {"point": point_page, "unit": unit_page, "enterprise": enterprise_page}


@page("/overrides", OVERRIDES, nav=Nav(62, "notifications_paused"))
async def overrides(context: PageContext) -> None:
    """Those whose subject is in sight; `?show=all` with those that have ended."""
    words, centre = context.words, context.centre
    every = context.request.query_params.get("show") == "all"
    may = context.may(Permission.OVERRIDE)
    styles("desk.css")
    heading(words["title"])
    ui.label(words["intro"]).classes("t-note")
    filters(
        context,
        [
            (words["show_now"], "/overrides", not every),
            (words["show_all"], "/overrides?show=all", every),
        ],
    )
    if may:
        form = OverrideForm(context)
        with ui.row().classes("k-acts"):
            ui.button(words["set"], on_click=form.open).props("outline")
    waiting, listed = ui.column(), ui.column().classes("t-card")
    shown: tuple[list[Proposed], list[BookedOverride]] | None = None

    def look(principal: Principal) -> tuple[list[Proposed], list[BookedOverride]] | None:
        nonlocal shown
        found = centre.overrides.proposed(principal), centre.overrides.page(principal, _MOST, every=every)
        if found == shown:
            return None
        shown = found
        return found

    def show(found: tuple[list[Proposed], list[BookedOverride]]) -> None:
        waiting.clear()
        waiting.classes(add="t-card" if found[0] else "", remove="" if found[0] else "t-card")
        with waiting:
            _waiting(context, found[0], may=may)
        listed.clear()
        with listed:
            _listed(context, found[1], may=may)

    first = await context.ask(look)
    if first is not None:
        show(first)
    FOLLOWING.follow(context, look, show, _EVERY_S)


def _waiting(context: PageContext, found: Sequence[Proposed], *, may: bool) -> None:
    words, centre = context.words, context.centre.overrides
    if not found:
        return
    heading(words["waiting"], level=2)
    for proposed in found:
        wanted, mine = proposed.wanted, proposed.by == context.principal.by
        with ui.element("div").classes("k-item"):
            what = f"{words[f'kind_{wanted.kind}']} · {words[f'scope_{wanted.scope}']} {wanted.subject}"
            ui.label(f"{what} · {words[f'purpose_{wanted.purpose}']}").classes("t-strong")
            ui.label(wanted.why).classes("k-words")
            said = words("waiting_by", by=proposed.by, time=_time(context, proposed.expires_ms))
            ui.label(f"{said}. {words['yours']}" if mine else said).classes("k-soft")
            if may:
                with ui.row().classes("k-acts"):
                    if not mine:
                        act = _act(context, words["approve_done"], centre.approve, proposed.id)
                        ui.button(words["approve"], on_click=act).props("unelevated")
                    act = _act(context, words["reject_done"], centre.reject, proposed.id)
                    ui.button(words["withdraw" if mine else "reject"], on_click=act).props("outline")


def _act(context: PageContext, said: str, method: Callable[..., Any], override: str) -> Callable[[], Any]:
    async def act() -> None:
        await tried(context, said, method, override)

    return act


def _listed(context: PageContext, found: Sequence[BookedOverride], *, may: bool) -> None:
    words = context.words
    if not found:
        ui.label(words["none"]).classes("t-note")
    for override, alarms in found:
        with ui.element("div").classes("k-item"):
            with ui.row().classes("k-line"):
                ui.label(words[f"kind_{override.kind}"]).classes("t-mark")
                ui.html(_what(context, override), sanitize=False)
            ui.label(override.why).classes("k-words")
            ui.label(_facts(context, override, alarms)).classes("k-soft")
            if may and override.ended_at is None:
                with ui.row().classes("k-acts"):
                    ui.button(words["end"], on_click=_ending(context, override)).props("outline")
    if len(found) >= _MOST:
        ui.label(words("most", n=_MOST)).classes("t-note")


def _what(context: PageContext, override: Override) -> str:
    """HTML."""
    words, page_of = context.words, _PAGES.get(override.scope)
    subject = f"<strong>{escape(override.subject)}</strong>"
    if page_of is not None:
        subject = f'<a href="{escape(page_of(override.subject))}">{subject}</a>'
    rule = f" · {escape(words('only_rule', rule=override.rule))}" if override.rule else ""
    purpose = f" · {escape(words[f'purpose_{override.purpose}'])}" if override.purpose else ""
    return f"{escape(words[f'scope_{override.scope}'])} {subject}{rule}{purpose}"


def _facts(context: PageContext, override: Override, alarms: int) -> str:
    words, now_ms = context.words, context.centre.clock.now_ms()
    by = override.by + (f" ({words('approved', name=override.approved_by)})" if override.approved_by else "")
    parts = [f"{words['who']} {by}", f"{words['since']} {_time(context, override.since)}"]
    if override.ended_at is not None:
        name = "ended" if override.ended_why else "ended_bare"
        parts.append(words(name, time=_time(context, override.ended_at), why=override.ended_why))
    elif override.until is None:
        parts.append(words["no_end"])
    else:
        left = words("left", span=span(max(0, override.until - now_ms), context.language))
        parts.append(f"{words['until']} {_time(context, override.until)} ({left})")
    if override.one_shot:
        parts.append(words["one_shot"])
    if alarms:
        parts.append(f"{words['alarms']} {alarms}")
    return " · ".join(parts)


def _ending(context: PageContext, override: Override) -> Callable[[], None]:
    """Opens the dialog that asks why."""
    words = context.words

    def ask() -> None:
        with ui.dialog() as dialog, ui.card().classes("t-act"):
            ui.label(words("end_title", what=override.subject)).classes("t-h2")
            ui.label(words["end_note"]).classes("t-note")
            why = ui.textarea(words["end_why"]).props("outlined autogrow maxlength=500").classes("full-width")

            async def end() -> None:
                text = str(why.value or "").strip()
                if await tried(context, words["end_done"], context.centre.overrides.end, override.id, text):
                    dialog.close()

            with ui.row().classes("t-act-buttons"):
                ui.button(SHELL.said(context.language)["cancel"], on_click=dialog.close).props("flat")
                ui.button(words["end"], on_click=end).props("unelevated")
        dialog.open()

    return ask


def _time(context: PageContext, at_ms: int) -> str:
    return local_time(at_ms, context.zone.key, _FORM)
