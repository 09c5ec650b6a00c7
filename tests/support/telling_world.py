"""A small world for telling: routes answered by simple arithmetic, and a book that applies what telling says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from alerts.call import Call, Escalation, Way
from alerts.change import Change
from alerts.fold import fold
from alerts.kept import Kept
from alerts.place import Place
from alerts.record import AlarmRecord, Policy
from alerts.remark import Remark
from alerts.routes.schema import RouteSettings, RoutesFile, Who
from alerts.telling.state import AlarmLadders
from alerts.telling.telling import Effect, Telling
from plant.entries import NoticeAction, OperatorAction
from rules.events import AlarmEvent

MINUTE = 60_000
POLICY = Policy()


def named(rule: str, level: str) -> bool:
    return rule == "gas" and level == "hh"


class FakeRouting:
    """Contacts: `mute` has no channel; `sleeper` is quiet in every odd span of 100 s; of the roster `duty`, `day` and
    `night` take turns, 90 s each; a role r is held by r-1 and r-2; `far` is the one neighbour.
    """

    def __init__(self, routes: Iterable[RouteSettings], late_digest_s: float = 200.0) -> None:
        self.file = RoutesFile(routes=tuple(routes), late_digest_s=late_digest_s)
        self.routes: Mapping[str, RouteSettings] = {route.id: route for route in self.file.routes}

    def matching(self, alarm: AlarmRecord, place: Place) -> tuple[RouteSettings, ...]:
        found = []
        for route in self.file.routes:
            if not route.match.severity or alarm.peak_severity in route.match.severity:
                found.append(route)
                if route.last:
                    break
        return tuple(found)

    def people(self, who: Who, place: Place, at_ms: int) -> tuple[str, ...]:
        if who.contact is not None:
            return (who.contact,)
        if who.roster is not None:
            return ("day",) if at_ms // 90_000 % 2 == 0 else ("night",)
        if who.within_m is not None:
            return tuple(contact for contact, _ in self.neighbours(who.within_m, who.neighbour_role, place))
        return () if who.role == "nobody" else (f"{who.role}-1", f"{who.role}-2")

    def neighbours(self, within_m: float, role: str, place: Place) -> tuple[tuple[str, float], ...]:
        return (("far", 400.0), ("day", 600.0))

    def ways(self, contact: str, over: Sequence[str] = ()) -> tuple[Way, ...]:
        return () if contact == "mute" else tuple(Way(contact, channel) for channel in over or ("sms", "mail"))

    def quiet_until(self, contact: str, at_ms: int) -> int:
        span = at_ms // 100_000
        return (span + 1) * 100_000 if contact == "sleeper" and span % 2 == 1 else at_ms

    def next_full_span(self, span_s: float, at_ms: int) -> int:
        span_ms = round(span_s * 1000)
        return (at_ms // span_ms + 1) * span_ms


def route(name: str, *ladder: dict[str, Any], **facts: Any) -> RouteSettings:
    return RouteSettings.model_validate({"id": name, "ladder": list(ladder), **facts})


def to(*contacts: str, after_s: float = 0.0, **facts: Any) -> dict[str, Any]:
    return {"after_s": after_s, "to": [{"contact": contact} for contact in contacts], **facts}


@dataclass(frozen=True)
class Input:
    """Something that happens at a time, to an alarm; distinct times, as entries of the log have."""

    at: int
    what: Literal["step", "quiet", "release", "notice", "routes"]
    alarm: str = ""
    step: AlarmEvent | OperatorAction | None = None
    notice: NoticeAction | None = None
    routes: int = 0


@dataclass
class Book:
    """Does with telling what the alarm book does, in memory."""

    versions: Sequence[FakeRouting]
    telling: Telling = field(default_factory=lambda: Telling(named_of=named))
    records: dict[str, AlarmRecord] = field(default_factory=dict)
    quiet: set[str] = field(default_factory=set)
    effects: list[Effect] = field(default_factory=list)
    version: int = 0

    @property
    def routing(self) -> FakeRouting:
        return self.versions[self.version]

    @property
    def calls(self) -> list[Call]:
        return [effect for effect in self.effects if isinstance(effect, Call)]

    def told(self, since: int = 0) -> list[tuple[int, str, str]]:
        """(time, contact, purpose) of every call from effect `since` on."""
        return [(c.at, c.ways[0].contact, c.purpose) for c in self.calls[since:]]

    def pass_time(self, until: int) -> None:
        while self.telling.next_due <= until:
            effects = self.telling.due(until, self.records.get, place_of, self.routing)
            if not effects:
                break
            for effect in effects:
                self.effects.append(effect)
                if isinstance(effect, Escalation):
                    remark = Remark(effect.alarm, "escalated", effect.at, effect.reason)
                    folded = fold(self.records[effect.alarm], remark, POLICY)
                    assert folded.record is not None, folded.refused
                    self.records[effect.alarm] = folded.record

    def take(self, given: Input) -> None:
        self.pass_time(given.at - 1)
        record = self.records.get(given.alarm)
        if given.what == "step" and given.step is not None:
            for change in changes_of(given, self.records, given.alarm in self.quiet):
                self.effects += self.telling.take(change, place_of(change.after), self.routing)
                self.records[given.alarm] = change.after
        elif given.what == "quiet" and record is not None and given.alarm not in self.quiet:
            self.quiet.add(given.alarm)
            change = Change(0, given.at, record, record, (), quiet=True)
            self.effects += self.telling.take(change, place_of(record), self.routing)
        elif given.what == "release" and record is not None and given.alarm in self.quiet:
            self.quiet.discard(given.alarm)
            self.effects += self.telling.released(record, place_of(record), given.at, self.routing)
        elif given.what == "notice" and given.notice is not None:
            self.telling.notice(given.notice, self.routing)
        elif given.what == "routes":
            self.version = given.routes % len(self.versions)
            self.effects += self.telling.reconfigured(self.routing, given.at)

    def restore(self) -> None:
        """Go on from what would be kept in a file."""
        rows = {key: msgspec.json.encode(self.telling.state.get(key)) for key in self.telling.state}
        kept = Kept({key: msgspec.json.decode(row, type=AlarmLadders) for key, row in rows.items()})
        self.telling = Telling(kept, named_of=named)


def changes_of(given: Input, records: Mapping[str, AlarmRecord], quiet: bool) -> list[Change]:
    """What a step makes of its alarm; nothing where it is refused."""
    assert given.step is not None
    before = records.get(given.alarm)
    folded = fold(before, given.step, POLICY)
    if folded.refused is not None or folded.record is None:
        return []
    action = given.step if isinstance(given.step, OperatorAction) else None
    return [Change(0, given.at, before, folded.record, folded.events, action, quiet)]


def place_of(record: AlarmRecord) -> Place:
    return Place(record.subject, enterprise=record.enterprise)


def alarm_event(
    name: str, alarm: str, at: int, severity: str, level: str = "h", *, late: bool = False, rule: str = "gas"
) -> AlarmEvent:
    return AlarmEvent(
        event=name,
        alarm=alarm,
        rule=rule,
        version=1,
        subject=f"P-{alarm}",
        side="high",
        enterprise=f"E-{alarm}",
        level=level,
        severity=severity,
        at=at - 400_000 if late else at,
        value=1.0,
        limit=1.0,
        onset=None,
        historical=late,
        exercise=False,
        reason=name,
        raised_at=at,
        received_at=at,
    )


def event(name: str, alarm: str, at: int, severity: str, level: str = "h", **facts: Any) -> Input:
    return Input(at, "step", alarm, alarm_event(name, alarm, at, severity, level, **facts))


def act(name: str, alarm: str, at: int, by: str = "li", **facts: Any) -> Input:
    given: dict[str, Any] = {"until_ms": at + 3_600_000} if name == "shelve" else {}
    return Input(at, "step", alarm, OperatorAction(at, name, alarm, by, **(given | facts)))  # type: ignore[arg-type]


def failed(call: Call, at: int) -> Input:
    return Input(at, "notice", call.alarm, notice=NoticeAction(at, "failed", call.key, "outbox"))
