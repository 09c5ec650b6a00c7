"""Parts of routes.yaml that remember where they stand, so that a mistake can name its place."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, Generic, TypeVar

from alerts.routes.schema import Roster, RouteSettings, RoutesFile
from plant.mistakes import Mistake
from plant.site_reader.cells import shown
from rules.loader.schema_mistakes import line_of

FILE: Final = "routes.yaml"

_SHOWN: Final = 3
_MOST_COMPARED: Final = 5000

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Placed(Generic[M]):
    """A part of the file. `node` is the map it was read from, `line` its line."""

    value: M
    node: Any
    line: int

    def note(self, mistakes: list[Mistake], message: str, *path: str | int, warning: bool = False) -> None:
        """Add a mistake at a path of keys and list positions within this part."""
        line = line_of(self.node, path) if path else self.line
        column = ".".join(map(str, path))
        mistakes.append(Mistake(FILE, line, column, message, "warning" if warning else "error"))


@dataclass(frozen=True, slots=True)
class PlacedFile:
    """Everything in the file that could be read."""

    whole: Placed[RoutesFile]
    """Without its rosters and routes."""
    rosters: tuple[Placed[Roster], ...] = ()
    routes: tuple[Placed[RouteSettings], ...] = ()
    roster_ids: frozenset[str] = frozenset()
    """Also of rosters that could not be read."""

    @property
    def file(self) -> RoutesFile:
        """The file, if there was no mistake in it."""
        return self.whole.value.model_copy(
            update={
                "rosters": tuple(placed.value for placed in self.rosters),
                "routes": tuple(placed.value for placed in self.routes),
            }
        )


def unknown(word: str, known: Iterable[str], allowed: str) -> str:
    """The message for an id that is not there, with the nearest that is."""
    near = get_close_matches(word[:64], list(known)[:_MOST_COMPARED], n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"{shown(word)} is unknown, allowed are {allowed}{hint}"


def some(ids: Iterable[str]) -> str:
    """The first few ids, and how many more there are."""
    listed = list(ids)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more
