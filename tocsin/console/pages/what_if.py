"""What other rules would have done with recorded readings."""

from collections.abc import Callable
from typing import Final

import yaml
from nicegui import ui

from tocsin.accounts.roles import Permission, Principal
from tocsin.centre.centre import Centre
from tocsin.centre.rules import rule_form
from tocsin.console.desk.tried import tried
from tocsin.console.desk.what_if_form import WhatIfForm
from tocsin.console.desk.what_if_result import show_result
from tocsin.console.desk.what_if_words import WHAT_IF
from tocsin.console.page import PageContext, page
from tocsin.console.shell import heading, styles
from tocsin.whatif.job import Job

_LOOK_S: Final = 0.5


@page("/what-if", WHAT_IF, needs=Permission.WHAT_IF)
async def what_if(context: PageContext) -> None:
    """`?rule=` begins with a rule."""
    words, centre = context.words, context.centre
    styles("desk.css")
    heading(words["title"])
    ui.link(f"‹ {words['back']}", "/rules")
    ui.label(words["intro"]).classes("t-note")
    files = await context.ask(centre.rulebook.files)
    packed = await context.ask(_packed, centre, files)
    form = WhatIfForm(context, files, packed, context.request.query_params.get("rule", ""))
    running = _Running(context)

    async def begin() -> None:
        wanted = form.wanted()
        if wanted is not None:
            await running.begin(lambda principal: centre.rules.what_if(principal, wanted))

    with ui.row().classes("k-acts"):
        ui.button(words["run"], on_click=begin).props("unelevated").bind_enabled_from(running, "idle")
    running.place()


def _packed(principal: Principal, centre: Centre, files: dict[str, str]) -> dict[str, str]:
    """Rules of packs by id, each as a file of its own."""
    own = "\n".join(files.values())
    return {
        rule.id: yaml.safe_dump({"rules": [rule_form(rule)]}, allow_unicode=True, sort_keys=False, width=100)
        for rule in (seen.rule for seen in centre.rulebook.rules(principal).values())
        if f"id: {rule.id}\n" not in own
    }


class _Running:
    """One comparison at a time on a page; it ends when the page is left."""

    def __init__(self, context: PageContext) -> None:
        self._context = context
        self._job: Job | None = None
        self.idle = True
        ui.context.client.on_delete(self._leave)

    def place(self) -> None:
        """Where it is shown."""
        words = self._context.words
        with ui.row().classes("k-line full-width") as self._bar:
            self._progress = ui.linear_progress(value=0.0, show_value=False).props(f'aria-label="{words["title"]}"')
            self._said = ui.label().props("role=status")
            ui.button(words["cancel"], on_click=self._leave).props("outline")
        self._bar.set_visibility(False)
        self._result = ui.column().classes("full-width")
        self._timer = ui.timer(_LOOK_S, self._look, active=False)

    async def begin(self, start: Callable[[Principal], Job]) -> None:
        context = self._context
        started: list[Job] = []

        def begin(principal: Principal) -> None:
            started.append(start(principal))

        if not await tried(context, context.words("running", percent=0), begin):
            return
        self._job, self.idle = started[0], False
        self._result.clear()
        self._bar.set_visibility(True)
        self._timer.activate()

    def _look(self) -> None:
        job, words = self._job, self._context.words
        if job is None:
            return
        self._progress.value = job.progress
        self._said.text = words("running", percent=round(100 * job.progress))
        if not job.over.is_set():
            return
        self._timer.deactivate()
        self._bar.set_visibility(False)
        self._job, self.idle = None, True
        with self._result, ui.column().classes("t-card"):
            if job.result is not None:
                show_result(self._context, job.result)
            else:
                heading(words["wrong"], level=2)
                for mistake in job.wrong:
                    ui.label(mistake).classes("k-words k-mono")

    def _leave(self) -> None:
        if self._job is not None:
            self._job.cancel(self._context.words["stopped"])
