"""The form in which a report of the hotline or of an inspection is taken in."""

import secrets
from typing import Any, Final

from nicegui import ui

from plant.site import Site
from tocsin.console.desk.tried import tried
from tocsin.console.page import PageContext
from tocsin.console.shell_words import SHELL
from tocsin.hazard_reports.record import NewReport, Reporter

_MOST_OFFERED: Final = 2000


class HazardForm:
    """A dialog; made once for a page."""

    def __init__(self, context: PageContext, site: Site) -> None:
        self._context = context
        self._key = secrets.token_hex(12)
        words = context.words
        with ui.dialog().props("aria-labelledby=k-hazard-title") as self._dialog, ui.card().classes("t-act"):
            ui.label(words["take"]).classes("t-h2").props("id=k-hazard-title")
            kinds = {kind: words[f"kind_{kind}"] for kind in ("hotline", "inspection")}
            self._kind = ui.select(kinds, value="hotline", label=words["kind"])
            self._text = ui.textarea(words["text"]).props("autogrow maxlength=4000")
            self._unit = ui.input(words["unit"], autocomplete=list(site.units)[:_MOST_OFFERED])
            owners = {"": words["no_enterprise"]} | {e.enterprise: e.name for e in site.enterprises.values()}
            self._enterprise = ui.select(owners, value="", label=words["enterprise"], with_input=len(owners) > 12)
            self._place = ui.input(words["place"])
            self._name = ui.input(words["name"])
            self._phone = ui.input(words["phone"]).props("type=tel")
            for box in (
                self._kind, self._text, self._unit, self._enterprise, self._place, self._name, self._phone
            ):  # fmt: skip
                box.props("outlined").classes("full-width")
            ui.label(words["privacy"]).classes("t-note")
            self._share = ui.checkbox(words["share"], value=False)
            with ui.row().classes("t-act-buttons"):
                ui.button(SHELL.said(context.language)["cancel"], on_click=self._dialog.close).props("flat")
                ui.button(words["do_take"], on_click=self._take).props("unelevated")

    def open(self) -> None:
        """Empty. A second click on its button takes in no second report."""
        self._key = secrets.token_hex(12)
        for box in (self._text, self._unit, self._place, self._name, self._phone):
            box.value = ""
            box.props(remove="error error-message")
        self._enterprise.value, self._share.value = "", False
        self._dialog.open()

    async def _take(self) -> None:
        words = self._context.words
        new = NewReport(
            kind=self._kind.value,
            text=_said(self._text),
            unit=_said(self._unit),
            enterprise=str(self._enterprise.value or ""),
            place=_said(self._place),
            reported_at_ms=None,
            share=bool(self._share.value),
            reporter=Reporter(_said(self._name), _said(self._phone)),
        )
        if not new.text:
            self._text.props(f'error error-message="{words["needed"]}"')
        elif not (new.unit or new.enterprise or new.place):
            self._unit.props(f'error error-message="{words["needed_where"]}"')
        elif await tried(self._context, words["taken"], self._context.centre.hazard_reports.take, new, self._key):
            self._dialog.close()
            ui.navigate.to("/hazard-reports")


def _said(box: Any) -> str:
    return str(box.value or "").strip()
