"""A site of works in several partitions, what its devices send while gas leaks here and there, and who sends it."""

import threading
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from support.bridges import write_site

from plant.entries import Entry, Readings
from plant.registry import PointRegistry
from plant.site import Site
from simulators import BrokerSettings, Published, Publisher, Scenario, Simulation
from tocsin.clock import SystemClock

ENTERPRISES = tuple(f"E{n}" for n in range(1, 10))
"""Some in each of four partitions."""

RULES = """\
  - id: gas
    applies_to: {kind: gas.combustible}
    condition: {limit: {h: 25, hh: 50, deadband: 2}}
  - id: held
    applies_to: {kind: gas.combustible}
    condition: {limit: {h: 20}}
    on_delay_s: 2
    off_delay_s: 1
    severity: yellow
  - id: mean
    applies_to: {kind: gas.combustible}
    condition: {window: {stat: mean, over_s: 6, h: 15, partial: true}}
    severity: yellow
  - id: silent
    applies_to: {kind: gas.combustible}
    condition: {stale: {after_s: 3}}
    severity: blue
  - id: both
    applies_to: {points: [E1-P1, E2-P1, E3-P1, E6-P1]}
    condition: {vote: {n: 2, rule: gas, level: h, per: site}}
    severity: red
"""
"""Limits, delays, windows and silence; `both` looks at all four partitions."""

BY_SILENCE = frozenset({"silent"})
"""Rules that go by who listened when."""


def write_incident_site(folder: Path) -> Path:
    """Nine works with three gas detectors each, E1-P1 to E9-P3."""
    write_site(folder, RULES, ENTERPRISES)
    return folder


def incident(duration_s: float) -> Scenario:
    """Something happens in each of the works again and again, at other times; some detectors fall silent."""
    leaks = [
        {"kind": "leak", "point": f"{e}-P1", "at_s": 3 + 2 * i, "for_s": 9, "every_s": 24, "magnitude": 80, "rise_s": 1}
        for i, e in enumerate(ENTERPRISES)
    ]
    quick = [
        {"kind": "leak", "point": f"{e}-P2", "at_s": 2 + i / 2, "for_s": 3, "every_s": 6, "magnitude": 60, "rise_s": 1}
        for i, e in enumerate(ENTERPRISES)
    ]
    silent = [
        {"kind": "dropout", "point": f"{e}-P3", "at_s": 5 + 3 * i, "for_s": 12, "every_s": 40}
        for i, e in enumerate(ENTERPRISES)
    ]
    return Scenario.model_validate(
        {"name": "incident", "duration_s": duration_s, "incidents": leaks + quick, "faults": silent}
    )


class Devices:
    """All devices of a site, in a thread: `end` stops them, once the broker has confirmed what they sent."""

    def __init__(self, site: Site, port: int, *, speed: float, seed: int = 1, most_s: float = 3600.0) -> None:
        """`speed` seconds of the incident pass in one; times in the messages are true."""
        self.site = site
        self._simulation = Simulation(site, incident(most_s), seed)
        target = BrokerSettings("127.0.0.1", port)
        self._publisher = Publisher(site, incident(most_s), target, SystemClock().now_ms, seed=seed, speed=speed)
        self._stop = threading.Event()
        self._done: list[Published] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> Published:
        """What the broker has taken."""
        self._stop.set()
        self._thread.join(60)
        assert self._done, "the devices have not ended"
        return self._done[0]

    def found(self, logs: Sequence[Sequence[Entry]], registry: PointRegistry) -> int:
        """How many different readings of theirs stand in the logs."""
        return sum(map(len, self._found(logs, registry).values()))

    def check(self, logs: Sequence[Sequence[Entry]], registry: PointRegistry, sent: Published) -> None:
        """All that the broker confirmed stands in the logs, each point's in the order in which it was sent."""
        assert sent.unacknowledged == 0
        found = self._found(logs, registry)
        assert sum(map(len, found.values())) == sent.readings
        made = self._simulation.between(0, (max(map(len, found.values())) + 60) * 1000)
        wanted: dict[str, list[float]] = defaultdict(list)
        for point, value in zip(made.point.tolist(), made.value.tolist(), strict=True):
            wanted[self._simulation.registry.id_of(point)].append(value)
        for point, readings in found.items():
            assert [value for _, value in readings] == wanted[point][: len(readings)], point
            assert sorted(readings) == list(readings), f"{point}: out of order"

    def _run(self) -> None:
        self._done.append(self._publisher.run(self._stop))

    def _found(
        self, logs: Sequence[Sequence[Entry]], registry: PointRegistry
    ) -> dict[str, dict[tuple[int, float], None]]:
        """(measured_at_ms, value) of each point, where it stands first."""
        found: dict[str, dict[tuple[int, float], None]] = {point: {} for point in self.site.points}
        for batch in (entry.batch for log in logs for entry in log if isinstance(entry, Readings)):
            columns = (batch.point.tolist(), batch.measured_at_ms.tolist(), batch.value.tolist())
            for point, at_ms, value in zip(*columns, strict=True):
                if (of := found.get(registry.id_of(point))) is not None:
                    of.setdefault((at_ms, value))
        return found
