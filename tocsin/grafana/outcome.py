"""What a push did, object by object."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Became(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    LEFT = "left alone"
    """It is provisioned by files, which only the files may change."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One object of Grafana's."""

    kind: str
    """data source, folder, team, board, ..."""
    name: str
    became: Became


Tell = Callable[[Outcome], None]
"""Is told of each object as soon as it is done."""
