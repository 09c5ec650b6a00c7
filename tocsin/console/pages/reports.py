"""Reports over a period: their tables, and their files."""

from datetime import UTC, datetime
from html import escape
from typing import Any, Final

from nicegui import background_tasks, run, ui

from plant.site import Site
from tocsin.accounts.roles import Permission
from tocsin.centre.errors import ForbiddenError, NotFoundError, RefusedError, UnavailableError
from tocsin.centre.reports import MadeReports
from tocsin.console.desk.report_choice import REPORTS as NAMES
from tocsin.console.desk.report_choice import Choice, choice, months
from tocsin.console.desk.report_words import REPORTS
from tocsin.console.page import Nav, PageContext, SignedOutError, page
from tocsin.console.parts import table
from tocsin.console.shell import heading, styles
from tocsin.console.shell_words import SHELL
from tocsin.reports.sheets import Sheet, Value, shown

_MOST_ROWS: Final = 50
_LOOK_S: Final = 0.5
_MARKS: Final = {"bad": "✗ ", "warn": "△ ", "good": "✓ "}


@page("/reports", REPORTS, needs=Permission.EXPORT, nav=Nav(68, "summarize"))
async def reports(context: PageContext) -> None:
    """The address says which: `?report=month&month=2026-10&place=enterprise:E1`."""
    words, wanted = context.words, choice(context.request.query_params)
    site = await context.ask(context.centre.places.site)
    styles("desk.css")
    heading(words["title"])
    _form(context, site, wanted)
    place = ui.column().classes("full-width")
    if wanted is None:
        with place:
            ui.label(words["hint"]).classes("t-note")
        return
    background_tasks.create(_fill(context, wanted, place))


def _form(context: PageContext, site: Site, wanted: Choice | None) -> None:
    words = context.words
    now = datetime.fromtimestamp(context.centre.clock.now_ms() / 1000, UTC).astimezone(context.zone)
    known = months(now.date())
    choices = {month: words("month" if n else "this_month", month=month) for n, month in enumerate(known)}
    choices["own"] = words["own_period"]
    period = wanted.month if wanted is not None and wanted.month in choices else known[0]
    if wanted is not None and wanted.since:
        period = "own"
    places = _places(context, site)
    with ui.row().classes("t-card k-form"):
        report = _select(
            {name: words[f"name_{name}"] for name in NAMES},
            "month" if wanted is None else wanted.report,
            words["which"],
        )
        month = _select(choices, period, words["period"])
        since = ui.input(words["from"], value=wanted.since if wanted is not None else "")
        until = ui.input(words["to"], value=wanted.until if wanted is not None else "")
        for box in (since, until):
            box.props("type=date outlined stack-label").bind_visibility_from(month, "value", value="own")
        place = _select(places, wanted.place if wanted is not None and wanted.place in places else "", words["scope"])

        def go() -> None:
            own = month.value == "own"
            chosen = Choice(
                report.value,
                "" if own else str(month.value),
                str(since.value or "") if own else "",
                str(until.value or "") if own else "",
                str(place.value),
            )
            ui.navigate.to(chosen.address())

        ui.button(words["make"], on_click=go).props("unelevated")


def _select(choices: dict[str, str], value: str, label: str) -> ui.select:
    box = ui.select(choices, value=value, label=label, with_input=len(choices) > 20)
    box.props("outlined options-dense").classes("k-choice")
    return box


def _places(context: PageContext, site: Site) -> dict[str, str]:
    words = context.words
    regions = context.centre.grounds.now().places
    seen = {region for e in site.enterprises.values() for region in regions.regions_of(e.region)}
    found = {"": words["whole"]}
    if len(site.enterprises) > 1:
        for name in sorted(seen):
            if name in site.regions:
                found[f"region:{name}"] = words("region", name=site.regions[name].name)
        for park in sorted({e.park for e in site.enterprises.values() if e.park}):
            found[f"park:{park}"] = words("park", name=park)
        for enterprise in site.enterprises.values():
            found[f"enterprise:{enterprise.enterprise}"] = words("enterprise", name=enterprise.name)
    return found


async def _fill(context: PageContext, wanted: Choice, place: ui.column) -> None:
    """Make the report in a worker thread, and show it; meanwhile how far it is."""
    words, far = context.words, [0.0]
    with place:
        said = ui.label(words["making_plain"]).props("role=status")
        bar = ui.linear_progress(value=0.0, show_value=False).props(f'aria-label="{words["title"]}"')

        def look() -> None:
            bar.value = far[0]
            if far[0]:
                said.text = words("making", percent=round(100 * far[0]))

        timer = ui.timer(_LOOK_S, look)

    def advance(done: float, total: float) -> None:
        far[0] = min(1.0, done / total) if total else 0.0

    made: MadeReports | None = None
    try:
        make = context.centre.reports.make
        made = await context.ask(make, wanted.names, advance=advance, **wanted.arguments())
    except (ValueError, NotFoundError, RefusedError, UnavailableError) as error:
        reason = str(error)
    except ForbiddenError:
        reason = SHELL.said(context.language)["forbidden"]
    except SignedOutError:
        reason = SHELL.said(context.language)["signed_out"]
    if place.is_deleted:
        return
    timer.deactivate()
    place.clear()
    with place:
        if made is None:
            ui.label(words("failed", reason=reason)).classes("t-card")
        else:
            _show(context, wanted, made)


def _show(context: PageContext, wanted: Choice, made: MadeReports) -> None:
    words, language = context.words, context.language
    head = dict(made.head(wanted.report, language))
    with ui.column().classes("t-card"):
        heading(head["title"], level=2)
        for name in ("site", "period", "scope", "made"):
            ui.label(head[name]).classes("t-note")
        with ui.row().classes("k-acts"):
            for kind in ("xlsx", "html", "csv"):
                button = ui.button(
                    words[f"download_{kind}"], icon="download", on_click=_download(context, wanted, made, kind)
                )
                button.props("outline")
    for one in made.made:
        if one.figures is None:
            said = words("why_not", name=words[f"name_{one.name}"], reason=one.why_not)
            ui.label(said).classes("t-card t-note")
            continue
        for sheet in one.sheets(made.asked, language):
            _sheet(context, sheet)


def _sheet(context: PageContext, sheet: Sheet) -> None:
    words = context.words
    with ui.column().classes("t-card k-sheet"):
        heading(sheet.title, level=2)
        if sheet.rows:
            rows = [[_cell(value) for value in sheet.values(row)] for row in sheet.rows[:_MOST_ROWS]]
            table([column.title for column in sheet.columns], rows)
        else:
            ui.label(words["no_rows"]).classes("t-note")
        if len(sheet.rows) > _MOST_ROWS:
            ui.label(words("more", n=len(sheet.rows) - _MOST_ROWS)).classes("t-note")
        if sheet.note:
            ui.label(sheet.note).classes("t-note")


def _cell(value: Value) -> str:
    said = escape(shown(value))
    if value.tone == "quiet":
        return f'<span class="k-soft">{said}</span>'
    return f'<span class="{"k-bad" if value.tone == "bad" else ""}">{_MARKS.get(value.tone, "")}{said}</span>'


def _download(context: PageContext, wanted: Choice, made: MadeReports, kind: str) -> Any:
    async def download() -> None:
        period = wanted.month or wanted.since or "month"
        try:
            content = await run.io_bound(_file, context, wanted, made, kind)
        except ValueError as error:  # an extra that is not installed
            ui.notify(context.words("failed", reason=error), type="warning", position="top", timeout=10_000)
            return
        if content is not None:
            ui.download.content(content, f"{wanted.report}-{period}.{kind}")

    return download


def _file(context: PageContext, wanted: Choice, made: MadeReports, kind: str) -> bytes:
    match kind:
        case "csv":
            return made.csv(context.language).encode("utf-8-sig")  # spreadsheets know it for UTF-8 by its mark
        case "html":
            return made.page(context.language).encode()
        case _:
            return made.xlsx(wanted.report, context.language)
