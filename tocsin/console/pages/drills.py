"""Drills: a new one, how far it is, and what came of it and of earlier ones."""

from html import escape
from typing import Final
from urllib.parse import quote

from nicegui import ui

from alerts.wording.figures import local_time
from tocsin.accounts.roles import Permission
from tocsin.console.desk.drill_words import DRILLS
from tocsin.console.desk.tried import tried
from tocsin.console.page import Nav, PageContext, page
from tocsin.console.parts import table
from tocsin.console.shell import heading, styles
from tocsin.drill.job import MOST_SEEDS, WantedDrill
from tocsin.drill.report import Drill
from tocsin.drill.score import RuleScore, Score
from tocsin.drill.screen import number, spread

_LOOK_S: Final = 1.0
_MOST_LINES: Final = 30


@page("/drills", DRILLS, needs=Permission.DRILL, nav=Nav(72, "fitness_center", whole_site=True))
async def drills(context: PageContext) -> None:
    """`?drill=` shows an earlier one."""
    words, centre = context.words, context.centre.drills
    styles("desk.css")
    heading(words["title"])
    ui.label(words["intro"]).classes("t-note")
    scenarios = await context.ask(centre.scenarios)
    live_why_not = await context.ask(centre.live_why_not)
    with ui.column().classes("t-card"):
        _form(context, scenarios, live_why_not)
    await _running(context)
    kept = await context.ask(centre.kept)
    wanted = context.request.query_params.get("drill", "")
    if wanted:
        drill = await context.ask(centre.outcome, wanted)
        at = next((one.at_ms for one in kept if one.name == wanted), 0)
        _outcome(context, drill, local_time(at, context.zone.key))
    with ui.column().classes("t-card"):
        heading(words["earlier"], level=2)
        if not kept:
            ui.label(words["none"]).classes("t-note")
            return
        rows = [
            [
                local_time(one.at_ms, context.zone.key),
                escape(one.by),
                f'<a href="/drills?drill={quote(one.name)}">{escape(words["show"])}</a>',
            ]
            for one in kept
        ]
        table([words["when"], words["who"], ""], rows)


def _form(context: PageContext, scenarios: list[str], live_why_not: str) -> None:
    words = context.words
    heading(words["new"], level=2)
    which = ui.select(scenarios, multiple=True, value=[], label=words["which"])
    which.props("outlined use-chips options-dense").classes("full-width")
    where = ui.radio({True: words["own_site"], False: words["own_fleets"]}, value=True)
    seeds = ui.number(words["seeds"], value=1, min=1, max=MOST_SEEDS, precision=0).props("outlined").classes("k-choice")
    live = ui.checkbox(words["live"], value=False)
    speed = ui.number(words["speed"], value=10, min=1, max=60).props("outlined").classes("k-choice")
    speed.bind_visibility_from(live, "value")
    if live_why_not:
        live.disable()
        ui.label(words[f"live_{live_why_not}"]).classes("t-note")

    async def begin() -> None:
        wanted = WantedDrill(
            scenarios=tuple(which.value or ()),
            own_site=bool(where.value) or bool(live.value),
            seeds=1 if live.value else int(seeds.value or 1),
            live=bool(live.value),
            speed=float(speed.value or 10),
        )
        if wanted.live and len(wanted.scenarios) != 1:
            ui.notify(words["live_one"], type="warning", position="top")
        elif await tried(context, words["begun"], context.centre.drills.begin, wanted):
            ui.navigate.to("/drills")

    with ui.row().classes("k-acts"):
        ui.button(words["begin"], on_click=begin).props("unelevated")


async def _running(context: PageContext) -> None:
    """The drill that runs, whoever began it; at its end its outcome is shown."""
    words = context.words
    job = await context.ask(context.centre.drills.running)
    if job is None or (job.over.is_set() and not job.wrong):
        return
    with ui.column().classes("t-card") as place:
        if job.over.is_set():
            heading(words["wrong"], level=2)
            ui.label("\n".join(job.wrong)).classes("k-words k-mono")
            return
        with ui.row().classes("k-line full-width"):
            said = ui.label().props("role=status")
            ui.button(words["stop"], on_click=lambda: job.cancel(words["stopped"])).props("outline")
        bar = ui.linear_progress(value=job.progress, show_value=False).props(f'aria-label="{words["title"]}"')

    def look() -> None:
        bar.value = job.progress
        said.text = words("running", percent=round(100 * job.progress))
        if not job.over.is_set():
            return
        timer.deactivate()
        if job.wrong:
            place.clear()
            with place:
                heading(words["wrong"], level=2)
                ui.label("\n".join(job.wrong)).classes("k-words k-mono")
        else:
            ui.navigate.to(f"/drills?drill={quote(job.outcome.name)}")

    timer = ui.timer(_LOOK_S, look)


def _outcome(context: PageContext, drill: Drill, time: str) -> None:
    words = context.words
    with ui.column().classes("t-card k-sheet"):
        heading(words("result", time=time), level=2)
        about = words("about", site=drill.site, seeds=len(drill.seeds), readings=f"{drill.readings:,}")
        ui.label(f"{about}; {words['was_live']}" if drill.live else about).classes("t-note")
        heading(words["scenarios"], level=3)
        names = ("incidents", "missed", "hits", "misses", "late", "delay", "lead", "false", "false_rate", "mistaken")
        rows = [[escape(s.scenario), *_cells(s.score)] for s in drill.scenarios]
        rows.append([f"<strong>{escape(words['all'])}</strong>", *_cells(drill.total)])
        table([words["scenario"], *(words[name] for name in names)], rows)
        heading(words["rules"], level=3)
        spoke = [r for r in drill.rules if r.hits or r.misses or r.alarms]
        named = ("hits", "misses", "delay", "lead", "alarms", "false", "false_rate", "mistaken")
        table([words["rule"], *(words[name] for name in named)], [_rule(r) for r in spoke])
    with ui.column().classes("t-card"):
        heading(words["unheard"], level=2)
        for u in drill.unheard[:_MOST_LINES]:
            ui.label(words("unheard_one", scenario=u.scenario, incident=u.incident, point=u.point, kind=u.kind))
        if len(drill.unheard) > _MOST_LINES:
            ui.label(words("more", n=len(drill.unheard) - _MOST_LINES)).classes("t-note")
        if not drill.unheard:
            ui.label("—")
        for name, why in drill.left_out:
            ui.label(words("left_out", name=name, why=why)).classes("t-note")


def _cells(score: Score) -> list[str]:
    return [
        str(score.incidents),
        _bad(score.incidents_missed),
        str(score.hits),
        _bad(score.misses),
        _bad(score.late),
        spread(score.delay_s),
        spread(score.lead_s),
        _bad(score.false_alarms),
        number(score.false_per_10k),
        _bad(score.mistaken),
    ]


def _rule(rule: RuleScore) -> list[str]:
    return [
        escape(rule.rule),
        str(rule.hits),
        _bad(rule.misses),
        spread(rule.delay_s),
        spread(rule.lead_s),
        str(rule.alarms),
        _bad(rule.false_alarms),
        number(rule.false_per_10k),
        _bad(rule.mistaken),
    ]


def _bad(count: int) -> str:
    return f'<span class="k-bad">✗ {count}</span>' if count else "0"
