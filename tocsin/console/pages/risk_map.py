"""The risk map: the district in four colours, and beside it a list that says the same."""

from collections.abc import Mapping
from typing import Any, Final

from nicegui import ui

from plant.site import Enterprise
from tocsin.accounts.roles import Permission, Principal
from tocsin.centre.centre import Centre
from tocsin.console.page import Nav, PageContext, page
from tocsin.console.places.follow import FOLLOWING
from tocsin.console.places.geometry import LatLon
from tocsin.console.places.map_view import Forms, Group, groups_of, outlines, view_of
from tocsin.console.places.parts import as_json
from tocsin.console.places.render import renderer
from tocsin.console.places.words import MAP
from tocsin.console.shell import given, heading, scripts, styles

_FORMS: Final = Forms()


@page("/map", MAP, nav=Nav(20, "map"))
async def risk_map(context: PageContext) -> None:
    """Live colours, and inherent grades beside them."""
    centre, words = context.centre, context.words
    styles("places.css")
    enterprises = await context.ask(centre.places.enterprises)
    regions = await context.ask(centre.place_lists.regions)
    places = await context.ask(_places, centre, enterprises)
    turn = await context.ask(centre.risk.turn)
    risks = await context.ask(centre.risk.rolled_up)
    groups = groups_of(regions, enterprises)
    forms = {f"{r.node.kind}:{r.node.id}": _FORMS.of(r, context.language) for r in risks}
    render = renderer(context)
    heading(words["title"])
    mistakes = await context.ask(centre.risk.mistakes) if context.may(Permission.SETTINGS) else ()
    if mistakes:
        ui.label(words["mistakes"]).classes("t-note")
    if not enterprises:
        ui.label(words["empty"]).classes("t-card")
        return
    with ui.element("div").classes("p-map-page"):
        unplaced = len(enterprises) - len(places)
        listed = render("map_list.html", groups=groups, forms=forms, names=_names(groups), unplaced=unplaced)
        ui.html(listed, sanitize=False).classes("p-map-list")
        with ui.element("section").classes("p-map-box").props(f'aria-label="{words["map"]}"'):
            ui.label(words["map_label"]).classes("p-only-read")
            drawn = ui.leaflet(options={"keyboard": False, "attributionControl": bool(context.settings.tiles_url)})
            drawn.clear_layers()
            drawn.classes("p-map")
            ui.html(render("map_legend.html"), sanitize=False)
    site = (await context.ask(centre.place_lists.head)).site
    given(
        "p-map-given",
        {
            "element": drawn.id,
            "view": view_of(places, site.centre),
            "places": _placed(groups, places),
            "outlines": outlines(groups, places),
            "names": _names(groups),
            "forms": forms,
            "tiles": context.settings.tiles_url,
            "attribution": context.settings.tiles_attribution,
        },
    )
    scripts("map.js")
    _go_on(context, turn, forms)


def _go_on(context: PageContext, turn: int, forms: dict[str, dict[str, Any]]) -> None:
    """Tell the page of every place that looks otherwise from now on."""
    risk, known = context.centre.risk, forms

    def look(principal: Principal) -> dict[str, Any] | None:
        nonlocal turn, known
        now = risk.turn(principal)
        if now == turn:
            return None
        found = {f"{r.node.kind}:{r.node.id}": _FORMS.of(r, context.language) for r in risk.rolled_up(principal)}
        news = {place: form for place, form in found.items() if known.get(place) is not form}
        turn, known = now, found
        return news or None

    def show(news: dict[str, Any]) -> None:
        ui.run_javascript(f"tocsinMap.take({as_json(news)})")

    FOLLOWING.follow(context, look, show)


def _places(principal: Principal, centre: Centre, enterprises: list[Enterprise]) -> dict[str, LatLon]:
    """Where enterprises lie: by themselves, or else by a unit of theirs."""
    found = {}
    for enterprise in enterprises:
        if enterprise.lat is not None and enterprise.lon is not None:
            found[enterprise.enterprise] = enterprise.lat, enterprise.lon
            continue
        _, units = centre.places.enterprise(principal, enterprise.enterprise)
        for unit in units:
            if unit.lat is not None and unit.lon is not None:
                found[enterprise.enterprise] = unit.lat, unit.lon
                break
    return found


def _placed(groups: list[Group], places: Mapping[str, LatLon]) -> list[dict[str, Any]]:
    return [
        {"id": e.enterprise, "name": e.name, "at": places[e.enterprise]}
        for group in groups
        for e in group.enterprises
        if e.enterprise in places
    ]


def _names(groups: list[Group]) -> dict[str, str]:
    return {group.region: group.name for group in groups}
