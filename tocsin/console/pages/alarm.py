"""The page of one alarm: what it is, why, how it went, who was told, and what can be done now."""

from collections.abc import Callable
from html import escape
from typing import Any

from nicegui import ui

from tocsin.accounts.roles import Permission
from tocsin.centre.alarms import Whole
from tocsin.console.acting import ActDialog, Action, Target, allowed
from tocsin.console.acting_words import ACTING
from tocsin.console.alarm_view import facts_of, happened, span_of, told
from tocsin.console.alarm_why import WhyCard
from tocsin.console.alarm_words import ALARM
from tocsin.console.colours import badge
from tocsin.console.page import PAGES, PageContext, page
from tocsin.console.parts import facts_list, table
from tocsin.console.places.follow import FOLLOWING
from tocsin.console.places.trend_part import TrendPart
from tocsin.console.shell import heading, scripts, styles
from tocsin.console.units import unit_sign

_DISPOSAL = "/alarms/{alarm}/disposal"


@page("/alarms/{alarm}", ALARM)
async def alarm(context: PageContext, alarm: str) -> None:
    """One alarm; `?exercise=1` for one of an exercise."""
    is_exercise = context.request.query_params.get("exercise") == "1"
    styles("places.css")
    scripts("places.js")
    shown = AlarmPage(context, alarm, is_exercise=is_exercise)
    await shown.build()


class AlarmPage:
    """The page's parts; those that change with the alarm are made anew when it has changed."""

    def __init__(self, context: PageContext, alarm: str, *, is_exercise: bool) -> None:
        self._context = context
        self._alarm = alarm
        self._is_exercise = is_exercise
        self._words = context.words
        self._zone = context.zone.key
        self._whole: Whole | None = None

    async def build(self) -> None:
        whole = self._whole = await self._context.ask(
            self._context.centre.alarms.whole, self._alarm, exercise=self._is_exercise
        )
        calls, proofs = await self._context.ask(
            self._context.centre.alarms.delivery, self._alarm, exercise=self._is_exercise
        )
        self._dialog = ActDialog(self._context)
        self._head = ui.column().classes("t-alarm-head")
        with ui.element("div").classes("t-grid"):
            self._what = ui.column().classes("t-card")
            self._guidance(whole)
        await self._show_trend(whole)
        WhyCard(self._context, self._alarm, is_exercise=self._is_exercise)
        with ui.element("div").classes("t-grid"):
            self._history = ui.column().classes("t-card")
            self._delivery = ui.column().classes("t-card")
        self._show(whole, told(calls, proofs, self._words, self._zone))
        FOLLOWING.follow(self._context, self._look, lambda found: self._show(*found))

    def _look(self, principal: Any) -> Any:
        """In a worker thread: what has changed, if anything has."""
        alarms = self._context.centre.alarms
        whole = alarms.whole(principal, self._alarm, exercise=self._is_exercise)
        calls, proofs = alarms.delivery(principal, self._alarm, exercise=self._is_exercise)
        rows = told(calls, proofs, self._words, self._zone)
        if whole == self._whole and rows == self._told:
            return None
        self._whole = whole
        return whole, rows

    def _show(self, whole: Whole, rows: list[Any]) -> None:
        self._told = rows
        for place, build in (
            (self._head, self._show_head),
            (self._what, self._show_what),
            (self._history, self._show_history),
        ):
            self._anew(place, whole, build)
        self._delivery.clear()
        with self._delivery:
            self._show_delivery(rows)

    @staticmethod
    def _anew(place: ui.column, whole: Whole, build: Callable[[Whole], None]) -> None:
        place.clear()
        with place:
            build(whole)

    def _show_head(self, whole: Whole) -> None:
        record, facts, words = whole.record, whole.facts, self._words
        language = self._context.language
        with ui.row().classes("t-alarm-title"):
            ui.html(badge(record.peak_severity, language), sanitize=False)
            heading(facts.text.get(language) or f"{facts.subject_name} · {record.rule}")
        with ui.row().classes("t-alarm-marks"):
            ui.label(words[f"state_{record.state.value}"]).classes("t-strong")
            if record.exercise:
                ui.label(words["exercise"]).classes("t-mark")
            if record.historical:
                ui.label(words["late"]).classes("t-mark")
            if whole.incident is not None and whole.incident.alarms > 1 and whole.incident.first_out == record.alarm:
                ui.label(f"① {words['first']}").classes("t-mark")
        if not record.exercise:
            self._buttons(whole)

    def _buttons(self, whole: Whole) -> None:
        """What its state takes and the person may do."""
        state, may = whole.record.state.value, allowed(self._context)
        offered: list[Action] = []
        if state.endswith("_unacknowledged"):
            offered.append("acknowledge")
        if state.startswith("latched_"):
            offered.append("reset")
        if state != "closed":
            offered.append("unshelve" if whole.record.shelved_by is not None else "shelve")
            offered.append("comment")
        said = ACTING.said(self._context.language)
        with ui.row().classes("t-alarm-acts"):
            for n, action in enumerate(action for action in offered if may[action]):
                button = ui.button(said[action], on_click=lambda action=action: self._act(action))
                button.props("unelevated" if n == 0 else "outline")
            if _DISPOSAL in PAGES and self._context.may(Permission.DISPOSE):
                target = _DISPOSAL.format(alarm=self._alarm)
                ui.button(self._words["disposal_open"], on_click=lambda: ui.navigate.to(target)).props("outline")

    def _act(self, action: Action) -> None:
        if self._whole is None:
            return
        record, facts = self._whole.record, self._whole.facts
        text = facts.text.get(self._context.language) or record.rule
        self._dialog.open(action, [Target(self._alarm, facts.subject_name, text, record.peak_severity == "red")])

    def _show_what(self, whole: Whole) -> None:
        words, facts, record = self._words, whole.facts, whole.record
        heading(words["what"], level=2)
        place = self._context.centre.grounds.now().places.of(record.subject, record.enterprise)
        links = []
        for path, name, text in (
            ("/enterprises/{enterprise}", place.enterprise, facts.enterprise_name),
            ("/units/{unit}", place.unit, facts.unit_name),
            ("/points/{point}", place.point, facts.subject_name),
        ):
            if name and path in PAGES:
                links.append(f'<a href="{path.partition("{")[0]}{escape(name)}">{escape(text or name)}</a>')
            elif text:
                links.append(escape(text))
        found = [(words["where"], " · ".join(dict.fromkeys(links)))]
        found += [(name, escape(text)) for name, text in facts_of(whole, words, self._zone)]
        if whole.incident is not None and whole.incident.alarms > 1:
            found.append((words["incident"], self._incident(whole)))
        facts_list(found)
        unit = self._context.centre.grounds.now().site.units.get(place.unit)
        if unit is not None and unit.camera and unit.camera.startswith(("http://", "https://", "rtsp://")):
            ui.link(f"▶ {words['camera']}", unit.camera, new_tab=True).props('rel="noopener noreferrer"')

    def _incident(self, whole: Whole) -> str:
        incident, words = whole.incident, self._words
        if incident is None:
            return ""
        first = incident.first_out
        name = escape(words["this_one"])
        if first != self._alarm:
            name = f'<a href="/alarms/{escape(first)}">{escape(whole.first_subject or first)}</a>'
        said = escape(words("incident_of", n=incident.alarms, first="{}")).format(name)
        board = f'<a href="/?incident={escape(incident.id)}&amp;state=all">{escape(words["show_incident"])}</a>'
        return f"{said} · {board}"

    def _guidance(self, whole: Whole) -> None:
        facts, language = whole.facts, self._context.language
        with ui.column().classes("t-card"):
            heading(self._words["guidance"], level=2)
            text = facts.guidance.get(language) or next(iter(facts.guidance.values()), "")
            ui.label(text or self._words["no_guidance"]).classes("t-guidance" if text else "t-note")

    async def _show_trend(self, whole: Whole) -> None:
        words, context, centre = self._words, self._context, self._context.centre
        place = centre.grounds.now().places.of(whole.record.subject, whole.record.enterprise)
        with ui.column().classes("t-card"):
            heading(words["trend"], level=2)
            if not place.point:
                ui.label(words["trend_none"]).classes("t-note")
                return
            limits = (await context.ask(centre.rules_of.limits, [place.point]))[place.point]
            from_ms, to_ms = span_of(whole, centre.clock.now_ms())
            TrendPart(context).show(place.point, unit_sign(whole.facts.unit_symbol), limits, from_ms, to_ms)

    def _show_history(self, whole: Whole) -> None:
        words = self._words
        heading(words["history"], level=2)
        rows = [
            [
                escape(row.at),
                escape(row.what),
                badge(row.severity, self._context.language) if row.severity else "",
                escape(row.remark),
            ]
            for row in happened(whole, words, self._zone)
        ]
        table([words[name] for name in ("when", "event", "severity", "remark")], rows)

    def _show_delivery(self, rows: list[Any]) -> None:
        words = self._words
        heading(words["delivery"], level=2)
        if not rows:
            ui.label(words["delivery_none"]).classes("t-note")
            return
        cells = []
        for row in rows:
            tries = "".join(f"<div>{escape(attempt)}</div>" for attempt in row.tries)
            mark = "✓" if row.ok else "…"
            result = f'<strong>{mark} {escape(row.state)}</strong><div class="t-note">{tries}</div>'
            cells.append([escape(row.at), escape(row.who), escape(row.channel), escape(row.purpose), result])
        table([words[name] for name in ("when", "to", "by_channel", "purpose", "result")], cells)
