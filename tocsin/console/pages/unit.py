"""The page of a unit: every point of it, live, against its limits."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from alerts.risk import Node
from plant.site import Point
from tocsin.centre.places import UnitWhole
from tocsin.console.page import PageContext, page
from tocsin.console.places.follow import FOLLOWING
from tocsin.console.places.kinds import point_kind, unit_kind
from tocsin.console.places.live_points import LivePoints, told
from tocsin.console.places.page_links import camera_page, enterprise_page, point_page
from tocsin.console.places.paging import paged
from tocsin.console.places.parts import alarms_part, as_json, card, disposals_part, later_part, reports_part, state_part
from tocsin.console.places.points import row_of
from tocsin.console.places.render import renderer
from tocsin.console.places.trend_part import TrendPart
from tocsin.console.places.words import SHARED, UNIT
from tocsin.console.shell import given, heading, scripts, styles
from tocsin.console.units import unit_sign

_MOST_CHOICES: Final = 500


@page("/units/{unit}", UNIT)
async def one(context: PageContext, unit: str) -> None:
    """Its points, a trend of the day, its alarms, what it must have, what is reported of it."""
    centre, words, render, shared = context.centre, context.words, renderer(context), SHARED.said(context.language)
    whole = await context.ask(centre.places.unit, unit)
    shown, paging = paged(whole.points, context.request.query_params, lambda p: _text_of(context, p))
    limits = await context.ask(centre.rules_of.limits, [p.point for p in shown])
    live = LivePoints(centre, Node("unit", unit), [row_of(p, limits[p.point], context.language) for p in shown])
    nows = await context.ask(live.all)
    styles("places.css")
    scripts("places.js")
    given("p-given", told(context.language))
    ui.page_title(f"{whole.unit.name} · {whole.enterprise.name}")
    heading(whole.unit.name)
    above = [(whole.enterprise.name, enterprise_page(whole.enterprise.enterprise))]
    ui.html(render("above.html", above=above), sanitize=False)
    place = Node("unit", unit)
    await state_part(context, place)
    if len(whole.points) > len(shown) or paging.text:
        ui.html(render("paging.html", paging=paging), sanitize=False)
    table = render("points.html", rows=list(zip(live.rows, nows, strict=True)), paging=paging, point_page=point_page)
    ui.html(table, sanitize=False).classes("t-card p-full")
    if whole.points:
        with card(words["trend"]):
            await _trend(context, whole, {now.point: now.severity or ("over" if now.over else "") for now in nows})
    with ui.element("div").classes("p-columns"):
        with card(shared["alarms_now"]):
            await alarms_part(context, place)
        with card(words["required"]):
            later_part(context, _required(context, whole))
        with card(shared["hazard_reports"]):
            reports_part(context, unit=unit)
        with card(shared["disposals"]):
            disposals_part(context, whole.enterprise.enterprise, unit)
        with card(shared["unit"]):
            camera = camera_page(whole.unit.camera)
            facts = [
                (shared["id"], unit),
                (shared["kind"], unit_kind(whole.unit.kind, context.language)),
                (shared["hazard_level"], whole.unit.hazard_level),
                (shared["people_500m"], whole.unit.people_500m),
                (shared["camera"], whole.unit.camera if camera is None else None),
            ]
            links = [(shared["see_camera"], camera, True)] if camera is not None else []
            ui.html(render("facts.html", facts=facts, links=links), sanitize=False)
    FOLLOWING.follow(context, live.news, _show)


def _show(news: list[dict[str, Any]]) -> None:
    ui.run_javascript(f"tocsinPlaces.values({as_json(news)})")


def _text_of(context: PageContext, point: Point) -> str:
    return f"{point.point} {point.kind} {point_kind(point.kind, context.language)} {' '.join(point.tags)}"


async def _trend(context: PageContext, whole: UnitWhole, severities: dict[str, str]) -> None:
    """The day of one point; at first of one that has an alarm."""
    points = {point.point: point for point in whole.points[:_MOST_CHOICES]}
    first = next((name for name in points if severities.get(name)), next(iter(points)))
    choices = {name: f"{name} · {point_kind(p.kind, context.language)}" for name, p in points.items()}

    async def draw(name: str) -> None:
        now_ms = context.centre.clock.now_ms()
        limits = (await context.ask(context.centre.rules_of.limits, [name]))[name]
        part.show(name, unit_sign(points[name].unit_symbol), limits, midnight_ms(now_ms, context.zone), now_ms)

    async def chosen(event: ValueChangeEventArguments[str]) -> None:
        await draw(event.value)

    select = ui.select(choices, value=first, label=context.words["trend_of"], on_change=chosen)
    select.props("outlined dense options-dense").classes("p-choice")
    part = TrendPart(context)
    await draw(first)


def midnight_ms(now_ms: int, zone: ZoneInfo) -> int:
    """When the day began on the clocks of the site."""
    day = datetime.fromtimestamp(now_ms / 1000, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return int(day.timestamp() * 1000)


def _required(context: PageContext, whole: UnitWhole) -> Any:
    """Which kinds must be watched here, and which are not."""

    async def make() -> str:
        kinds = dict.fromkeys(whole.unit.required)
        coverage = await context.ask(context.centre.devices.coverage)
        gaps = {gap.kind: gap.why for gap in coverage.gaps if gap.unit == whole.unit.unit}
        return renderer(context)("required.html", kinds=[(kind, gaps.get(kind, "")) for kind in kinds])

    return make
