"""Candidates tried on a point's own readings, all in one run of the engine beside the rule as it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

import msgspec
import numpy as np

from plant.site import Point, Site
from rules.engine import Engine, make_plan
from rules.events import AlarmEvent
from rules.schema import Rule
from tocsin.whatif.candidates import Candidate, on_point
from tocsin.whatif.matching import Change, Matcher, Pair
from tocsin.whatif.nuisance import Record
from tocsin.whatif.recording import Advance, Recording, only_points

_AS_IS: Final = "as it is"


@dataclass(slots=True)
class Trial:
    """What became of the alarms with a candidate's setting."""

    candidate: Candidate
    record: Record = field(default_factory=Record)
    missed: int = 0
    """Alarms of today during which it raised none."""
    quieter: int = 0
    """Alarms that would have been less severe at their worst."""
    delays_ms: list[int] = field(default_factory=list)
    """How much later each alarm of today that it has too was raised; 0 where one stood already."""

    @property
    def most_delay_ms(self) -> int:
        return max(self.delays_ms, default=0)

    @property
    def median_delay_ms(self) -> float:
        return median(self.delays_ms) if self.delays_ms else 0.0

    def count(self, pair: Pair) -> None:
        """Take one alarm, as it is or with the candidate, or both."""
        if pair.before is None:
            return
        if Change.GONE in pair.changes:
            self.missed += 1
            return
        self.quieter += Change.QUIETER in pair.changes
        self.delays_ms.append(max(0, pair.later_ms or 0))


@dataclass(slots=True)
class Subject:
    """One rule on one point and side, its record today, and what is tried on it."""

    rule: Rule
    point: Point
    side: str
    record: Record
    trials: list[Trial]


def run_trials(recording: Recording, site: Site, subjects: Sequence[Subject], advance: Advance) -> None:
    """Fill in the trials. One pass over the recording, with the readings of these points alone."""
    rules: list[Rule] = []
    trials: dict[str, tuple[Subject, Trial]] = {}
    as_is: dict[str, list[str]] = {}
    for n, subject in enumerate(subjects):
        base = f"{n} {_AS_IS}"
        rules.append(on_point(subject.rule, subject.point, base))
        for k, trial in enumerate(subject.trials):
            name = f"{n}.{k}"
            rules.append(trial.candidate.rule.model_copy(update={"id": name}))
            trials[name] = subject, trial
            as_is.setdefault(base, []).append(name)
    wanted = np.zeros(len(recording.registry), dtype=np.bool_)
    for subject in subjects:
        wanted[[recording.registry.numbers[name] for name in _looked_at(subject, site)]] = True
    engine = Engine(make_plan(site, rules, recording.registry))
    matcher = Matcher()
    end_ms = 0
    for entries in recording.entries(None, advance):
        end_ms = entries[-1].received_at_ms
        before: list[AlarmEvent] = []
        after: list[AlarmEvent] = []
        for event in engine.apply(only_points(entries, wanted)):
            if event.rule in trials:
                subject, trial = trials[event.rule]
                if event.side == subject.side:
                    trial.record.take(event)
                    after.append(event)
            else:
                before += [msgspec.structs.replace(event, rule=name) for name in as_is.get(event.rule, ())]
        _count(matcher.take(before, after), trials)
    _count(matcher.finish(), trials)
    for _, trial in trials.values():
        trial.record.end(end_ms)


def _looked_at(subject: Subject, site: Site) -> list[str]:
    """The points whose readings can decide: with a schedule or limits that depend on points, all of the unit."""
    rule, unit = subject.rule, subject.point.unit
    if rule.when or (rule.active is not None and rule.active.points):
        return [name for name, point in site.points.items() if point.unit == unit]
    return [subject.point.point]


def _count(pairs: Iterable[Pair], trials: dict[str, tuple[Subject, Trial]]) -> None:
    for pair in pairs:
        subject, trial = trials[pair.span.rule]
        if pair.span.side == subject.side:
            trial.count(pair)
