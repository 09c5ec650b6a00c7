"""Onboarding: what unknown devices send, and the lines of points.csv that they would become."""

from typing import Final

from nicegui import ui

from plant.site_reader.columns import POINT_KINDS
from tocsin.accounts.roles import Permission
from tocsin.centre.errors import NotFoundError, RefusedError, UnavailableError
from tocsin.centre.onboarding import Proposed, Unknown
from tocsin.console.page import Nav, PageContext, SignedOutError, page
from tocsin.console.places.paging import paged
from tocsin.console.places.render import renderer
from tocsin.console.places.words import ONBOARDING, SHARED
from tocsin.console.shell import heading, styles
from tocsin.console.shell_words import SHELL
from tocsin.onboarding.proposal import Wish

_NO_POINT: Final = "-"
_MOST_KEYS: Final = 40


@page("/onboarding", ONBOARDING, needs=Permission.ONBOARD, nav=Nav(70, "add_link"))
async def onboarding(context: PageContext) -> None:
    """The latest first."""
    words, render = context.words, renderer(context)
    styles("places.css")
    heading(words["title"])
    ui.label(words["intro"]).classes("t-note")
    found = await context.ask(context.centre.onboarding.unknown)
    if not found:
        ui.label(words["empty"]).classes("t-card")
        return
    shown, paging = paged(found, context.request.query_params, _text_of)
    ui.html(render("paging.html", paging=paging), sanitize=False)
    for unknown in shown:
        with ui.element("section").classes("t-card p-card"):
            ui.html(render("unknown.html", unknown=unknown, period_s=unknown.device.period_s()), sanitize=False)
            if unknown.device.keys:
                ui.button(words["propose"], on_click=lambda u=unknown: _Proposal(context, u).open()).props(
                    "outline no-caps"
                ).classes("p-start")


def _text_of(unknown: Unknown) -> str:
    device = unknown.device
    return " ".join((device.device, device.topic, device.enterprise, *device.keys))


class _Proposal:
    """The dialog: in which unit, what each key is; then the lines."""

    def __init__(self, context: PageContext, unknown: Unknown) -> None:
        self._context = context
        self._unknown = unknown
        words, shared, shell = context.words, SHARED.said(context.language), SHELL.said(context.language)
        device = unknown.device
        title = words("propose_title", device=device.device)
        self._dialog = ui.dialog()
        self._dialog.props["aria-label"] = title
        with self._dialog, ui.card().classes("p-dialog"):
            heading(title, level=2)
            units = list(unknown.units)
            self._unit = ui.select(units, label=words["choose_unit"], with_input=True, clearable=True)
            self._unit.props("outlined dense").classes("p-choice")
            if len(units) == 1:
                self._unit.value = units[0]
            self._kinds = {}
            for key in list(device.keys)[:_MOST_KEYS]:
                guess = unknown.guesses[key]
                kinds = sorted({*POINT_KINDS, *([guess.kind] if guess else [])})
                choices = {_NO_POINT: words["leave_out"]} | {kind: kind for kind in kinds}
                select = ui.select(choices, value=guess.kind if guess else None, label=words("choose_kind", key=key))
                self._kinds[key] = select.props("outlined dense").classes("p-choice")
            with ui.row():
                ui.button(words["make"], on_click=self._make).props("no-caps")
                ui.button(shell["close"], on_click=self._dialog.close).props("flat no-caps")
            self._result = ui.column().classes("p-result")
        self._words, self._shared = words, shared

    def open(self) -> None:
        self._dialog.open()

    async def _make(self) -> None:
        device = self._unknown.device
        chosen = {key: str(select.value) for key, select in self._kinds.items() if select.value}
        self._result.clear()
        missing = self._missing(chosen)
        if missing:
            with self._result:
                ui.label(missing).classes("p-bad").props("role=alert")
            return
        wish = Wish(
            unit=self._unit.value or None,
            kinds={key: kind for key, kind in chosen.items() if kind != _NO_POINT},
            leave_out=[key for key in device.keys if chosen.get(key) == _NO_POINT or key not in self._kinds],
        )
        with self._result:
            try:
                propose = self._context.centre.onboarding.propose
                proposed = await self._context.ask(propose, device.topic, device.device, wish)
            except (RefusedError, NotFoundError, UnavailableError, SignedOutError) as error:
                ui.label(str(error)).classes("p-bad").props("role=alert")
                return
            self._show(proposed)

    def _missing(self, chosen: dict[str, str]) -> str:
        """What is still to be chosen, in words; "" where nothing is."""
        if not self._unit.value:
            return self._words["need_unit"]
        undecided = [key for key in self._kinds if key not in chosen]
        return self._words("need_kind", keys=", ".join(undecided)) if undecided else ""

    def _show(self, proposed: Proposed) -> None:
        ui.label(self._words["still_needed"]).classes("t-note")
        ui.html(renderer(self._context)("lines.html", lines=proposed.lines), sanitize=False)
        name = f"points-{self._unknown.device.device.rpartition('/')[2] or 'device'}.csv"
        ui.button(
            self._words["download"],
            on_click=lambda: ui.download.content(proposed.lines.encode("utf-8-sig"), name, "text/csv"),
        ).props("outline no-caps")
