"""Runs one test through the engine."""

from collections.abc import Sequence
from dataclasses import dataclass

from plant.registry import PointRegistry
from plant.site import Site
from rules.engine import Engine, make_plan
from rules.events import AlarmEvent
from rules.schema import Rule
from rules.trial.feed import Given, entries_of, readings_of
from rules.trial.schema import TrialForm


@dataclass(frozen=True, slots=True)
class Trial:
    """One test and where it stands."""

    form: TrialForm
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class TrialRun:
    """What a test has brought about. Times of `given` are ms after `start_ms`, those of events since the epoch."""

    given: tuple[Given, ...]
    events: tuple[AlarmEvent, ...]
    start_ms: int
    end_ms: int


def run_trial(trial: Trial, site: Site, rules: Sequence[Rule], start_ms: int) -> TrialRun:
    """Decide the readings of a test under these rules."""
    given, end = readings_of(trial.form.given, site.points)
    end = max(end, trial.form.until or 0)
    registry = PointRegistry(sorted(site.points))
    engine = Engine(make_plan(site, rules, registry))
    events = engine.apply(entries_of(given, registry, start_ms, end))
    return TrialRun(tuple(given), tuple(sorted(events, key=lambda event: event.at)), start_ms, end)
