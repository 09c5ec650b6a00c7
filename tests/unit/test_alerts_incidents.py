"""Incidents: alarms of one unit that came together."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from support.alarm_steps import LATCHING, T0, action, engine_event

from alerts.change import Change
from alerts.fold import Step, fold
from alerts.incidents import Effect, Incident, IncidentEnded, Incidents, Joined, Member, Worsened
from alerts.kept import Kept
from alerts.place import Place
from alerts.record import AlarmRecord
from rules.events import AlarmEvent

SPAN = 60_000
PLACES = {name: Place(name, name, unit=name[:2], enterprise="E1") for name in ("U1-a", "U1-b", "U1-c", "U2-a")}
PLACES["GW"] = Place("GW", device="GW", enterprise="E1")
PLACES["self"] = Place("self")


class Room:
    def __init__(self) -> None:
        self.open: Kept[Incident] = Kept()
        self.members: Kept[Member] = Kept()
        self.incidents = Incidents(self.open, self.members, SPAN)
        self.records: dict[str, AlarmRecord] = {}
        self.effects: list[Effect] = []

    def restart(self) -> None:
        self.open = Kept({i.id: i for i in reversed(self.open.values())})
        self.incidents = Incidents(self.open, self.members, SPAN)

    def take(self, *steps: Step) -> "Room":
        for step in steps:
            at = step.received_at if isinstance(step, AlarmEvent) else step.received_at_ms
            self.clock(at - 1)
            before = self.records.get(step.alarm)
            after, events, refused = fold(before, step, LATCHING)
            assert after is not None, refused
            self.records[step.alarm] = after
            self.effects += self.incidents.take(Change(0, at, before, after, events), PLACES[after.subject])
        return self

    def clock(self, until: int) -> "Room":
        self.effects += self.incidents.pass_time(until)
        return self

    def joined(self) -> list[tuple[str, int, bool]]:
        """(subject, which incident, whether it is the first one now)."""
        found = [e for e in self.effects if isinstance(e, Joined)]
        names = list(dict.fromkeys(e.incident.id for e in found))
        return [(self.records[e.alarm].subject, names.index(e.incident.id), e.first_out) for e in found]

    def ended(self) -> list[tuple[int, int]]:
        return [(e.at - T0, e.incident.alarms) for e in self.effects if isinstance(e, IncidentEnded)]


def event(name: str, subject: str, s: float, level: str = "h", raised_s: float | None = None) -> AlarmEvent:
    at = T0 + round(s * 1000)
    raised_at = at if raised_s is None else T0 + round(raised_s * 1000)
    return engine_event(name, raised_at, level, subject=subject, raised_at=raised_at, received_at=at)


def test_alarms_of_one_unit_close_together_are_one_incident() -> None:
    room = Room().take(
        event("raised", "U1-a", 0),
        event("raised", "U2-a", 30),
        event("raised", "U1-b", 60),
        event("raised", "GW", 61),
        event("raised", "U1-c", 120.001),
        event("raised", "self", 121),
    )
    assert room.joined() == [
        ("U1-a", 0, True),
        ("U2-a", 1, True),
        ("U1-b", 0, False),
        ("GW", 2, True),
        ("U1-c", 3, True),
    ]
    assert {(i.enterprise, i.unit, i.alarms) for i in room.open.values()} == {
        ("E1", "U1", 2),
        ("E1", "U2", 1),
        ("E1", "", 1),
        ("E1", "U1", 1),
    }


def test_the_first_one_is_the_one_that_was_raised_first_though_it_became_known_later() -> None:
    room = Room().take(event("raised", "U1-a", 50), event("raised", "U1-b", 51, raised_s=20))
    assert room.joined() == [("U1-a", 0, True), ("U1-b", 0, True)]
    (incident,) = room.open.values()
    assert room.records[incident.first_out].subject == "U1-b"
    assert (incident.opened_at, incident.last_at) == (T0 + 20_000, T0 + 50_000)


def test_it_ends_when_none_is_on_and_the_span_has_passed() -> None:
    room = Room().take(
        event("raised", "U1-a", 0), event("raised", "U1-b", 10), event("cleared", "U1-a", 20, raised_s=0)
    )
    assert room.clock(T0 + 500_000).ended() == []
    room.take(event("cleared", "U1-b", 600, raised_s=10))
    room.restart()
    assert room.clock(T0 + 600_000).ended() == [(600_000, 2)]
    assert len(room.open) == len(room.members) == 0


def test_a_short_one_ends_with_its_span_and_acknowledging_changes_nothing() -> None:
    room = Room().take(event("raised", "U1-a", 0), event("cleared", "U1-a", 5, raised_s=0))
    room.take(action("acknowledge", T0 + 6000, event("raised", "U1-a", 0).alarm))
    assert room.clock(T0 + 59_999).ended() == []
    assert room.clock(T0 + 60_000).ended() == [(60_000, 1)]


def test_the_worst_severity_is_told() -> None:
    room = Room().take(event("raised", "U1-a", 0), event("upgraded", "U1-a", 5, "hh", raised_s=0))
    worse = [e.incident.worst_severity for e in room.effects if isinstance(e, Worsened)]
    assert worse == ["red"]
    room.take(event("downgraded", "U1-a", 6, "h", raised_s=0), event("raised", "U1-b", 7))
    assert [i.worst_severity for i in room.open.values()] == ["red"]


def test_what_is_known_first_when_it_is_over_joins_too() -> None:
    room = Room().take(event("cleared", "U1-a", 5, raised_s=0))
    assert room.joined() == [("U1-a", 0, True)]
    assert room.clock(T0 + 65_000).ended() == [(65_000, 1)]


raises = st.lists(st.tuples(st.integers(0, 90), st.sampled_from(["U1-a", "U1-b", "U2-a"])), max_size=15)


@settings(max_examples=40, deadline=None)
@given(raises, st.lists(st.integers(0, 900), max_size=6))
def test_incidents_are_the_runs_of_raisings_without_a_longer_gap(gaps: list[tuple[int, str]], looks: list[int]) -> None:
    """All alarms stay on, and times only go on: then each unit's are cut where the gap is longer than the span."""
    room, s, at_s = Room(), 0, {}
    for gap, subject in gaps:
        s += gap + 1
        room.take(event("raised", subject, s))
        at_s.setdefault(subject[:2], []).append(s)
        if s in looks:
            room.clock(T0 + s * 1000).restart()
    expected = sorted(1 + sum(b - a > SPAN // 1000 for a, b in pairwise(times)) for times in at_s.values())
    found: dict[str, int] = {}
    for incident in room.open.values():
        found[incident.unit] = found.get(incident.unit, 0) + 1
    assert sorted(found.values()) == expected
    assert sum(i.alarms for i in room.open.values()) == len(gaps) == len(room.members)
