"""Random logs through shards, as bridges would have written them: what n shards and the second stage decide."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from support.random_cases import Case

from plant.entries import Configuration, Entry, Tick
from rules.engine import Engine, make_plan, reconfigure
from rules.events import AlarmEvent
from rules.schema import Rule
from tocsin.kafka.division import Division
from tocsin.kafka.records import decode, encode
from tocsin.kafka.steps import Steps
from tocsin.worker.divided import Divided
from tocsin.worker.shard import ShardFold

LISTENING_MS = 2000
"""Entries further apart are a pause of the whole service; a shard must see the same pauses."""


class Versions:
    """Configurations by number."""

    def __init__(self, case: Case, partitions: int) -> None:
        self.case, self.partitions = case, partitions
        self.rules: list[tuple[Rule, ...]] = []
        self._made: dict[int, Divided] = {}

    def put(self, rules: tuple[Rule, ...]) -> int:
        self.rules.append(rules)
        return len(self.rules)

    def get(self, version: int) -> Divided:
        if version not in self._made:
            rules = self.rules[version - 1]
            division = Division(self.case.site, rules, self.case.registry, self.partitions)
            self._made[version] = Divided(version, division, self.case.registry.numbers)
        return self._made[version]

    @property
    def divisions_stay(self) -> bool:
        """Whether no rule and no unit moves between the stages."""
        made = [self.get(version + 1).division for version in range(len(self.rules))]
        units = [frozenset(division.site_of(self.partitions).units) for division in made]
        return all(d.spanning_rules == made[0].spanning_rules for d in made) and len(set(units)) == 1


def spread(case: Case, versions: Versions) -> list[Entry]:
    """The case's entries with strictly increasing times, its first rules as version 1 before them."""
    at_ms = case.log[0][0].received_at_ms - 1
    entries: list[Entry] = [Configuration(at_ms, "site", "0", version=versions.put(case.rules))]
    for entry, rules in case.log:
        at_ms = max(at_ms + 1, entry.received_at_ms)
        entry = replace(entry, received_at_ms=at_ms)
        if isinstance(entry, Configuration):
            entry = replace(entry, version=versions.put(rules or ()))
        entries.append(entry)
    return entries


def embedded(case: Case, versions: Versions, entries: Sequence[Entry]) -> list[AlarmEvent]:
    """What one engine decides over the whole log."""
    engine = Engine(make_plan(case.site, case.rules, case.registry))
    events: list[AlarmEvent] = []
    for entry in entries:
        events += engine.apply([entry])
        if isinstance(entry, Configuration) and entry.version > 1:
            plan = make_plan(case.site, versions.rules[entry.version - 1], case.registry)
            engine, ended = reconfigure(engine, plan, entry.received_at_ms)
            events += ended
    return events


def dealt(entries: Sequence[Entry], versions: Versions, rng: Random, ticks: float = 0.2) -> list[list[Entry]]:
    """The log of each shard, the second stage's last; ticks where they must be, and so often where not."""
    shards = versions.partitions + 1
    logs: list[list[Entry]] = [[] for _ in range(shards)]
    division = versions.get(1).division
    times = [entry.received_at_ms for entry in entries]
    for i, entry in enumerate(entries):
        if isinstance(entry, Configuration):
            division = versions.get(entry.version).division
        parts = dict(division.split(entry))
        before = times[i] - times[i - 1] if i else 0
        after = times[i + 1] - times[i] if i + 1 < len(times) else LISTENING_MS + 1
        for shard, log in enumerate(logs):
            if shard in parts:
                log.append(parts[shard])
                continue
            gap = times[i] + after - log[-1].received_at_ms
            if max(before, after, gap) > LISTENING_MS or rng.random() < ticks:
                log.append(Tick(times[i]))
    return logs


def folded(shard: int, log: Sequence[Entry], versions: Versions, rng: Random) -> list[Steps]:
    """A shard's steps: taken in groups, dumped and loaded, and given entries twice, at random places."""
    fold = ShardFold(shard, versions.get)
    steps: list[Steps] = []
    at = 0
    numbered = [(i, decode(encode(entry))) for i, entry in enumerate(log)]
    while at < len(log):
        upto = at + rng.choice([1, 1, 3, 10, 1000])
        steps += fold.apply(numbered[max(0, at - rng.choice([0, 0, 2])) : upto])
        at = min(upto, len(log))
        assert fold.next == at
        if rng.random() < 0.3:
            fold = ShardFold.load(shard, versions.get, fold.dump())
    return steps


def events_of(steps: Sequence[Steps]) -> Iterator[AlarmEvent]:
    return (step for one in steps for step in one.steps if isinstance(step, AlarmEvent))
