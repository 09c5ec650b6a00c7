"""How the service is set up, and whether all of it is well."""

from html import escape
from importlib.metadata import version
from typing import Any, Final

import yaml
from nicegui import background_tasks, ui

from alerts.wording.figures import local_time
from tocsin.accounts.roles import Permission
from tocsin.centre.errors import ForbiddenError, RefusedError, UnavailableError
from tocsin.console.colours import badge
from tocsin.console.desk.admin_words import SETTINGS
from tocsin.console.page import Nav, PageContext, SignedOutError, page
from tocsin.console.parts import facts_list, table
from tocsin.console.places.page_links import alarm_page
from tocsin.console.shell import heading, styles
from tocsin.doctor.told import lines

_DIGITS: Final = 12


@page("/settings", SETTINGS, needs=Permission.SETTINGS, nav=Nav(76, "settings_suggest", whole_site=True))
async def settings(context: PageContext) -> None:
    """What the doctor says comes when it comes; all else is there at once."""
    words, centre = context.words, context.centre
    in_force = await context.ask(centre.examination.settings)
    styles("desk.css")
    heading(words["title"])
    with ui.column().classes("t-card"):
        heading(words["doctor"], level=2)
        place = ui.column().classes("full-width")

        def look() -> None:
            background_tasks.create(_look(context, place))

        with ui.row().classes("k-acts"):
            ui.button(words["again"], on_click=look).props("outline")
    look()
    with ui.element("div").classes("t-grid"):
        with ui.column().classes("t-card"):
            heading(words["own"], level=2)
            await _own(context)
        with ui.column().classes("t-card"):
            heading(words["versions"], level=2)
            await _versions(context)
    with ui.column().classes("t-card"):
        heading(words["in_force"], level=2)
        ui.label(words["masked"]).classes("t-note")
        text = yaml.safe_dump(_given(in_force), allow_unicode=True, sort_keys=False, width=100)
        ui.label(text).classes("k-words k-mono")


async def _look(context: PageContext, place: ui.column) -> None:
    words = context.words
    place.clear()
    with place:
        ui.label(words["looking"]).props("role=status")
        ui.linear_progress(show_value=False).props(f'indeterminate aria-label="{words["doctor"]}"')
    rows: list[list[str]] = []
    summary = ""
    try:
        found = await context.ask(context.centre.examination.look)
        *told, summary = lines(found, context.language)
        for line in told:
            verdict, what, says = line.split("\t", 2)
            bad = ' class="k-bad"' if verdict.startswith("✗") else ""
            rows.append([f"<span{bad}>{escape(verdict)}</span>", escape(what), escape(says)])
    except (RefusedError, UnavailableError, ForbiddenError, SignedOutError) as error:
        summary = words("failed", reason=error)
    if place.is_deleted:
        return
    place.clear()
    with place:
        if rows:
            with ui.element("div").classes("k-stack"):
                table(["", "", ""], rows)
        ui.label(summary).classes("t-strong")


async def _own(context: PageContext) -> None:
    words = context.words
    found = await context.ask(context.centre.examination.own_alarms)
    if not found:
        ui.label(words["own_none"]).classes("t-note")
    for record in found:
        since = words("since", time=local_time(record.raised_at, context.zone.key))
        link = f'<a href="{escape(alarm_page(record.alarm))}">{escape(record.subject)}</a>'
        html = f"{badge(record.peak_severity, context.language)} {link} · {escape(record.reason)} · {escape(since)}"
        ui.html(html, sanitize=False)


async def _versions(context: PageContext) -> None:
    words, now = context.words, context.centre.grounds.now()
    facts = [(words["product"], escape(version("tocsin")))]
    versions = await context.ask(context.centre.rulebook.versions)
    if versions:
        newest = versions[-1]
        since = local_time(newest.at_ms, context.zone.key)
        said = words("configuration_of", digest=newest.digest[:_DIGITS], time=since)
        facts.append((words["configuration"], escape(said)))
    site = now.site
    size = words(
        "size_of",
        enterprises=len(site.enterprises),
        units=len(site.units),
        points=f"{len(site.points):,}",
        rules=len(now.rules),
    )
    facts += [(words["site"], escape(f"{site.name} ({site.timezone})")), (words["size"], escape(size))]
    facts_list(facts)


def _given(value: Any) -> Any:
    """Without what is empty: it takes its default, or is not used."""
    if isinstance(value, dict):
        return {name: _given(inner) for name, inner in value.items() if inner not in (None, [], {}, "")}
    return [_given(inner) for inner in value] if isinstance(value, list) else value
