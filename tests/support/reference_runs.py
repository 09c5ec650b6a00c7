"""Small sites and logs for hand-worked tests of the reference (and of the engine against it)."""

from collections.abc import Sequence
from typing import Any

from support.reference import Reference

from plant.batch import Batch
from plant.entries import Entry, Readings, Tick
from plant.registry import PointRegistry
from plant.site import Enterprise, Point, Site, Unit
from rules.events import AlarmEvent
from rules.schema import Rule

T0 = 1_732_190_400_000
UNITS = {"U1": "E1", "U2": "E1", "U3": "E2"}


def point(name: str, unit: str = "U1", kind: str = "gas.combustible", **more: Any) -> Point:
    """A point with a period of 1 s, without range, cells and device unless given."""
    given: dict[str, Any] = {
        "unit_symbol": None,
        "range_low": None,
        "range_high": None,
        "period_s": 1.0,
        "report": "periodic",
        **dict.fromkeys(("ll", "l", "h", "hh", "deadband", "topic", "key", "device", "gas", "ref_temp_c", "principle")),
        "calibration_due": None,
        "tags": (),
    }
    return Point(point=name, unit=unit, enterprise=UNITS[unit], kind=kind, **(given | more))


def site_of(*points: Point) -> Site:
    enterprises = {name: Enterprise(name, name, "") for name in set(UNITS.values())}
    units = {name: Unit(name, enterprise, name, "workshop") for name, enterprise in UNITS.items()}
    return Site("s", "UTC", None, (), {}, enterprises, units, {p.point: p for p in points})


def rule(rule_id: str, condition: dict[str, Any], **more: Any) -> Rule:
    """A rule on all points, yellow unless said otherwise."""
    form = {"id": rule_id, "applies_to": {"kind": "*"}, "condition": condition, "severity": "yellow"}
    return Rule.model_validate(form | more)


def readings(received_s: float, *rows: tuple[str, float, float | None], points: Sequence[str]) -> Readings:
    """Rows are (point, seconds after T0, value); numbers are places in `points`."""
    batch = Batch.of((points.index(name), T0 + round(t * 1000), value, 0) for name, t, value in rows)
    return Readings(T0 + round(received_s * 1000), batch)


def listening(*entries: Entry) -> list[Entry]:
    """The entries with a tick a second between them, as a service that listens all the time writes them."""
    log: list[Entry] = []
    for entry in entries:
        start = log[-1].received_at_ms if log else entry.received_at_ms
        log += [Tick(at) for at in range(start + 1000, entry.received_at_ms, 1000)]
        log.append(entry)
    return log


class Run:
    """The reference over points, told in rows: `at(received_s, (point, t_s, value), ...)`."""

    def __init__(self, points: Sequence[Point], *rules: Rule) -> None:
        self.names = [p.point for p in points]
        self.reference = Reference(site_of(*points), rules, PointRegistry(self.names))
        self.log: list[Entry] = []

    def at(self, received_s: float, *rows: tuple[str, float, float | None]) -> "Run":
        self.log.append(readings(received_s, *rows, points=self.names))
        return self

    def tick(self, received_s: float) -> "Run":
        self.log.append(Tick(T0 + round(received_s * 1000)))
        return self

    def events(self, *rule_ids: str) -> list[AlarmEvent]:
        """All events of these rules, with a tick in every second between the entries."""
        events = [event for entry in listening(*self.log) for event in self.reference.apply(entry)]
        events += self.reference.close()
        return [event for event in events if event.rule in rule_ids]

    def told(self, *rule_ids: str) -> list[tuple[str, str, str, float]]:
        """(event, subject, side, seconds after T0) of these rules."""
        return [(e.event, e.subject, e.side, (e.at - T0) / 1000) for e in self.events(*rule_ids)]
