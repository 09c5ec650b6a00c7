"""The enterprises in sight, and the page of one."""

from typing import Any, Final, NamedTuple

from nicegui import ui

from alerts.risk import Node
from plant.site import Enterprise, Unit
from tocsin.accounts.roles import Permission, Principal
from tocsin.console.page import Nav, PageContext, page
from tocsin.console.places.kinds import unit_kind
from tocsin.console.places.map_view import Forms, rank_of
from tocsin.console.places.page_links import enterprise_page, unit_page
from tocsin.console.places.paging import paged
from tocsin.console.places.parts import (
    alarms_part,
    card,
    contacts_part,
    disposals_part,
    later_part,
    live_part,
    reports_part,
    state_part,
)
from tocsin.console.places.render import renderer
from tocsin.console.places.words import ENTERPRISE, ENTERPRISES, SHARED
from tocsin.console.shell import heading, scripts, styles

_FORMS: Final = Forms()
_MOST_GAPS: Final = 20


class Row(NamedTuple):
    """An enterprise or a unit as a table lists it; `form` has its cells of risk (map_view.form_of)."""

    id: str
    name: str
    address: str
    form: dict[str, Any]
    region: str = ""
    industry: str = ""
    kind: str = ""
    points: int = 0


@page("/enterprises", ENTERPRISES, nav=Nav(30, "factory"))
async def enterprises(context: PageContext) -> None:
    """All in sight, the worst first."""
    centre, words, render = context.centre, context.words, renderer(context)
    styles("places.css")
    scripts("places.js")
    heading(words["title"])
    found = await context.ask(centre.places.enterprises)
    if not found:
        ui.label(words["empty"]).classes("t-card")
        return
    names = {region.region: region.name for region in await context.ask(centre.place_lists.regions)}
    by_id = {enterprise.enterprise: enterprise for enterprise in found}
    turn = -1

    def text_of(enterprise: Enterprise) -> str:
        parts = (enterprise.name, enterprise.enterprise, enterprise.industry, names.get(enterprise.region, ""))
        return " ".join(part or "" for part in parts)

    def look(principal: Principal) -> str | None:
        nonlocal turn
        now = centre.risk.turn(principal)
        if now == turn:
            return None
        turn = now
        risks = {r.node.id: r for r in centre.risk.rolled_up(principal) if r.node.kind == "enterprise"}
        worst_first = sorted(risks.values(), key=lambda risk: (-rank_of(risk), risk.node.id))
        ordered = [by_id[risk.node.id] for risk in worst_first if risk.node.id in by_id]
        shown, paging = paged(ordered, context.request.query_params, text_of)
        rows = [
            Row(
                id=e.enterprise,
                name=e.name,
                address=enterprise_page(e.enterprise),
                form=_FORMS.of(risks[e.enterprise], context.language),
                region=names.get(e.region, e.region),
                industry=e.industry or "",
            )
            for e in shown
        ]
        return render("enterprises.html", rows=rows, paging=paging)

    ui.html(render("paging.html", paging=paged(found, context.request.query_params, text_of)[1]), sanitize=False)
    (await live_part(context, look)).classes("t-card")


@page("/enterprises/{enterprise}", ENTERPRISE)
async def one(context: PageContext, enterprise: str) -> None:
    """Its state, its units, its alarms, and what is being done about them."""
    centre, render, shared = context.centre, renderer(context), SHARED.said(context.language)
    found, units = await context.ask(centre.places.enterprise, enterprise)
    region = next(
        (r.name for r in await context.ask(centre.place_lists.regions) if r.region == found.region), found.region
    )
    styles("places.css")
    scripts("places.js")
    ui.page_title(found.name)
    heading(found.name)
    place = Node("enterprise", enterprise)
    await state_part(context, place)
    with ui.element("div").classes("p-columns"):
        with card(shared["alarms_now"]):
            await alarms_part(context, place)
        with card(shared["units"]):
            await live_part(context, _units(context, units))
        with card(shared["coverage"]):
            later_part(context, _coverage(context, enterprise, {unit.unit: unit.name for unit in units}))
        with card(shared["disposals"]):
            disposals_part(context, enterprise)
        with card(shared["hazard_reports"]):
            reports_part(context, enterprise=enterprise)
        if context.may(Permission.ACKNOWLEDGE):
            with card(shared["contacts"]):
                contacts_part(context, enterprise)
        with card(shared["enterprise"]):
            employees = "" if found.employees is None else str(found.employees)
            facts = [
                (shared["id"], found.enterprise),
                (shared["region"], region),
                (shared["park"], found.park),
                (shared["industry"], found.industry),
                (shared["employees"], employees),
            ]
            ui.html(render("facts.html", facts=facts, links=()), sanitize=False)


def _units(context: PageContext, units: list[Unit]) -> Any:
    """A look at the table of units."""
    risk, render = context.centre.risk, renderer(context)
    turn = -1

    def look(principal: Principal) -> str | None:
        nonlocal turn
        now = risk.turn(principal)
        if now == turn:
            return None
        turn = now
        rows = []
        for unit in units:
            at = risk.at(principal, f"unit:{unit.unit}")
            form = _FORMS.of(at, context.language)
            kind = unit_kind(unit.kind, context.language)
            rows.append(Row(unit.unit, unit.name, unit_page(unit.unit), form, kind=kind, points=at.state.points))
        rows.sort(key=lambda row: -int(row.form["rank"]))
        return render("units.html", rows=rows)

    return look


def _coverage(context: PageContext, enterprise: str, names: dict[str, str]) -> Any:
    """What is required and heard, and how many devices report."""

    async def make() -> str:
        coverage = await context.ask(context.centre.devices.coverage)
        inventory = (await context.ask(context.centre.devices.inventory)).inventory
        share = next((s for s in coverage.shares if (s.kind, s.id) == ("enterprise", enterprise)), None)
        online = next((s for s in inventory.shares if (s.scope, s.id) == ("enterprise", enterprise)), None)
        gaps = [gap for gap in coverage.gaps if gap.enterprise == enterprise][:_MOST_GAPS]
        return renderer(context)(
            "coverage.html",
            required=share.required if share is not None else 0,
            covered=share.covered if share is not None else 0,
            gaps=[
                {"unit": names.get(g.unit, g.unit), "address": unit_page(g.unit), "kind": g.kind, "why": g.why}
                for g in gaps
            ],
            reporting=online.reporting if online is not None else 0,
            expected=online.expected if online is not None else 0,
        )

    return make
