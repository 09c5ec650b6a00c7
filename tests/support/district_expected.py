"""Who should have been told in a drill: the log's own steps, given to the reference of telling under the routes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from support.reference_telling import Reference
from support.slow_routing import SlowRouting
from support.telling_world import Input

from plant.entries import Entry, NoticeAction, OperatorAction
from rules.events import AlarmEvent

_ENGINE: Final = frozenset({"raised", "upgraded", "downgraded", "cleared"})


@dataclass(frozen=True)
class Expected:
    """A call as the reference decides it. Times are ms."""

    key: str
    alarm: str
    subject: str
    enterprise: str
    contact: str
    channels: tuple[str, ...]
    purpose: str
    route: str
    at: int
    not_before: int
    bundle: str
    urgent: bool
    held: bool
    """It waits for an approval."""


@dataclass(frozen=True)
class Reckoning:
    calls: dict[str, Expected]
    escalated: frozenset[tuple[str, int]]
    """(alarm, time)"""
    withdrawn: frozenset[tuple[str, str]]
    """(route, purpose) of which something may have been withdrawn."""


def reckon(routing: SlowRouting, entries: Iterable[Entry], events: Iterable[AlarmEvent], end_ms: int) -> Reckoning:
    """`events` are those of the engine and others, in the book's order; the others are left out: they follow."""
    inputs = [Input(event.received_at, "step", event.alarm, event) for event in events if event.event in _ENGINE]
    subjects = {given.alarm: given.step.subject for given in inputs if isinstance(given.step, AlarmEvent)}
    for entry in entries:
        if isinstance(entry, OperatorAction):
            inputs.append(Input(entry.received_at_ms, "step", entry.alarm, entry))
            if entry.action == "shelve":
                inputs.append(Input(entry.received_at_ms, "quiet", entry.alarm))
        elif isinstance(entry, NoticeAction):
            inputs.append(Input(entry.received_at_ms, "notice", entry.call.split(".")[0], notice=entry))
    reference = Reference([routing])  # type: ignore[list-item]
    effects = reference.run(sorted(inputs, key=lambda given: given.at), end_ms)
    calls = [_call(effect, subjects) for effect in effects if effect[0] == "call"]
    return Reckoning(
        {call.key: call for call in calls},
        frozenset((effect[1], effect[4]) for effect in effects if effect[0] == "escalated"),
        frozenset((effect[1], purpose) for effect in effects if effect[0] == "withdrawn" for purpose in effect[3]),
    )


def _call(effect: tuple[Any, ...], subjects: dict[str, str]) -> Expected:
    _, key, purpose, ways, at, not_before, bundle, urgent, _, approvers = effect
    alarm, _, route, *_ = key.split(".")
    channels = tuple(way.channel for way in ways)
    subject = subjects[alarm]
    return Expected(
        key, alarm, subject, subject[:3], ways[0].contact, channels, purpose, route, at, not_before, bundle, urgent,
        bool(approvers),
    )  # fmt: skip
