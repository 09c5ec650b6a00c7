"""A dry run of the routes: the ladders themselves, with nobody to answer and a clock that jumps (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import msgspec

from alerts.call import Call, Escalation
from alerts.change import Change
from alerts.place import Place
from alerts.record import AlarmRecord, NumberedEvent
from alerts.routes.reasons import Reason, reasons
from alerts.routes.routing import Routing
from alerts.routes.schema import RouteSettings
from alerts.telling.telling import NamedOf, Telling
from rules.events import AlarmEvent

_FOREVER = 1 << 62
Held = Literal["", "quiet", "digest"]


@dataclass(frozen=True, slots=True)
class Step:
    """A rung (or a repeat of it) that is told at `at` (ms). Without calls it finds nobody who was not told already."""

    at: int
    route: str
    rung: int
    purpose: str
    reason: str = ""
    """Of an escalation: why it is due."""
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True)
class Considered:
    """A route and why it was entered or not. `behind` names the `last` route above it, if that kept it out."""

    route: RouteSettings
    entered: bool
    reasons: tuple[Reason, ...]
    behind: str = ""


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would happen if nobody answered."""

    alarm: AlarmRecord
    place: Place
    considered: tuple[Considered, ...]
    steps: tuple[Step, ...]
    over: tuple[str, ...] = ()
    """Who would hear that it is over, if it cleared after all that."""

    @property
    def calls(self) -> list[Call]:
        return [call for step in self.steps for call in step.calls]


def dry_run(alarm: AlarmRecord, place: Place, routing: Routing, named_of: NamedOf) -> DryRun:
    """Raise the alarm at its `raised_at`, as it stands, and let its ladders run to their end."""
    telling = Telling(named_of=named_of)
    record = alarm
    effects = telling.take(Change(0, record.raised_at, None, record, (_event(record, "raised"),)), place, routing)
    steps: list[Step] = []
    _add(steps, effects, record.historical)
    while True:
        effects = telling.due(_FOREVER, {record.alarm: record}.get, lambda _: place, routing)
        if not effects:
            break
        if any(isinstance(effect, Escalation) for effect in effects):
            record = msgspec.structs.replace(record, events=record.events + 1)
        _add(steps, effects, record.historical)
    ended = msgspec.structs.replace(record, events=record.events + 1)
    at = max([alarm.raised_at, *(step.at for step in steps)]) + 1
    resolved = telling.take(Change(0, at, record, ended, (_event(ended, "cleared"),)), place, routing)
    over = dict.fromkeys(e.ways[0].contact for e in resolved if isinstance(e, Call))
    return DryRun(alarm, place, tuple(_considered(alarm, place, routing)), tuple(steps), tuple(over))


def held_by(call: Call) -> Held:
    """What a call waits for."""
    if not call.not_before:
        return ""
    return "digest" if call.bundle else "quiet"


def _add(steps: list[Step], effects: Sequence[object], late: bool) -> None:
    """Add the effects of one moment as steps: what a route's rung brings about at a time belongs together."""
    for effect in effects:
        if isinstance(effect, Escalation):
            steps.append(Step(effect.at, effect.route, effect.rung, "escalated", effect.reason))
        elif isinstance(effect, Call):
            rung = (effect.route, effect.rung)
            if not steps or (steps[-1].at, steps[-1].route, steps[-1].rung) != (effect.at, *rung):
                again = any((step.route, step.rung) == rung for step in steps)
                steps.append(Step(effect.at, *rung, "late" if late else "repeat" if again else "alarm"))
            steps[-1] = replace(steps[-1], calls=(*steps[-1].calls, effect))


def _considered(alarm: AlarmRecord, place: Place, routing: Routing) -> list[Considered]:
    entered = {route.id for route in routing.matching(alarm, place)}
    found, last = [], ""
    for route in routing.file.routes:
        why = tuple(reasons(route.match, alarm, place, routing.site))
        behind = last if all(reason.fits for reason in why) and route.id not in entered else ""
        found.append(Considered(route, route.id in entered, why, behind))
        if route.last and route.id in entered:
            last = route.id
    return found


def _event(record: AlarmRecord, name: str) -> NumberedEvent:
    return NumberedEvent(
        record.events,
        AlarmEvent(
            event=name,
            alarm=record.alarm,
            rule=record.rule,
            version=record.version,
            subject=record.subject,
            side=record.side,
            enterprise=record.enterprise,
            level=record.level,
            severity=record.severity,
            at=record.raised_at,
            value=record.value,
            limit=record.limit,
            onset=record.onset,
            historical=record.historical,
            exercise=record.exercise,
            reason=record.reason,
            raised_at=record.raised_at,
            received_at=record.raised_at,
        ),
    )
