"""Places ranked by a weighted score, with the working (pure). The weights are our own, no standard's."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

import msgspec

Kind = Literal["region", "park", "enterprise"]

WEIGHTS: Final[dict[str, float]] = {
    "coverage": 25.0,
    "online": 20.0,
    "acknowledged": 20.0,
    "closed_loop": 25.0,
    "in_time": 10.0,
}
"""What each criterion counts, where nobody says otherwise."""

NOTHING_REQUIRED: Final = "nothing required here"
NOTHING_MEASURED: Final = "nothing measured but coverage"


class Criterion(msgspec.Struct, frozen=True):
    """One part of a score: `value` is `part` of `whole`, 0 to 1; where `whole` is 0 it is None and does not count."""

    name: str
    part: float
    whole: float
    value: float | None
    weight: float
    points: float
    """value x weight."""


class Assessed(msgspec.Struct, frozen=True):
    """score = 100 x the sum of points / the sum of the weights that count, rounded to a tenth."""

    kind: Kind
    id: str
    name: str
    rank: int | None
    """1 is the best; places of one score share a rank, and the next one is left out. None: it is not ranked."""
    score: float | None
    why_not: str
    criteria: tuple[Criterion, ...]


Measured = tuple[float, float]
"""(part, whole)"""


def assess(
    kind: Kind, places: Iterable[tuple[str, str, Mapping[str, Measured]]], weights: Mapping[str, float] = WEIGHTS
) -> list[Assessed]:
    """Rank places of one kind, given as (id, name, criterion -> (part, whole)): the ranked ones, then the others.

    A place is not ranked where nothing is required (`coverage` is of 0), or where nothing but coverage can be said.
    """
    found = []
    for id_, name, measured in places:
        criteria = tuple(_criterion(criterion, *measured[criterion], weight) for criterion, weight in weights.items())
        counting = [c for c in criteria if c.value is not None]
        why_not = ""
        if measured["coverage"][1] == 0:
            why_not = NOTHING_REQUIRED
        elif not any(c.name != "coverage" and c.weight for c in counting):
            why_not = NOTHING_MEASURED
        total = sum(c.weight for c in counting)
        score = round(100 * sum(c.points for c in counting) / total, 1) if total and not why_not else None
        found.append(Assessed(kind, id_, name, None, score, why_not, criteria))
    found.sort(key=lambda a: (a.score is None, -(a.score or 0.0), a.id))
    scores = [a.score for a in found]
    return [msgspec.structs.replace(a, rank=scores.index(a.score) + 1) if a.score is not None else a for a in found]


def _criterion(name: str, part: float, whole: float, weight: float) -> Criterion:
    value = min(part / whole, 1.0) if whole else None
    return Criterion(name, part, whole, value, weight, (value or 0.0) * weight)
