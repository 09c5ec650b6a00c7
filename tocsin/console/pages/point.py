"""The page of a point: its value now, its trend over a time of one's choice, and what watches it."""

from datetime import datetime
from typing import Any, Final

from nicegui import ui

from alerts.risk import Node
from alerts.wording.figures import figure, with_unit
from plant.site import Point, Unit
from rules.schema import Rule
from tocsin.centre.rules_of import LevelLimit
from tocsin.console.page import PageContext, page
from tocsin.console.places.alarm_lines import line_of
from tocsin.console.places.chart import LEVELS, Statistics, statistics
from tocsin.console.places.follow import FOLLOWING
from tocsin.console.places.kinds import point_kind
from tocsin.console.places.live_points import LivePoints, told
from tocsin.console.places.page_links import alarm_page, camera_page, enterprise_page, unit_page
from tocsin.console.places.parts import as_json, card, later_part
from tocsin.console.places.points import row_of
from tocsin.console.places.render import renderer
from tocsin.console.places.trend_part import TrendPart
from tocsin.console.places.words import POINT, SHARED
from tocsin.console.shell import given, heading, scripts, styles
from tocsin.console.units import unit_sign
from tocsin.console.words import Words
from tocsin.history.query import Trend

HOURS: Final = (1, 8, 24, 168, 720)
_AT_FIRST: Final = 8
_MOST_ALARMS: Final = 20


@page("/points/{point}", POINT)
async def one(context: PageContext, point: str) -> None:
    """`?hours=` says how far back the trend goes."""
    centre, words, render, shared = context.centre, context.words, renderer(context), SHARED.said(context.language)
    found, _ = await context.ask(centre.places.point, point)
    whole = await context.ask(centre.places.unit, found.unit)
    limits = (await context.ask(centre.rules_of.limits, [point]))[point]
    rules = await context.ask(centre.rules_of.rules, point)
    live = LivePoints(centre, Node("point", point), [row_of(found, limits, context.language)])
    [now] = await context.ask(live.all)
    styles("places.css")
    scripts("places.js")
    given("p-given", told(context.language))
    kind = point_kind(found.kind, context.language)
    ui.page_title(f"{point} · {whole.unit.name}")
    heading(f"{point} · {kind}")
    above = [
        (whole.enterprise.name, enterprise_page(whole.enterprise.enterprise)),
        (whole.unit.name, unit_page(whole.unit.unit)),
    ]
    ui.html(render("above.html", above=above), sanitize=False)
    ui.html(render("point_now.html", row=live.rows[0], now=now), sanitize=False).classes("t-card")
    with card(words["trend"]):
        _trend(context, found, limits)
    with ui.element("div").classes("p-columns"):
        with card(words["last_alarms"]):
            later_part(context, _last_alarms(context, point))
        with card(words["rules"]):
            shown = [_rule_shown(rule, words) for rule in rules]
            ui.html(render("rules.html", rules=shown), sanitize=False)
        with card(words["about"]):
            facts = _facts(context, found, whole.unit)
            camera = camera_page(whole.unit.camera)
            links = [(shared["see_camera"], camera, True)] if camera is not None else []
            ui.html(render("facts.html", facts=facts, links=links), sanitize=False)

    def show(news: list[dict[str, Any]]) -> None:
        ui.run_javascript(f"tocsinPlaces.values({as_json(news)})")

    FOLLOWING.follow(context, live.news, show)


def _trend(context: PageContext, point: Point, limits: list[LevelLimit]) -> None:
    words, render = context.words, renderer(context)
    asked = context.request.query_params.get("hours", "")
    hours = int(asked) if asked in map(str, HOURS) else _AT_FIRST
    ui.html(render("ranges.html", hours=HOURS, chosen=hours), sanitize=False)

    def drawn(trend: Trend, _: object) -> None:
        said = _tiles(statistics(trend, limits), words, unit_sign(point.unit_symbol))
        resolution = words(f"resolution_{trend.resolution}")
        source = words("source", source=words[f"source_{trend.source}"], resolution=resolution)
        below.set_content(render("statistics.html", tiles=said, source=source))

    part = TrendPart(context, drawn)
    below = ui.html("", sanitize=False)
    now_ms = context.centre.clock.now_ms()
    part.show(point.point, unit_sign(point.unit_symbol), limits, now_ms - hours * 3_600_000, now_ms)


def _tiles(found: Statistics, words: Words, symbol: str) -> list[tuple[str, str]]:
    shared = SHARED.said(words.language)
    tiles = [
        (words["lowest"], with_unit(found.low, symbol)),
        (shared["mean"], with_unit(None if found.mean is None else float(f"{found.mean:.4g}"), symbol)),
        (words["highest"], with_unit(found.high, symbol)),
        (words["last"], with_unit(found.last, symbol)),
        (words["bad_share"], f"{found.bad:.1%}"),
    ]
    return tiles if found.beyond is None else [*tiles, (words["beyond_share"], f"{found.beyond:.1%}")]


def _last_alarms(context: PageContext, point: str) -> Any:
    async def make() -> str:
        had = await context.ask(context.centre.alarms_at.ever, point, None, _MOST_ALARMS)
        lines = [line_of(listed, context.language) for listed in had]
        return renderer(context)("last_alarms.html", alarms=lines, alarm_page=alarm_page)

    return make


def _rule_shown(rule: Rule, words: Words) -> dict[str, Any]:
    """A rule in a few words: its levels with colour and delay, and where it comes from."""
    levels = []
    for level in rule.levels:
        delay_s = rule.on_delay_of(level)
        delay = words("delay", seconds=f"{delay_s:g}") if delay_s else ""
        levels.append((LEVELS.get(level, ""), rule.severity_of(level), delay))
    source = "" if rule.source is None else f"{rule.source.standard} {rule.source.clause}".strip()
    return {"id": rule.id, "kind": rule.condition.kind, "levels": levels, "source": source}


def _facts(context: PageContext, point: Point, unit: Unit) -> list[tuple[str, str | None]]:
    words, shared = context.words, SHARED.said(context.language)
    symbol = unit_sign(point.unit_symbol)
    span = None
    if point.range_low is not None and point.range_high is not None:
        span = f"{figure(point.range_low)} – {with_unit(point.range_high, symbol)}"
    period = words["on_change"] if point.report == "on_change" else f"{point.period_s:g} s"
    return [
        (shared["kind"], f"{point_kind(point.kind, context.language)} ({point.kind})"),
        (shared["unit"], unit.name),
        (shared["device"], point.device),
        (words["measuring_range"], span),
        (words["period"], period),
        (words["principle"], point.principle),
        (words["gas"], point.gas),
        (words["tags"], ", ".join(point.tags)),
        (words["calibration_due"], _calibration(context, point)),
    ]


def _calibration(context: PageContext, point: Point) -> str | None:
    if not point.calibration_due:
        return None
    today = datetime.fromtimestamp(context.centre.clock.now_ms() / 1000, context.zone).date()
    days = (datetime.strptime(point.calibration_due, "%Y-%m-%d").date() - today).days
    left = context.words("late_by", days=-days) if days < 0 else context.words("due_in", days=days)
    return f"{point.calibration_due} · {left}"
