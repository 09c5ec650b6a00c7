"""The text of routes.yaml as its model, part by part: a mistake in one route hides none in another."""

from typing import Any, Final

from alerts.routes.placed import FILE, Placed, PlacedFile
from alerts.routes.schema import Roster, RouteSettings, RoutesFile
from plant.mistakes import Mistake
from plant.site_reader.cells import shown
from rules.loader.rule_yaml import Items, Map, parse_rule_yaml
from rules.loader.schema_mistakes import validate_map

_LISTS: Final = ("rosters", "routes")


def parse_routes(text: str, mistakes: list[Mistake]) -> PlacedFile | None:
    """What the file says, without asking whether it fits a site; None where nothing of it can be read."""
    before = len(mistakes)
    document = parse_rule_yaml(text, FILE, mistakes)
    if len(mistakes) > before:
        return None
    if document is None:
        return PlacedFile(Placed(RoutesFile(), None, 1))
    if not isinstance(document, Map):
        mistakes.append(Mistake(FILE, 1, "", "is not a map, needed are rosters: and routes:"))
        return None
    rest = Map(document.line)
    for key, value in document.items():
        if key not in _LISTS:
            rest[key], rest.lines[key] = value, document.lines[key]
    whole = validate_map(RoutesFile, rest, FILE, mistakes) or RoutesFile()
    rosters = [
        Placed(roster, node, line)
        for node, line in _items(document, "rosters", mistakes)
        if (roster := validate_map(Roster, node, FILE, mistakes)) is not None
    ]
    routes = [
        Placed(route, node, line)
        for node, line in _items(document, "routes", mistakes)
        if (route := validate_map(RouteSettings, node, FILE, mistakes)) is not None
    ]
    ids = frozenset(str(node.get("id")) for node, _ in _items(document, "rosters", []))
    return PlacedFile(Placed(whole, rest, 1), tuple(rosters), tuple(routes), ids)


def _items(document: Map, key: str, mistakes: list[Mistake]) -> list[tuple[Map, int]]:
    """The maps of a list and their lines."""
    items: Any = document.get(key)
    if items is None:
        return []
    if not isinstance(items, Items):
        mistakes.append(Mistake(FILE, document.lines[key], key, "needed is a list, each item beginning with - id:"))
        return []
    found = []
    for item, line in zip(items, items.lines, strict=True):
        if isinstance(item, Map):
            found.append((item, line))
        else:
            mistakes.append(Mistake(FILE, line, key, f"{shown(item)} can't be used, allowed is a map with id: ..."))
    return found
