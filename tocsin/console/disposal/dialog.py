"""The dialog in which people take a step of a disposal."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from nicegui import ui
from nicegui.elements.mixins.value_element import ValueElement

from alerts.disposal.causes import NEED_WORDS
from alerts.disposal.record import Disposal
from alerts.wording.figures import local_time
from plant.entries import DisposalActionName
from tocsin.centre.errors import ForbiddenError, NotFoundError, RefusedError, UnavailableError
from tocsin.console.disposal.said import refusal
from tocsin.console.page import PageContext, SignedOutError
from tocsin.console.shell_words import SHELL

_LONGEST: Final = 4000
_DUE_H: Final = (1, 2, 4, 8, 24, 72)
_HOUR_MS: Final = 3_600_000

Read = Callable[[], dict[str, str] | None]
"""The fields of the step; None: something is missing, and the dialog says what."""


class StepDialog:
    """Made once for a page. `causes` and `people` are code and contact -> words."""

    def __init__(self, context: PageContext, alarm: str, causes: Mapping[str, str], people: Mapping[str, str]) -> None:
        self._context = context
        self._alarm = alarm
        self._causes = dict(causes)
        self._people = dict(people)
        self._dialog = ui.dialog().props("aria-labelledby=d-step-title")

    async def open(self, action: DisposalActionName, record: Disposal | None) -> None:
        """Ask for what the step says, then take it. Who starts is asked nothing."""
        if action == "start":
            await self._take(action, {})
            return
        words = self._context.words
        self._dialog.clear()
        with self._dialog, ui.card().classes("t-act"):
            ui.label(words[f"do_{action}"]).classes("t-h2").props("id=d-step-title")
            read = self._ask(action, record)
            with ui.row().classes("t-act-buttons"):
                ui.button(SHELL.said(self._context.language)["cancel"], on_click=self._dialog.close).props("flat")
                button = ui.button(words[f"do_{action}"]).props("unelevated")
                button.on_click(lambda: self._answered(action, read, button))
        self._dialog.open()

    async def _answered(self, action: DisposalActionName, read: Read, button: ui.button) -> None:
        fields = read()
        if fields is None:
            return
        button.disable()
        try:
            if await self._take(action, fields):
                self._dialog.close()
        finally:
            button.enable()

    async def _take(self, action: DisposalActionName, fields: dict[str, str]) -> bool:
        words, language = self._context.words, self._context.language
        try:
            await self._context.ask(self._context.centre.disposals.step, self._alarm, action, fields)
        except RefusedError as error:
            self._tell(words("refused", reason=refusal(str(error), language)), "warning")
        except ValueError as error:
            self._tell(words("refused", reason=error), "warning")
        except UnavailableError:
            self._tell(words["unavailable"], "negative")
        except (ForbiddenError, NotFoundError):
            self._tell(SHELL.said(language)["forbidden"], "negative")
        except SignedOutError:
            self._tell(SHELL.said(language)["signed_out"], "negative")
        else:
            self._tell(words("done", action=words[f"do_{action}"]), "positive")
            return True
        return False

    @staticmethod
    def _tell(text: str, kind: Any) -> None:
        ui.notify(text, type=kind, position="top", timeout=3000 if kind == "positive" else 10_000)

    def _ask(self, action: DisposalActionName, record: Disposal | None) -> Read:
        words = self._context.words
        match action:
            case "assign":
                return self._ask_assign(record)
            case "cause":
                return self._ask_cause(record)
            case "close":
                active = record is not None and record.active
                label = words["why_close"] if active else words["why_close_free"]
                return self._ask_text("why", label, needed=active)
            case "note":
                return self._ask_text("text", words["text_note"], needed=True)
            case "submit" | "verify":
                return self._ask_text("text", words[f"text_{action}"], needed=False)
            case _:
                return self._ask_text("why", words[f"why_{action}"], needed=True)

    def _ask_text(self, name: str, label: str, *, needed: bool) -> Read:
        box = self._text(label)

        def read() -> dict[str, str] | None:
            text = str(box.value or "").strip()
            if needed and not text:
                return self._missing(box, self._context.words["needed"])
            return {name: text} if text else {}

        return read

    def _ask_assign(self, record: Disposal | None) -> Read:
        words, now_ms = self._context.words, self._context.centre.clock.now_ms()
        person = ui.select(self._people, label=words["to"], with_input=len(self._people) > 8)
        person.props("outlined options-dense").classes("full-width")
        close_by = record.close_by if record is not None else now_ms
        rule = words("due_rule", time=local_time(close_by, self._context.zone.key, "%m-%d %H:%M"))
        choices = {0: rule} | {
            hours: words("due_in", hours=hours) for hours in _DUE_H if now_ms + hours * _HOUR_MS < close_by
        }
        due = ui.select(choices, value=0, label=words["due"]).props("outlined options-dense").classes("full-width")

        def read() -> dict[str, str] | None:
            if not person.value:
                return self._missing(person, words["needed"])
            fields = {"to": str(person.value)}
            if due.value:
                fields["due"] = str(self._context.centre.clock.now_ms() + int(due.value) * _HOUR_MS)
            return fields

        return read

    def _ask_cause(self, record: Disposal | None) -> Read:
        words = self._context.words
        known = record.cause if record is not None and record.cause in self._causes else None
        code = ui.select(self._causes, value=known, label=words["cause_code"])
        code.props("outlined options-dense").classes("full-width")
        box = self._text(words["cause_text"])
        box.value = record.cause_text if record is not None else ""

        def read() -> dict[str, str] | None:
            text = str(box.value or "").strip()
            if not code.value:
                return self._missing(code, words["needed"])
            if code.value in NEED_WORDS and not text:
                return self._missing(box, words["cause_words_needed"])
            return {"code": str(code.value)} | ({"text": text} if text else {})

        return read

    @staticmethod
    def _text(label: str) -> ui.textarea:
        box = ui.textarea(label=label).props(f"autogrow outlined maxlength={_LONGEST}").classes("full-width")
        box.on_value_change(lambda: box.props(remove="error error-message"))
        return box

    @staticmethod
    def _missing(box: ValueElement[Any], why: str) -> None:
        box.props(f'error error-message="{why}"')
