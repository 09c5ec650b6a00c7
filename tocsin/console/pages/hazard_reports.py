"""Reports of the public hotline and of inspections: the list, the form, and the page of one."""

from collections.abc import Callable
from html import escape
from typing import Any, Final
from urllib.parse import quote

from nicegui import ui

from alerts.risk import Node
from alerts.wording.figures import local_time
from tocsin.accounts.roles import Permission
from tocsin.console.colours import badge
from tocsin.console.desk.confirm import confirmed
from tocsin.console.desk.filters import filters
from tocsin.console.desk.hazard_form import HazardForm
from tocsin.console.desk.hazard_words import HAZARD_REPORT, HAZARD_REPORTS
from tocsin.console.desk.tried import tried
from tocsin.console.page import Nav, PageContext, page
from tocsin.console.parts import facts_list, table
from tocsin.console.places.page_links import alarm_page, enterprise_page, unit_page
from tocsin.console.shell import heading, styles
from tocsin.console.shell_words import SHELL
from tocsin.hazard_reports.record import HazardReport, ReportState

_A_PAGE: Final = 50
_STATES: Final = {
    "open": frozenset({ReportState.NEW, ReportState.LINKED}),
    "closed": frozenset({ReportState.CLOSED}),
    "all": None,
}


def report_page(report: str) -> str:
    """Its address."""
    return f"/hazard-reports/{quote(report, safe='')}"


@page("/hazard-reports", HAZARD_REPORTS, nav=Nav(64, "campaign"))
async def listed(context: PageContext) -> None:
    """Those in sight, the newest first; `?show=` open, closed or all."""
    words, query = context.words, context.request.query_params
    show = query.get("show", "open")
    show = show if show in _STATES else "open"
    before = query.get("before", "")
    styles("desk.css")
    heading(words["title"])
    filters(context, [(words[f"show_{name}"], f"/hazard-reports?show={name}", name == show) for name in _STATES])
    if context.may(Permission.REPORT_HAZARD):
        form = HazardForm(context, await context.ask(context.centre.places.site))
        with ui.row().classes("k-acts"):
            ui.button(words["take"], on_click=form.open).props("unelevated")
    found, more = await context.ask(
        context.centre.hazard_reports.page,
        states=_STATES[show],
        before=int(before) if before.isdecimal() else None,
        limit=_A_PAGE,
    )
    with ui.column().classes("t-card"):
        if not found:
            ui.label(words["none"]).classes("t-note")
        for report in found:
            with ui.element("div").classes("k-item"):
                with ui.row().classes("k-line"):
                    ui.label(words[f"state_{report.state.value}"]).classes("t-mark")
                    ui.link(words[f"kind_{report.kind}"], report_page(report.id))
                    ui.label(_time(context, report.received_at_ms)).classes("k-soft")
                ui.label(report.text).classes("k-words")
                ui.html(_where(context, report), sanitize=False).classes("k-soft")
        with ui.row().classes("k-line"):
            if before:
                ui.link(words["newest"], f"/hazard-reports?show={show}")
            if more is not None:
                ui.link(words["older"], f"/hazard-reports?show={show}&before={more}")


@page("/hazard-reports/{report}", HAZARD_REPORT)
async def one(context: PageContext, report: str) -> None:
    """What was reported, what came of it, and what can be done."""
    words, centre = context.words, context.centre
    found, steps = await context.ask(centre.hazard_reports.whole, report)
    kinds = HAZARD_REPORTS.said(context.language)
    may = context.may(Permission.REPORT_HAZARD)
    styles("desk.css")
    heading(f"{words['title']} · {kinds[f'kind_{found.kind}']}")
    ui.link(f"‹ {words['back']}", "/hazard-reports")
    with ui.element("div").classes("t-grid"):
        with ui.column().classes("t-card"):
            heading(words["about"], level=2)
            ui.label(found.text).classes("k-words")
            shared = kinds["shared" if found.share else "not_shared"]
            facts = [
                (words["state"], escape(f"{kinds[f'state_{found.state.value}']}, {shared}")),
                (words["where"], _where(context, found)),
                (
                    words["received"],
                    escape(words("by_at", name=found.taken_by, at=_time(context, found.received_at_ms))),
                ),
            ]
            if found.alarm:
                link = f'<a href="{escape(alarm_page(found.alarm))}">{escape(found.alarm)}</a>'
                facts.append((words["alarm"], link))
            if may:
                facts.append((words["reporter"], escape(found.reporter_masked or words["nobody"])))
            facts_list(facts)
            if may and found.reporter_masked:
                _reporter(context, report)
        if may:
            with ui.column().classes("t-card"):
                heading(words["acts"], level=2)
                await _acts(context, found)
    with ui.column().classes("t-card"):
        heading(words["steps"], level=2)
        rows = [
            [_time(context, s.at_ms), escape(words.get(f"step_{s.name}", s.name)), escape(s.by), escape(s.why)]
            for s in steps
        ]
        with ui.element("div").classes("k-stack"):
            table(["", "", "", ""], rows)


def _reporter(context: PageContext, report: str) -> None:
    words = context.words

    async def show() -> None:
        found = await context.ask(context.centre.hazard_reports.reporter, report)
        place.clear()
        with place:
            ui.label(" ".join(filter(None, (found.name, found.phone)))).classes("t-strong")

    with ui.row() as place:
        ui.button(words["show_reporter"], on_click=show).props("outline")


async def _acts(context: PageContext, found: HazardReport) -> None:
    words, reports = context.words, context.centre.hazard_reports

    async def shared() -> None:
        if await confirmed(context, words["sure_share"], words["share"]) and await tried(
            context, words["done"], reports.share, found.id
        ):
            ui.navigate.reload()

    with ui.row().classes("k-acts"):
        if found.state is ReportState.CLOSED:
            reopen = _asking(context, words["reopen"], reports.reopen, found.id)
            ui.button(words["reopen"], on_click=reopen).props("outline")
            return
        close = _asking(context, words["close"], reports.close_report, found.id)
        ui.button(words["close"], on_click=close).props("unelevated")
        if found.enterprise and not found.share:
            ui.button(words["share"], on_click=shared).props("outline")
    await _linking(context, found)


async def _linking(context: PageContext, found: HazardReport) -> None:
    """Alarms that stand where the report is about, to be linked by a click."""
    words, centre = context.words, context.centre
    place = Node("unit", found.unit) if found.unit else Node("enterprise", found.enterprise)
    heading(words["link_which"], level=3)
    alarms = await context.ask(centre.alarms_at.open, place) if place.id else []
    alarms = [listed for listed in alarms if listed.record.alarm != found.alarm][:10]
    if not alarms:
        ui.label(words["link_none"]).classes("t-note")
    for record, facts in alarms:

        async def link(alarm: str = record.alarm) -> None:
            if await tried(context, words["done"], centre.hazard_reports.link, found.id, alarm):
                ui.navigate.reload()

        with ui.row().classes("k-line"):
            said = facts.text.get(context.language) or record.rule
            ui.html(f"{badge(record.peak_severity, context.language)} {escape(said)}", sanitize=False)
            ui.button(words["link"], on_click=link).props("flat dense")


def _asking(context: PageContext, action: str, method: Callable[..., Any], report: str) -> Callable[[], None]:
    """Opens a dialog that asks why."""
    words = context.words

    def ask() -> None:
        with ui.dialog() as dialog, ui.card().classes("t-act"):
            ui.label(action).classes("t-h2")
            why = ui.textarea(words["why"]).props("outlined autogrow maxlength=4000").classes("full-width")

            async def done() -> None:
                text = str(why.value or "").strip()
                if not text:
                    why.props(f'error error-message="{words["needed"]}"')
                elif await tried(context, words["done"], method, report, text):
                    ui.navigate.reload()

            with ui.row().classes("t-act-buttons"):
                ui.button(SHELL.said(context.language)["cancel"], on_click=dialog.close).props("flat")
                ui.button(action, on_click=done).props("unelevated")
        dialog.open()

    return ask


def _where(context: PageContext, report: HazardReport) -> str:
    """HTML."""
    site = context.centre.grounds.now().site
    parts = []
    if report.enterprise in site.enterprises:
        name = site.enterprises[report.enterprise].name
        parts.append(f'<a href="{escape(enterprise_page(report.enterprise))}">{escape(name)}</a>')
    if report.unit in site.units:
        parts.append(f'<a href="{escape(unit_page(report.unit))}">{escape(site.units[report.unit].name)}</a>')
    if report.place:
        parts.append(escape(report.place))
    return " · ".join(parts) or "—"


def _time(context: PageContext, at_ms: int) -> str:
    return local_time(at_ms, context.zone.key, "%Y-%m-%d %H:%M")
