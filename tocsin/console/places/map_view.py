"""What the risk map shows: regions and enterprises, their forms for the map and for the list beside it (pure)."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from alerts.risk import Node
from alerts.severity import severity_rank
from plant.site import Enterprise, Region
from tocsin.console.colours import COLOURS, colour_of
from tocsin.console.places.colouring import inherent_badge, severity_of, state_badge, state_colour
from tocsin.console.places.geometry import LatLon, bounds, outline, spread_km
from tocsin.console.places.words import SHARED
from tocsin.console.words import Language
from tocsin.risk.view import Risk

_LEAST_KM, _MOST_KM = 0.25, 4.0


class Group(NamedTuple):
    """A region (or none: id "") with the enterprises that lie directly in it; `above` are the regions it lies in."""

    region: str
    name: str
    above: tuple[str, ...]
    enterprises: tuple[Enterprise, ...]


def groups_of(regions: Iterable[Region], enterprises: Iterable[Enterprise]) -> list[Group]:
    """Every region that has enterprises of its own, in the order of regions.csv; then what lies in no known one."""
    known = {region.region: region for region in regions}
    within: dict[str, list[Enterprise]] = {}
    for enterprise in enterprises:
        within.setdefault(enterprise.region, []).append(enterprise)
    order = [*known, *(name for name in within if name not in known)]
    return [
        Group(name, known[name].name if name in known else name, _above(known, name), tuple(within[name]))
        for name in order
        if name in within
    ]


def _above(known: Mapping[str, Region], region: str) -> tuple[str, ...]:
    found: list[str] = []
    at = known[region].parent if region in known else None
    while at is not None and at in known and at not in found:
        found.append(at)
        at = known[at].parent
    return tuple(found)


def outlines(groups: Sequence[Group], places: Mapping[str, LatLon]) -> dict[str, list[LatLon]]:
    """Around the enterprises of every region, those above wider than those in them, so that both can be seen."""
    members: dict[str, list[LatLon]] = {}
    height: dict[str, int] = {}
    for group in groups:
        here = [places[e.enterprise] for e in group.enterprises if e.enterprise in places]
        for level, region in enumerate((group.region, *group.above)):
            if region and here:
                members.setdefault(region, []).extend(here)
                height[region] = max(height.get(region, 0), level)
    step_km = min(max(spread_km([p for of_it in members.values() for p in of_it]) * 0.03, _LEAST_KM), _MOST_KM)
    return {region: outline(of_it, step_km * (1 + height[region])) for region, of_it in members.items()}


def view_of(places: Mapping[str, LatLon], centre: LatLon | None) -> tuple[LatLon, LatLon]:
    """(south-west, north-east) of what the map shows at first."""
    found = bounds(list(places.values()))
    if found is None:
        lat, lon = centre or (35.0, 105.0)
        return (lat - 0.05, lon - 0.05), (lat + 0.05, lon + 0.05)
    (south, west), (north, east) = found
    margin = max((north - south) * 0.1, (east - west) * 0.1, 0.01)
    return (south - margin, west - margin), (north + margin, east + margin)


def form_of(risk: Risk, language: Language) -> dict[str, Any]:
    """A place as the page's script takes it: for its mark on the map, and the cells of its row in the list."""
    state, colour = risk.state, state_colour(risk.state.colour)
    inherent = risk.inherent.colour if risk.inherent is not None else None
    graded = inherent if inherent in COLOURS else None
    count = sum(state.active.values())
    return {
        "kind": risk.node.kind,
        "id": risk.node.id,
        "severity": severity_of(state.colour),
        "shape": colour.shape,
        "word": colour.word(language),
        "count": count,
        "inherent": graded or "",
        "inherent_shape": colour_of(graded).shape if graded else "",
        "rank": rank_of(risk),
        "alarms": int(count > 0 or state.overdue_disposals > 0 or state.unacknowledged > 0),
        "state_html": state_badge(state.colour, language, count),
        "inherent_html": inherent_badge(inherent, language),
        "note": note_of(risk, language),
    }


def rank_of(risk: Risk) -> int:
    """The order of places: the worst first, without data before normal; then by how many alarms are on."""
    colour = risk.state.colour
    grave = severity_rank(colour) + 1 if colour in COLOURS else int(colour == "no_data")
    return grave * 100_000 + min(sum(risk.state.active.values()), 99_999)


def note_of(risk: Risk, language: Language) -> str:
    """HTML: what the colour does not say."""
    words, state = SHARED.said(language), risk.state
    said = []
    if state.unacknowledged:
        said.append(f"{state.unacknowledged} {words['unacknowledged']}")
    if state.overdue_disposals:
        said.append(f"{words['overdue']} {state.overdue_disposals}")
    if withheld := sum(state.withheld.values()):
        said.append(words("withheld_count", count=withheld))
    if state.silent:
        said.append(words("silent_points", silent=state.silent, points=state.points))
    return escape(" · ".join(said))


class Forms:
    """Forms of places, made once for all screens of a language. What is asked again costs a comparison."""

    def __init__(self) -> None:
        self._made: dict[tuple[Language, Node], tuple[Risk, dict[str, Any]]] = {}

    def of(self, risk: Risk, language: Language) -> dict[str, Any]:
        known = self._made.get((language, risk.node))
        if known is not None and known[0][:4] == risk[:4]:
            return known[1]
        form = form_of(risk, language)
        self._made[language, risk.node] = risk, form
        return form
