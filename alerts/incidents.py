"""Incidents: alarms of one unit that were raised close together, with the one that came first (pure).

An alarm joins an incident of its unit (of its enterprise, where it has no unit) if it was raised no more than `span_ms`
before the first or after the last alarm of it, by the alarms' own times. The incident ends once none of its
alarms is on and the span has passed on the engine's clock. docs/reference/incidents.md says the same.
"""

from math import inf
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from alerts.change import Change
from alerts.kept import Kept
from alerts.machine import ACTIVE
from alerts.place import Place
from alerts.record import AlarmRecord
from alerts.severity import severity_rank

SPAN_MS: Final = 600_000
"""Our own choice, from no standard."""


class Incident(msgspec.Struct, frozen=True, gc=False):
    """`opened_at` and `last_at` (ms) are the least and the greatest time at which one of its alarms was raised."""

    id: str
    """That of the alarm that opened it."""
    enterprise: str
    unit: str
    """Empty where the alarms stand on no unit."""
    first_out: str
    """The alarm that was raised first. One that comes to be known later may have been."""
    alarms: int
    """How many it has had."""
    on: int
    """How many of them are on."""
    opened_at: int
    last_at: int
    quiet_from: int
    """The span since the last one joined is over then, on the engine's clock."""
    worst_severity: str
    ends_at: int | None = None
    """When it ends on the engine's clock, if no more alarms join; None while one of them is on."""


class Member(msgspec.Struct, frozen=True, gc=False):
    """An alarm that is on, and its incident."""

    incident: str


class Joined(NamedTuple):
    """The alarm belongs to the incident, which stands as given; `first_out` says that it is the first one now."""

    alarm: str
    incident: Incident
    first_out: bool
    at: int


class Worsened(NamedTuple):
    """One of its alarms rose above all before."""

    incident: Incident
    at: int


class IncidentEnded(NamedTuple):
    incident: Incident
    at: int


Effect = Joined | Worsened | IncidentEnded


class Incidents:
    """The open ones. No incident ends before `next_due`."""

    def __init__(self, incidents: Kept[Incident], members: Kept[Member], span_ms: int = SPAN_MS) -> None:
        self._open = incidents
        self._members = members
        self.span_ms = span_ms
        self._of_place: dict[tuple[str, str], set[str]] = {}
        self.next_due: float = inf
        for incident in incidents.values():
            self._of_place.setdefault((incident.enterprise, incident.unit), set()).add(incident.id)
        self._look_ahead()

    def take(self, change: Change, place: Place) -> list[Effect]:
        """A change of an alarm that stands at `place`. Alarms on nothing of the site are in no incident."""
        after = change.after
        if change.before is None:
            return self._join(after, place, change.at) if place.enterprise else []
        member = self._members.get(after.alarm)
        incident = self._open.get(member.incident) if member is not None else None
        if incident is None:
            return []
        effects: list[Effect] = []
        if severity_rank(after.severity) > severity_rank(incident.worst_severity):
            incident = replace(incident, worst_severity=after.severity)
            effects.append(Worsened(incident, change.at))
        if after.state not in ACTIVE:
            # What is off stays off: the next one is another alarm.
            self._members.drop(after.alarm)
            on = incident.on - 1
            incident = replace(incident, on=on, ends_at=None if on else max(incident.quiet_from, change.at))
        self._put(incident)
        return effects

    def pass_time(self, until: int) -> list[Effect]:
        """End what is over at `until`, in order of (end, id)."""
        if until < self.next_due:
            return []
        over = [i for i in self._open.values() if i.ends_at is not None and i.ends_at <= until]
        effects: list[Effect] = []
        for incident in sorted(over, key=lambda i: (i.ends_at, i.id)):
            self._open.drop(incident.id)
            place = (incident.enterprise, incident.unit)
            self._of_place[place].discard(incident.id)
            if not self._of_place[place]:
                del self._of_place[place]
            effects.append(IncidentEnded(incident, incident.ends_at or 0))
        self._look_ahead()
        return effects

    def _join(self, alarm: AlarmRecord, place: Place, at: int) -> list[Effect]:
        on = alarm.state in ACTIVE
        before = self._incident_of(alarm, place)
        quiet_from = at + self.span_ms
        if before is None:
            incident = Incident(
                id=alarm.alarm,
                enterprise=place.enterprise,
                unit=place.unit,
                first_out=alarm.alarm,
                alarms=1,
                on=int(on),
                opened_at=alarm.raised_at,
                last_at=alarm.raised_at,
                quiet_from=quiet_from,
                worst_severity=alarm.severity,
                ends_at=None if on else quiet_from,
            )
            self._of_place.setdefault((place.enterprise, place.unit), set()).add(incident.id)
        else:
            is_first = alarm.raised_at < before.opened_at
            incident = replace(
                before,
                first_out=alarm.alarm if is_first else before.first_out,
                alarms=before.alarms + 1,
                on=before.on + on,
                opened_at=min(before.opened_at, alarm.raised_at),
                last_at=max(before.last_at, alarm.raised_at),
                quiet_from=quiet_from,
                worst_severity=max(before.worst_severity, alarm.severity, key=severity_rank),
                ends_at=None if before.on or on else quiet_from,
            )
        if on:
            self._members.put(alarm.alarm, Member(incident.id))
        self._put(incident)
        return [Joined(alarm.alarm, incident, incident.first_out == alarm.alarm, at)]

    def _incident_of(self, alarm: AlarmRecord, place: Place) -> Incident | None:
        """The oldest open incident of the place within whose span the alarm was raised."""
        there = [self._open.get(name) for name in self._of_place.get((place.enterprise, place.unit), ())]
        near = [
            incident
            for incident in there
            if incident is not None
            and incident.opened_at - self.span_ms <= alarm.raised_at <= incident.last_at + self.span_ms
        ]
        return min(near, key=lambda i: (i.opened_at, i.id), default=None)

    def _put(self, incident: Incident) -> None:
        self._open.put(incident.id, incident)
        if incident.ends_at is not None:
            self.next_due = min(self.next_due, incident.ends_at)

    def _look_ahead(self) -> None:
        self.next_due = min((i.ends_at for i in self._open.values() if i.ends_at is not None), default=inf)
