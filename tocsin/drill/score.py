"""Scores: what the verdicts of runs come to, in all, by scenario, by seed and by rule."""

from collections.abc import Callable, Iterable, Sequence
from statistics import median

import msgspec
import numpy as np

from tocsin.drill.ground import Ground
from tocsin.drill.matching import AlarmVerdict, TruthVerdict
from tocsin.drill.run import Run

PER_POINT_HOURS = 10_000.0


class Spread(msgspec.Struct, frozen=True):
    """Of n numbers: the median, the 5th and the 95th percentile (linear between neighbours). None where n is 0."""

    n: int
    median: float | None
    p5: float | None
    p95: float | None

    @classmethod
    def of(cls, values: Iterable[float | None]) -> "Spread":
        """Of those that are not None."""
        there = [value for value in values if value is not None]
        if not there:
            return cls(0, None, None, None)
        p5, p95 = np.percentile(there, [5, 95]).tolist()
        return cls(len(there), round(median(there), 3), round(p5, 3), round(p95, 3))


class Score(msgspec.Struct, frozen=True):
    """Of one or several runs. Delays and leads are in seconds; a rate is None where its denominator is 0."""

    point_hours: float
    incidents: int
    """Incidents of the process that somebody should have spoken of."""
    incidents_missed: int
    """Those of which nobody spoke at any of their points."""
    due: int
    """The same by point: each incident counts once at each point where it should be spoken of."""
    hits: int
    misses: int
    late: int
    """Hits after the scenario's `within_s`."""
    mild: int
    """Hits, all of them milder than the scenario says the danger is worth."""
    process_alarms: int
    false_alarms: int
    """Process alarms that nothing explains."""
    false_per_10k: float | None
    """False alarms per 10,000 point-hours."""
    delay_s: Spread
    lead_s: Spread
    faults: int
    """Sensors' faults that somebody should have named, by point."""
    faults_named: int
    faults_unnamed: int
    mistaken: int
    """Process alarms that only a sensor's fault explains."""
    instrument_alarms: int
    false_instrument: int

    @property
    def hit_rate(self) -> float | None:
        """The part of the points' incidents that was spoken of."""
        return self.hits / self.due if self.due else None


class RuleScore(msgspec.Struct, frozen=True):
    """What one rule was worth."""

    rule: str
    sort: str
    hits: int
    misses: int
    """Incidents whose worst value satisfies its condition, and of which it said nothing (`Ground.could_speak`)."""
    alarms: int
    false_alarms: int
    false_per_10k: float | None
    mistaken: int
    delay_s: Spread
    lead_s: Spread


def score(runs: Sequence[Run]) -> Score:
    """The score of runs taken together."""
    truths = [verdict for run in runs for verdict in run.truths]
    alarms = [verdict for run in runs for verdict in run.alarms]
    process = [v for v in truths if v.truth.sort == "process" and v.due]
    faults = [v for v in truths if v.truth.sort == "instrument" and v.due]
    hazards = [any(v.spoke for v in group) for run in runs for group in incidents(run)]
    about_process = [v for v in alarms if v.sort == "process"]
    about_sensors = [v for v in alarms if v.sort == "instrument"]
    hours = sum(run.points * run.hours for run in runs)
    false = _count(about_process, "false")
    hits = sum(bool(v.spoke) for v in process)
    named = sum(bool(v.spoke) for v in faults)
    return Score(
        point_hours=round(hours, 3),
        incidents=len(hazards),
        incidents_missed=hazards.count(False),
        due=len(process),
        hits=hits,
        misses=len(process) - hits,
        late=sum(v.late for v in process),
        mild=sum(v.mild for v in process),
        process_alarms=len(about_process),
        false_alarms=false,
        false_per_10k=_rate(false, hours),
        delay_s=Spread.of(v.delay_s for v in process),
        lead_s=Spread.of(v.lead_s for v in process),
        faults=len(faults),
        faults_named=named,
        faults_unnamed=len(faults) - named,
        mistaken=_count(about_process, "mistaken"),
        instrument_alarms=len(about_sensors),
        false_instrument=_count(about_sensors, "false"),
    )


def incidents(run: Run) -> list[list[TruthVerdict]]:
    """The process incidents of a run that somebody should have spoken of, each with all of its points."""
    groups: dict[str, list[TruthVerdict]] = {}
    for verdict in run.truths:
        if verdict.truth.sort == "process":
            groups.setdefault(verdict.truth.incident, []).append(verdict)
    return [group for group in groups.values() if any(v.due for v in group)]


def rule_scores(runs: Sequence[tuple[Run, Ground]]) -> list[RuleScore]:
    """The score of every rule, by name. A rule of several sites is one rule."""
    ruled = {rule for _, ground in runs for rule in ground.rules}
    names = sorted(ruled | {judged.alarm.rule for run, _ in runs for judged in run.alarms})
    heard: dict[str, list[TruthVerdict]] = {name: [] for name in names}
    missed: dict[str, int] = dict.fromkeys(names, 0)
    alarms: dict[str, list[AlarmVerdict]] = {name: [] for name in names}
    hours: dict[str, float] = dict.fromkeys(names, 0.0)
    sorts: dict[str, str] = dict.fromkeys(names, "instrument")
    for run, ground in runs:
        for verdict in run.truths:
            if verdict.due:
                for rule in verdict.spoke:
                    heard[rule].append(verdict)
                for rule in verdict.silent:
                    missed[rule] += 1
        for judged in run.alarms:
            alarms[judged.alarm.rule].append(judged)
        for rule, points in ground.points_of.items():
            hours[rule] += len(points) * run.hours
            sorts[rule] = ground.sort_of(rule)
    return [
        RuleScore(
            rule=name,
            sort=sorts[name],
            hits=len(heard[name]),
            misses=missed[name],
            alarms=len(alarms[name]),
            false_alarms=(false := _count(alarms[name], "false")),
            false_per_10k=_rate(false, hours[name]),
            mistaken=_count(alarms[name], "mistaken"),
            delay_s=Spread.of(v.delay_of(name) for v in heard[name]),
            lead_s=Spread.of(v.lead_of(name) for v in heard[name]),
        )
        for name in names
    ]


ACROSS: dict[str, Callable[[Score], float | None]] = {
    "hit_rate": lambda s: s.hit_rate,
    "false_per_10k": lambda s: s.false_per_10k,
    "delay_s": lambda s: s.delay_s.median,
    "lead_s": lambda s: s.lead_s.median,
}
"""What is told by its spread over seeds: each seed's own figure."""


def across_seeds(runs: Sequence[Run]) -> dict[str, Spread]:
    """How the figures differ from seed to seed, all scenarios of a seed taken together."""
    by_seed: dict[int, list[Run]] = {}
    for run in runs:
        by_seed.setdefault(run.seed, []).append(run)
    scores = [score(of_seed) for of_seed in by_seed.values()]
    return {name: Spread.of(figure(s) for s in scores) for name, figure in ACROSS.items()}


def _count(verdicts: Iterable[AlarmVerdict], judgement: str) -> int:
    return sum(v.judgement == judgement for v in verdicts)


def _rate(count: int, hours: float) -> float | None:
    return round(count * PER_POINT_HOURS / hours, 4) if hours > 0 else None
