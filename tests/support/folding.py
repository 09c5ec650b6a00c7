"""Runs random cases through the engine and through the reference, and says what must be equal of their events."""

from collections import Counter
from collections.abc import Sequence

from support.random_cases import Case
from support.reference import Reference

from plant.entries import Configuration, Entry
from rules.engine import Engine, dump_state, load_state, make_plan, reconfigure
from rules.events import AlarmEvent


def decided(events: Sequence[AlarmEvent]) -> Counter[tuple[object, ...]]:
    return Counter(
        (e.alarm, e.event, e.at, e.side, e.level, e.severity, e.historical, frozenset(e.pending)) for e in events
    )


class Fold:
    """Runs a case through the engine; `at_once` entries are handed over together, `restart_at` entries in between."""

    def __init__(self, case: Case, at_once: int = 1, restarts: frozenset[int] = frozenset()) -> None:
        self.engine = Engine(make_plan(case.site, case.rules, case.registry))
        self.events: list[AlarmEvent] = []
        waiting: list[Entry] = []
        for i, (entry, rules) in enumerate(case.log):
            waiting.append(entry)
            if len(waiting) < at_once and not isinstance(entry, Configuration) and i not in restarts:
                continue
            self.events += self.engine.apply(waiting, more=True)
            waiting = []
            if isinstance(entry, Configuration):
                plan = make_plan(case.site, rules or (), case.registry)
                self.engine, ended = reconfigure(self.engine, plan, entry.received_at_ms)
                self.events += ended
            if i in restarts:
                self.engine = load_state(self.engine.plan, dump_state(self.engine))
        self.events += self.engine.apply(waiting, more=True) + self.engine.close()


def reference_events(case: Case) -> list[AlarmEvent]:
    reference = Reference(case.site, case.rules, case.registry)
    events = [event for entry, rules in case.log for event in reference.apply(entry, rules)]
    return events + reference.close()
