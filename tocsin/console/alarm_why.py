"""Why an alarm was raised: decided again from the log in a worker thread, with how far it is."""

from nicegui import ui

from tocsin.centre.errors import NotFoundError, UnavailableError
from tocsin.console.page import PageContext, SignedOutError
from tocsin.console.parts import facts_list_of_text
from tocsin.console.shell import heading
from tocsin.explain.explain import Explained
from tocsin.explain.story import Story

_LOOK_S = 0.3


class WhyCard:
    """A card that asks by itself, once the browser has the page."""

    def __init__(self, context: PageContext, alarm: str, *, is_exercise: bool) -> None:
        self._context = context
        self._alarm = alarm
        self._words = context.words
        self._done, self._total = 0.0, 0.0
        with ui.column().classes("t-card"):
            heading(self._words["why"], level=2)
            self._place = ui.column().classes("full-width")
        with self._place:
            if is_exercise:
                ui.label(self._words["why_exercise"]).classes("t-note")
                return
            self._bar = ui.linear_progress(0, show_value=False).props('indeterminate aria-label="…"')
            self._bar.props(f'aria-label="{self._words["why_working"]}"')
            self._told = ui.label(self._words["why_working"]).classes("t-note").props("role=status")
            self._timer = ui.timer(_LOOK_S, self._show_progress)
            ui.timer(0.0, self._explain, once=True)

    async def _explain(self) -> None:
        explanations = self._context.centre.explanations
        try:
            found = await self._context.ask(explanations.of, self._alarm, self._advance)
        except (NotFoundError, UnavailableError, SignedOutError) as error:
            self._timer.cancel()
            self._place.clear()
            with self._place:
                ui.label(self._words("why_failed", reason=error)).classes("t-note")
            return
        self._timer.cancel()
        self._place.clear()
        with self._place:
            self._show(found)

    def _advance(self, done: float, total: float) -> None:
        """Called by the worker."""
        self._done, self._total = done, total

    def _show_progress(self) -> None:
        if self._total:
            self._bar.props(remove="indeterminate")
            self._bar.value = self._done / self._total
            self._told.text = self._words("why_progress", done=f"{self._done:,.0f}", total=f"{self._total:,.0f}")

    def _show(self, found: Explained) -> None:
        story = Story(found, self._context.language)
        for line in story.why():
            ui.label(line)
        tone = {"reproduced": "good", "differs": "bad", "impossible": "warn"}[found.verdict]
        with ui.element("div").classes(f"t-verdict {tone}"):
            ui.label(story.proof())
        for booked, again in story.differences():
            ui.label(f"{booked} → {again}").classes("t-note")
        for line in story.quality():
            ui.label(line).classes("t-note")
        with ui.element("details").classes("full-width"):
            with ui.element("summary"):
                ui.label(self._words["proof"])
            facts_list_of_text(list(story.facts()))
