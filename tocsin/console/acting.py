"""The dialogs in which people act on alarms: one at a time or many, with a comment, a reason, an end."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from nicegui import ui

from tocsin.centre.alarms import NEEDED
from tocsin.centre.errors import ForbiddenError, NotFoundError, RefusedError, UnavailableError
from tocsin.console.acting_words import ACTING, REFUSALS
from tocsin.console.page import PageContext, SignedOutError
from tocsin.console.shell_words import SHELL

Action = Literal["acknowledge", "reset", "shelve", "unshelve", "comment"]
ACTIONS: Final[tuple[Action, ...]] = ("acknowledge", "reset", "shelve", "unshelve", "comment")

MOST: Final = 200
"""Alarms at once. Who acknowledges thousands has read none of them."""
_LONGEST: Final = 500
_SHELVES_MIN: Final = (15, 60, 240, 480, 1440)


@dataclass(frozen=True, slots=True)
class Target:
    """An alarm as the dialog names it."""

    alarm: str
    subject: str
    text: str
    red: bool


class ActDialog:
    """Made once for a page, opened for one thing after another."""

    def __init__(self, context: PageContext) -> None:
        self._context = context
        self._words = ACTING.said(context.language)
        self._action: Action = "acknowledge"
        self._targets: Sequence[Target] = ()
        words = self._words
        with ui.dialog() as self._dialog, ui.card().classes("t-act"):
            self._title = ui.label().classes("t-h2").props("id=t-act-title")
            self._what = ui.label().classes("t-act-what")
            self._red = ui.label().classes("badge severity-red")
            self._comment = ui.textarea().props(f"autogrow outlined maxlength={_LONGEST} counter").classes("full-width")
            with ui.column().classes("full-width") as self._shelf:
                choices = {minutes: self._length(minutes) for minutes in _SHELVES_MIN}
                self._minutes = ui.select(choices, value=60, label=words["until"]).props("outlined")
                self._minutes.classes("full-width")
                self._one_shot = ui.checkbox(words["until_cleared"], value=False)
                ui.label(words["shelve_note"]).classes("t-note")
            self._progress = ui.label().classes("t-note").props("role=status")
            with ui.row().classes("t-act-buttons"):
                ui.button(SHELL.said(context.language)["cancel"], on_click=self._dialog.close).props("flat")
                self._do = ui.button(on_click=self._act).props("unelevated")
        self._dialog.props("aria-labelledby=t-act-title")
        self._comment.on("keydown.enter.exact.prevent", self._act)

    def open(self, action: Action, targets: Sequence[Target]) -> None:
        """Ask, then act. More than MOST targets are cut to that many."""
        words = self._words
        self._action, self._targets = action, targets[:MOST]
        self._title.text = words[action]
        first = self._targets[0]
        if len(self._targets) == 1:
            self._what.text = words("of_one", subject=first.subject, text=first.text)
        else:
            names = ", ".join(dict.fromkeys(target.subject for target in self._targets[:5]))
            self._what.text = words("of_many", n=len(self._targets), subjects=names)
        red = sum(target.red for target in self._targets)
        self._red.text = words("red_among", n=red)
        self._red.set_visibility(red > 0 and len(self._targets) > 1)
        label = {"shelve": "reason_field", "comment": "comment_needed"}.get(action, "comment_field")
        self._comment.value = ""
        self._comment.props(f'label="{words[label]}" autofocus')
        self._comment.props(remove="error error-message")
        self._shelf.set_visibility(action == "shelve")
        self._progress.text = ""
        self._do.text = words[action]
        self._do.enable()
        self._dialog.open()

    async def _act(self) -> None:
        comment = str(self._comment.value or "").strip()
        if self._action in ("shelve", "comment") and not comment:
            self._comment.props(f'error error-message="{self._words["needed"]}"')
            self._comment.run_method("focus")
            return
        self._do.disable()
        until_ms = None
        if self._action == "shelve":
            until_ms = self._context.centre.clock.now_ms() + int(self._minutes.value) * 60_000
        one_shot = bool(self._one_shot.value) and self._action == "shelve"
        done, refused, stopped = await self._act_on_all(comment, until_ms, one_shot)
        self._dialog.close()
        self._tell(done, refused, stopped)

    async def _act_on_all(
        self, comment: str, until_ms: int | None, one_shot: bool
    ) -> tuple[list[Target], Counter[str], str]:
        """(done, how many were refused by reason, why the rest was given up)."""
        done: list[Target] = []
        refused: Counter[str] = Counter()
        words, act = self._words, self._context.centre.alarms.act
        for n, target in enumerate(self._targets):
            if len(self._targets) > 1:
                self._progress.text = words("working", done=n, all=len(self._targets))
            try:
                await self._context.ask(act, target.alarm, self._action, comment, until_ms, one_shot=one_shot)
                done.append(target)
            except RefusedError as error:
                refused[self._reason(str(error))] += 1
            except NotFoundError:
                refused[words["gone"]] += 1
            except ForbiddenError:
                return done, refused, SHELL.said(self._context.language)["forbidden"]
            except SignedOutError:
                return done, refused, SHELL.said(self._context.language)["signed_out"]
            except UnavailableError:
                return done, refused, words["unavailable"]
        return done, refused, ""

    def _tell(self, done: list[Target], refused: Counter[str], stopped: str) -> None:
        words, action = self._words, self._words[self._action]
        if done:
            ui.run_javascript("window.tocsin?.board?.unpickAll()")
        if len(done) == 1:
            ui.notify(words("done_one", action=action, subject=done[0].subject), type="positive", position="top-right")
        elif done:
            ui.notify(words("done_many", action=action, n=len(done)), type="positive", position="top-right")
        for reason, n in refused.items():
            ui.notify(words("refused", n=n, reason=reason), type="warning", position="top-right", timeout=10_000)
        if stopped:
            close = SHELL.said(self._context.language)["close"]
            ui.notify(stopped, type="negative", position="top-right", timeout=0, close_button=close)

    def _reason(self, reason: str) -> str:
        return REFUSALS.get(reason, reason) if self._context.language == "zh" else reason

    def _length(self, minutes: int) -> str:
        return self._words("minutes", n=minutes) if minutes < 60 else self._words("hours", n=minutes // 60)


def allowed(context: PageContext) -> dict[Action, bool]:
    """What to offer."""
    return {action: context.may(NEEDED[action]) for action in ACTIONS}
