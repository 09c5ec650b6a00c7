"""The entries of the log: everything that can change a decision, and nothing else (semantics 1.1)."""

from dataclasses import dataclass
from typing import Final, Literal

from plant.batch import Batch

Position = int
"""Where an entry stands in the log: 0, 1, 2, ... without gaps."""

OperatorActionName = Literal["acknowledge", "reset", "shelve", "unshelve", "comment"]

OPERATOR_ACTIONS: Final[tuple[OperatorActionName, ...]] = ("acknowledge", "reset", "shelve", "unshelve", "comment")


@dataclass(frozen=True, slots=True)
class Readings:
    """A batch that one source took in at `received_at_ms`."""

    received_at_ms: int
    batch: Batch
    source: str = ""
    redelivery_keys: tuple[int, ...] = ()
    """64-bit keys of messages in it whose readings carry no time of their own, so that a second delivery is known."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Nothing but its time: silence moves the clock."""

    received_at_ms: int


@dataclass(frozen=True, slots=True)
class SourceUp:
    """A broker connection came up; the points it brings count their silence from here."""

    received_at_ms: int
    source: str


@dataclass(frozen=True, slots=True)
class SourceDown:
    """A broker connection was lost."""

    received_at_ms: int
    source: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DeviceDown:
    """A device is said to be dead, by its gateway or by the will it left with the broker."""

    received_at_ms: int
    points: tuple[int, ...]
    """Numbers of all points that the device brings."""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Configuration:
    """A new version of the rules or of the site takes effect here; `digest` names the stored snapshot of the folder."""

    received_at_ms: int
    kind: Literal["rules", "site"]
    digest: str
    who: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class OperatorAction:
    """What a person did to an alarm."""

    received_at_ms: int
    action: OperatorActionName
    alarm: str
    by: str
    comment: str = ""
    until_ms: int | None = None


Entry = Readings | Tick | SourceUp | SourceDown | DeviceDown | Configuration | OperatorAction
