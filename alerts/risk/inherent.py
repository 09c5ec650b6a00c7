"""The inherent four-colour grade of a place: what it could do, whatever its alarms say (pure).

The rule, an engineering default of ours and no standard's figure:

* a unit with a graded major hazard has the colour of its level: 1 red, 2 orange, 3 yellow, 4 blue;
* any other unit is blue; a unit of a kind that can kill those inside (confined space, reactor, furnace, dust
  collector) is yellow;
* a hot-work or confined-space permit under way there makes it one colour graver, as do `CROWD` people or more in it;
* every place above is as grave as the gravest in it; one without units has no grade.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from alerts.risk.nodes import Node, Nodes
from plant.site import Unit

CROWD: Final = 10
_COLOURS: Final = ("blue", "yellow", "orange", "red")
_OF_LEVEL: Final = {"1": "red", "2": "orange", "3": "yellow", "4": "blue"}
_GRAVE_KINDS: Final = frozenset({"confined_space", "reactor", "furnace", "dust_collector"})
_PERMITS: Final = ("permit.hot", "permit.confined")
UNGRADED: Final = "ungraded"

Live = Mapping[str, float | None]
"""The latest value of each point, by id; None or missing where it is not known."""


class Inherent(NamedTuple):
    """A grade, the unit that gives it, and why: facts such as `level 2`, `permit.hot at P7`, `12 people at P8`."""

    colour: str
    """red, orange, yellow, blue or ungraded."""
    unit: str
    because: tuple[str, ...]


class InherentGrades:
    """The grades of all places of a site; `levels` are computed hazard levels (1 to 4) by unit, before units.csv's."""

    def __init__(self, nodes: Nodes, levels: Mapping[str, int] | None = None) -> None:
        self._nodes = nodes
        self._levels = levels or {}
        self._watched: dict[str, list[tuple[str, str]]] = {}
        for point in nodes.site.points.values():
            if point.kind in _PERMITS or point.kind == "people.count":
                self._watched.setdefault(point.unit, []).append((point.point, point.kind))

    @property
    def points(self) -> list[str]:
        """The points whose values can change a grade."""
        return [point for watched in self._watched.values() for point, _ in watched]

    def of_unit(self, unit: Unit, live: Live) -> Inherent:
        """The grade of one unit."""
        computed = self._levels.get(unit.unit)
        level = str(computed) if computed is not None else _digit(unit.hazard_level)
        if level in _OF_LEVEL:
            colour, because = _OF_LEVEL[level], [f"level {level}"]
        else:
            colour, because = ("yellow" if unit.kind in _GRAVE_KINDS else "blue"), [f"kind {unit.kind}"]
        for point, kind in self._watched.get(unit.unit, ()):
            value = live.get(point)
            if kind == "people.count" and value is not None and value >= CROWD:
                colour, because = _graver(colour), [*because, f"{value:g} people at {point}"]
            elif kind != "people.count" and value:
                colour, because = _graver(colour), [*because, f"{kind} at {point}"]
        return Inherent(colour, unit.unit, tuple(because))

    def all(self, live: Live) -> dict[Node, Inherent]:
        """The grade of every place but points."""
        nodes = self._nodes
        grades: dict[Node, Inherent] = {
            node: Inherent(UNGRADED, "", ("no unit",)) for node in nodes.all if node.kind != "point"
        }
        for unit in nodes.site.units.values():
            own = self.of_unit(unit, live)
            for node in nodes.path_of(unit.unit, unit.enterprise):
                if _rank(own.colour) > _rank(grades[node].colour):
                    grades[node] = own
        return grades


def _rank(colour: str) -> int:
    return _COLOURS.index(colour) if colour in _COLOURS else -1


def _graver(colour: str) -> str:
    return _COLOURS[min(_rank(colour) + 1, len(_COLOURS) - 1)]


def _digit(text: str | None) -> str:
    """The level in what a site writes of it: 2, II, 二级, level 2."""
    words = {"一": "1", "二": "2", "三": "3", "四": "4", "IV": "4", "III": "3", "II": "2", "I": "1"}
    given = (text or "").upper()
    found = next((c for c in given if c in "1234"), None)
    return found or next((digit for word, digit in words.items() if word in given.replace("LEVEL", "")), "")
