"""One scenario with one seed through the engine: pure, without a clock."""

from dataclasses import dataclass

from plant.entries import Readings
from plant.registry import PointRegistry
from rules.events import AlarmEvent
from simulators import Scenario, Simulation, truth_of
from tocsin.configuration import Configured
from tocsin.drill.alarms import alarms_of
from tocsin.drill.entries import entries_of
from tocsin.drill.ground import Ground
from tocsin.drill.matching import AlarmVerdict, TruthVerdict, match
from tocsin.runtime.fold import Fold, in_groups


@dataclass(frozen=True, slots=True)
class Run:
    """What came of one scenario with one seed. Times are ms since the epoch."""

    scenario: str
    seed: int
    points: int
    start_ms: int
    end_ms: int
    readings: int
    truths: tuple[TruthVerdict, ...]
    alarms: tuple[AlarmVerdict, ...]

    @property
    def hours(self) -> float:
        return (self.end_ms - self.start_ms) / 3_600_000.0


def run(configured: Configured, scenario: Scenario, seed: int, ground: Ground | None = None) -> Run:
    """Play a scenario through a site's rules and judge what they said. `ground` may be given to save making it."""
    simulation = Simulation(configured.site, scenario, seed)
    end_ms = scenario.start_ms + scenario.duration_ms
    events: list[AlarmEvent] = []
    readings = 0
    fold = Fold.fresh(configured, PointRegistry(configured.site.points), lambda _: configured, exercise=True)
    for group in in_groups(entries_of(simulation.feeds(), scenario.start_ms, end_ms)):
        readings += sum(len(entry.batch) for _, entry in group if isinstance(entry, Readings))
        for commit in fold.apply(group):
            events += [step for _, step in commit.steps if isinstance(step, AlarmEvent)]
    truths, alarms = match(
        list(truth_of(simulation)), alarms_of(events), ground or Ground(configured.site, configured.rules), end_ms
    )
    points = len(configured.site.points)
    return Run(scenario.name, seed, points, scenario.start_ms, end_ms, readings, tuple(truths), tuple(alarms))
