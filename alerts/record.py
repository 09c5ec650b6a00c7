"""What is known of one alarm: the current record, and its events by number."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from alerts.machine import State
from alerts.suppression import Above, AboveOf
from rules.events import AlarmEvent, Crossing


class AlarmRecord(msgspec.Struct, frozen=True, gc=False):
    """One alarm as it stands. Times are ms since the epoch; value and limit are in the point's unit."""

    alarm: str
    rule: str
    version: int
    subject: str
    side: str
    enterprise: str
    state: State
    level: str
    severity: str
    peak_level: str
    """The worst level since it was raised or last acknowledged: what boards, routes and escalation go by (5.3)."""
    peak_severity: str
    worst_severity: str
    """The worst severity since it was raised, whoever acknowledged."""
    raised_at: int
    last_at: int
    """The time of its last event."""
    value: float | None
    limit: float | None
    onset: int | None
    historical: bool
    """The event that raised it was late (5.4)."""
    exercise: bool
    reason: str
    """The reason of its last event."""
    events: int
    """How many events it has had; the next one is number `events` + 1."""
    latching: bool
    """It reached a level that latches: after clearing it stays until it is reset."""
    pending: tuple[str, ...] = ()
    forecast: Crossing | None = None
    cleared_at: int | None = None
    acknowledged_by: str | None = None
    acknowledged_at: int | None = None
    answered_by: str | None = None
    """Who acknowledged for the enterprise while the alarm was red: the centre has yet to."""
    answered_at: int | None = None
    shelved_by: str | None = None
    shelved_until: int | None = None
    shelved_one_shot: bool = False
    """The shelf ends as soon as the alarm clears."""
    override: str | None = None
    """The id of the first override that it is under, in the order disabled, out of service, shelved."""
    override_kind: str | None = None
    suppressed_by: str | None = None
    """The alarm under which it is suppressed by design."""


class NumberedEvent(NamedTuple):
    """An event with its ordinal within its alarm: 1, 2, 3, ..."""

    n: int
    event: AlarmEvent

    @property
    def id(self) -> str:
        """The event's name everywhere: unique, and the same however often it is derived."""
        return f"{self.event.alarm}.{self.n}"


def _never(_rule: str, _level: str) -> bool:
    return False


def _no_levels(_rule: str) -> tuple[str, ...]:
    return ()


def _nothing_above(_rule: str, _subject: str) -> tuple[Above, ...]:
    return ()


def _is_not_above(_rule: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Policy:
    """What the rule set in force says of (rule id, level)."""

    latches: Callable[[str, str], bool] = _never
    """Whether an alarm that reached the level stays after clearing until it is reset."""
    never_suppress: Callable[[str, str], bool] = _never
    """Whether the level can't be shelved, disabled or taken out of service."""
    levels: Callable[[str], tuple[str, ...]] = _no_levels
    """The levels of a rule; none where there is no such rule."""
    above: AboveOf = _nothing_above
    """The alarms that may stand above one of (rule id, subject)."""
    is_above: Callable[[str], bool] = _is_not_above
    """Whether alarms of the rule stand above others."""
