"""The form that sets an override, or proposes one that a second person approves."""

from typing import Any, Final

from nicegui import ui

from tocsin.centre.overrides import WantedOverride
from tocsin.console.desk.tried import tried
from tocsin.console.desk.words import DESK
from tocsin.console.page import PageContext
from tocsin.console.shell_words import SHELL

_MIN_MS: Final = 60_000
_LENGTHS_MIN: Final = (15, 30, 60, 120, 240, 480, 1440, 3 * 1440, 7 * 1440, 30 * 1440)
_APPROVED_MOST_MIN: Final = 60
_SCOPES: Final = ("point", "unit", "device", "enterprise", "rule")
_MOST_OFFERED: Final = 2000


class OverrideForm:
    """A dialog; made once for a page."""

    def __init__(self, context: PageContext) -> None:
        self._context = context
        words = context.words
        with ui.dialog().props("aria-labelledby=k-override-title") as self._dialog, ui.card().classes("t-act"):
            ui.label(words["set"]).classes("t-h2").props("id=k-override-title")
            kinds = {kind: words[f"kind_{kind}"] for kind in ("out_of_service", "disabled")}
            self._kind = self._select(kinds, "out_of_service", words["kind"])
            self._scope = self._select({s: words[f"scope_{s}"] for s in _SCOPES}, "point", words["scope"])
            self._subject = ui.input(words["subject"]).props("outlined").classes("full-width")
            purposes = {purpose: words[f"purpose_{purpose}"] for purpose in ("maintenance", "calibration", "test")}
            self._purpose = self._select(purposes, "maintenance", words["purpose"])
            self._all = ui.checkbox(words["all_levels"], value=False)
            self._minutes = self._select(self._lengths(), 60, words["how_long"])
            self._rule = ui.input(words["rule"]).props("outlined").classes("full-width")
            self._why = ui.textarea(words["why"]).props("outlined autogrow maxlength=500").classes("full-width")
            with ui.row().classes("t-act-buttons"):
                ui.button(SHELL.said(context.language)["cancel"], on_click=self._dialog.close).props("flat")
                self._do = ui.button(words["do_set"], on_click=self._set).props("unelevated")
        for box in (self._kind, self._scope, self._purpose, self._all):
            box.on_value_change(self._fit)
        for field in (self._subject, self._why):
            field.on_value_change(lambda field=field: field.props(remove="error error-message"))

    async def open(self) -> None:
        self._subject.value = self._why.value = self._rule.value = ""
        self._all.value = False
        await self._fit()
        self._dialog.open()

    @staticmethod
    def _select(choices: dict[Any, str], value: Any, label: str) -> ui.select:
        return ui.select(choices, value=value, label=label).props("outlined options-dense").classes("full-width")

    def _lengths(self) -> dict[int, str]:
        words = self._context.words
        said = {}
        for n in _LENGTHS_MIN:
            said[n] = words("minutes", n=n) if n < 60 else words("hours", n=n // 60)
            if n >= 3 * 1440:
                said[n] = words("days", n=n // 1440)
        if self._kind_value() == "disabled":
            said[0] = words["no_end"]
        if self._two_persons():
            said = {n: text for n, text in said.items() if 0 < n <= _APPROVED_MOST_MIN}
        return said

    def _kind_value(self) -> str:
        return str(self._kind.value)

    def _may_be_two(self) -> bool:
        return (
            self._kind_value() == "out_of_service"
            and self._scope.value == "point"
            and self._purpose.value in ("calibration", "test")
        )

    def _two_persons(self) -> bool:
        return self._may_be_two() and bool(self._all.value)

    async def _fit(self) -> None:
        """What can be chosen goes with what is chosen."""
        words = self._context.words
        self._purpose.set_visibility(self._kind_value() == "out_of_service")
        self._all.set_visibility(self._may_be_two())
        self._rule.set_visibility(self._scope.value != "rule")
        lengths = self._lengths()
        value = self._minutes.value if self._minutes.value in lengths else min(60, *lengths)
        self._minutes.set_options(lengths, value=value)
        self._subject.props(f'label="{words["subject_device" if self._scope.value == "device" else "subject"]}"')
        self._do.text = words["do_propose" if self._two_persons() else "do_set"]
        await self._offer()

    async def _offer(self) -> None:
        """Ids that the person sees, to choose from while typing."""
        site = await self._context.ask(self._context.centre.places.site)
        match self._scope.value:
            case "point":
                ids = list(site.points)
            case "unit":
                ids = list(site.units)
            case "enterprise":
                ids = list(site.enterprises)
            case "device":
                ids = sorted({f"{p.enterprise}/{p.device}" for p in site.points.values() if p.device})
            case _:
                ids = list(self._context.centre.grounds.now().rules)
        self._subject.set_autocomplete(ids[:_MOST_OFFERED])

    async def _set(self) -> None:
        context, words = self._context, self._context.words
        needed = DESK.said(context.language)["needed"]
        missing = [box for box in (self._subject, self._why) if not str(box.value or "").strip()]
        for box in missing:
            box.props(f'error error-message="{needed}"')
        if missing:
            return
        out_of_service, minutes = self._kind_value() == "out_of_service", int(self._minutes.value)
        wanted = WantedOverride(
            kind="out_of_service" if out_of_service else "disabled",
            scope=self._scope.value,
            subject=str(self._subject.value).strip(),
            why=str(self._why.value).strip(),
            purpose=self._purpose.value if out_of_service else "",
            rule=str(self._rule.value or "").strip() if self._scope.value != "rule" else "",
            until_ms=context.centre.clock.now_ms() + minutes * _MIN_MS if minutes else None,
        )
        overrides = context.centre.overrides
        if self._two_persons():
            done = await tried(context, words["propose_done"], overrides.propose, wanted)
        else:
            done = await tried(context, words["set_done"], overrides.begin, wanted)
        if done:
            self._dialog.close()
