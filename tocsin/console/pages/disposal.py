"""The page of an alarm's disposal: how it stands, what can be done now, photos, and every step."""

from collections.abc import Mapping
from html import escape
from typing import Final

from nicegui import ui

from alerts.disposal.machine import DisposalState
from alerts.wording.figures import local_time
from tocsin.accounts.roles import Permission, Principal
from tocsin.centre.alarms import Whole
from tocsin.centre.disposal_offers import Offer
from tocsin.centre.disposals import DisposalStory
from tocsin.console.colours import badge
from tocsin.console.disposal.dialog import StepDialog
from tocsin.console.disposal.evidence import evidence_page
from tocsin.console.disposal.said import Line, due_of, line_of, refusal, span
from tocsin.console.disposal.words import DISPOSAL, STATES
from tocsin.console.page import PageContext, page
from tocsin.console.parts import facts_list
from tocsin.console.places.follow import FOLLOWING
from tocsin.console.places.page_links import alarm_page
from tocsin.console.shell import given, heading, scripts, styles
from tocsin.evidence import LARGEST_BYTES

_FORM: Final = "%m-%d %H:%M:%S"
_MIB: Final = 1 << 20
_ADDING: Final = """\
<div class="d-add">
<label class="d-pick"><span aria-hidden="true">◉</span> {photo}
<input id="d-photo" type="file" accept="image/*" capture="environment"></label>
<label class="d-pick"><span aria-hidden="true">＋</span> {files}
<input id="d-files" type="file" multiple accept="image/*,video/*,audio/*,.pdf,.zip,.txt,.csv,.log,.json"></label>
</div><ul id="d-sending" class="d-sending" aria-live="polite"></ul>"""


@page("/alarms/{alarm}/disposal", DISPOSAL)
async def disposal(context: PageContext, alarm: str) -> None:
    """`?exercise=1` for an alarm of an exercise, whose disposal can be read only."""
    is_exercise = context.request.query_params.get("exercise") == "1"
    await _DisposalPage(context, alarm, is_exercise=is_exercise).build()


class _DisposalPage:
    """Its parts; made anew when a step has been taken."""

    def __init__(self, context: PageContext, alarm: str, *, is_exercise: bool) -> None:
        self._context = context
        self._alarm = alarm
        self._is_exercise = is_exercise
        self._words = context.words
        self._zone = context.zone.key
        self._stories: list[DisposalStory] = []
        self._causes: Mapping[str, str] = {}
        self._people: Mapping[str, str] = {}

    async def build(self) -> None:
        context, disposals = self._context, self._context.centre.disposals
        whole = await context.ask(context.centre.alarms.whole, self._alarm, exercise=self._is_exercise)
        self._causes = await context.ask(disposals.causes, context.language)
        if context.may(Permission.DISPOSE) and not self._is_exercise:
            self._people = await context.ask(disposals.assignees, self._alarm)
        self._stories = await context.ask(disposals.of_alarm, self._alarm, exercise=self._is_exercise)
        styles("desk.css", "disposal.css")
        self._dialog = StepDialog(context, self._alarm, self._causes, self._people)
        self._head(whole)
        with ui.element("div").classes("t-grid"):
            self._now = ui.column().classes("t-card")
            self._next = ui.column().classes("t-card")
        self._photos()
        self._steps = ui.column().classes("t-card")
        given("d-states", STATES.said(context.language).all())
        scripts("disposal.js")
        self._show(self._offers(context.principal))
        FOLLOWING.follow(context, self._look, self._show)

    def _look(self, principal: Principal) -> list[Offer] | None:
        """In a worker thread."""
        found = self._context.centre.disposals.of_alarm(principal, self._alarm, exercise=self._is_exercise)
        if found == self._stories:
            return None
        self._stories = found
        return self._offers(principal)

    def _offers(self, principal: Principal) -> list[Offer]:
        if self._is_exercise:
            return []
        centre = self._context.centre
        record = self._stories[0].disposal if self._stories else None
        return centre.disposals.offers(principal, record, centre.clock.now_ms())

    def _show(self, offered: list[Offer]) -> None:
        for place, build in ((self._now, self._show_now), (self._gallery, self._show_gallery)):
            place.clear()
            with place:
                build()
        self._next.clear()
        with self._next:
            self._show_next(offered)
        self._adding.set_visibility(any(o.action == "evidence" and not o.why_not for o in offered))
        self._steps.clear()
        with self._steps:
            self._show_steps()

    def _head(self, whole: Whole) -> None:
        words, record, facts, language = self._words, whole.record, whole.facts, self._context.language
        with ui.row().classes("t-alarm-title"):
            ui.html(badge(record.peak_severity, language), sanitize=False)
            heading(words("of", text=facts.text.get(language) or f"{facts.subject_name} · {record.rule}"))
        query = "?exercise=1" if self._is_exercise else ""
        with ui.row().classes("d-links"):
            ui.link(f"‹ {words['back']}", alarm_page(self._alarm) + query)
            ui.link(words["list"], "/disposals")
        if self._is_exercise:
            ui.label(words["exercise"]).classes("t-mark")

    def _show_now(self) -> None:
        words = self._words
        heading(words["now"], level=2)
        if not self._stories:
            ui.label(words["none"]).classes("t-note")
            return
        record, states = self._stories[0].disposal, STATES.said(self._context.language)
        cause = self._causes.get(record.cause, record.cause)
        if record.cause_text:
            cause = (
                f"{cause}（{record.cause_text}）"
                if self._context.language == "zh"
                else f"{cause} ({record.cause_text})"
            )
        state = f"<strong>{escape(states[record.state.value])}</strong>"
        if record.verify and record.state is not DisposalState.CLOSED and not record.verified_by:
            state += f'<div class="t-note">{escape(words["needs_verify"])}</div>'
        found = [
            (words["state"], state),
            (words["deadline"], self._deadline()),
            (words["assignee"], escape(self._name(record.assignee) or words["nobody"])),
            (words["cause"], escape(cause or words["no_cause"])),
            (words["condition"], escape(words["condition_on" if record.active else "condition_over"])),
        ]
        for name, by, at in (
            ("submitted", record.submitted_by, record.submitted_at),
            ("verified", record.verified_by, record.verified_at),
            ("closed", record.closed_by, record.closed_at),
        ):
            if at is not None:
                found.append((words[name], escape(words("by_at", name=self._name(by), at=self._time(at)))))
        facts_list(found)

    def _deadline(self) -> str:
        """HTML; the script keeps the span up to date."""
        record, language = self._stories[0].disposal, self._context.language
        now_ms = self._context.centre.clock.now_ms()
        due, states = due_of(record, now_ms), STATES.said(language)
        if due.at_ms is None:
            return "—"
        left = states("over" if due.overdue else "left", span=span(due.at_ms - now_ms, language))
        by = states(f"{due.which}_by", time=self._time(due.at_ms))
        late = " d-late" if due.overdue else ""
        return f'{escape(by)} <strong class="d-left{late}" data-deadline="{due.at_ms}">{escape(left)}</strong>'

    def _show_next(self, offered: list[Offer]) -> None:
        words, record = self._words, self._stories[0].disposal if self._stories else None
        heading(words["next"], level=2)
        can = [o.action for o in offered if not o.why_not and o.action != "evidence"]
        if not can:
            ui.label(words["nothing_now"]).classes("t-note")
        likely = ("open", "start", "submit", "verify", "close", "reopen", "cause")
        first = next((action for action in likely if action in can), "")
        with ui.row().classes("k-acts"):
            for action in sorted(can, key=lambda action: action != first):
                button = ui.button(words[f"do_{action}"], on_click=lambda a=action: self._dialog.open(a, record))
                button.props("unelevated" if action == first else "outline")
        refused = [o for o in offered if o.why_not]
        if refused:
            rows = "".join(
                f"<dt>{escape(words[f'do_{action}'])}</dt><dd>{escape(refusal(why_not, self._context.language))}</dd>"
                for action, why_not in refused
            )
            summary = escape(words["not_now"])
            html = f'<details class="k-more"><summary>{summary}</summary><dl class="t-facts">{rows}</dl></details>'
            ui.html(html, sanitize=False).classes("full-width")

    def _photos(self) -> None:
        words, context = self._words, self._context
        with ui.column().classes("t-card"):
            heading(words["do_evidence"], level=2)
            self._gallery = ui.column().classes("full-width")
            with ui.column().classes("full-width") as self._adding:
                ui.html(_ADDING.format(photo=escape(words["take_photo"]), files=escape(words["choose_files"])),
                        sanitize=False).classes("full-width")  # fmt: skip
                ui.label(words("photos_note", mib=LARGEST_BYTES // _MIB)).classes("t-note")
        given(
            "d-given",
            {
                "alarm": self._alarm,
                "csrf": context.request.state.csrf,
                "most": LARGEST_BYTES,
                "words": {name: text for name, text in words.all().items() if name.startswith("photo")},
            },
        )

    def _show_gallery(self) -> None:
        words = self._words
        lines = [line for story in self._stories for line in self._lines(story) if line.sha256]
        if not lines:
            ui.label(words["photos_none"]).classes("t-note")
            return
        shown = "".join(self._piece(line) for line in lines)
        ui.html(f'<ul class="d-gallery">{shown}</ul>', sanitize=False).classes("full-width")

    def _piece(self, line: Line) -> str:
        words, address = self._words, escape(evidence_page(self._alarm, line.sha256))
        said = escape(words("photo_of", name=line.name, by=line.by, at=self._time(line.at)))
        if line.image:
            inner = f'<img src="{address}" alt="{escape(line.name)}" loading="lazy">'
            return f'<li><a href="{address}" target="_blank" rel="noopener">{inner}</a><span>{said}</span></li>'
        download = escape(words("download", name=line.name))
        return f'<li><a class="d-file" href="{address}" download>{download}</a><span>{said}</span></li>'

    def _show_steps(self) -> None:
        words = self._words
        heading(words["steps"], level=2)
        if not self._stories:
            ui.label(words["none"]).classes("t-note")
        for n, story in enumerate(self._stories):
            if n:
                heading(words("earlier", time=self._time(story.disposal.opened_at)), level=3)
            rows = "".join(
                f'<li><span class="d-when">{self._time(line.at)}</span><div><strong>{escape(line.what)}</strong>'
                f' <span class="d-by">{escape(line.by)}</span>'
                + (f'<p class="d-words">{escape(line.words)}</p>' if line.words else "")
                + "</div></li>"
                for line in self._lines(story)
            )
            ui.html(f'<ol class="d-steps">{rows}</ol>', sanitize=False).classes("full-width")

    def _lines(self, story: DisposalStory) -> list[Line]:
        return [line_of(step, self._context.language, self._causes, self._people) for step in story.steps]

    def _name(self, by: str) -> str:
        return self._people.get(by, by)

    def _time(self, at_ms: int) -> str:
        return local_time(at_ms, self._zone, _FORM)
