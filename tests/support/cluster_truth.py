"""What one process would have decided of the logs that a cluster wrote, and the alarm book that it would have."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from heapq import merge
from pathlib import Path
from typing import Any, NamedTuple

from support.steps_log import Played, book_records, travelled

from alerts.machine import State
from alerts.record import AlarmRecord
from plant.entries import Configuration, Entry, Readings, SourceDown, SourceUp
from plant.registry import PointRegistry
from rules.engine import Engine, make_plan
from rules.events import AlarmEvent
from tocsin.book import BookReader
from tocsin.configuration import Configured
from tocsin.database import Place
from tocsin.kafka.division import Division
from tocsin.kafka.steps import Steps
from tocsin.kafka.topics import Shard

Key = tuple[object, ...]


class Truth:
    """One engine over the whole site, undivided, under one version of the configuration."""

    def __init__(self, configured: Configured, partitions: int) -> None:
        self.configured = configured
        self.registry = PointRegistry(configured.site.points)
        self.division = Division(configured.site, configured.rules, self.registry, partitions)

    def of_each(self, logs: Sequence[Sequence[Entry]]) -> list[AlarmEvent]:
        """An embedded run over each shard's log by itself; of its events those on what the shard answers for."""
        return [event for shard, log in enumerate(logs) for event in self._decide(log) if self._is_of(shard, event)]

    def of_merged(self, logs: Sequence[Sequence[Entry]]) -> list[AlarmEvent]:
        """One embedded run over the logs of all partitions as one, by time; the second stage's is left out.

        Every partition has a connection of its own, so sources are named after both.
        """
        named = [[_named(entry, shard) for entry in log] for shard, log in enumerate(logs[:-1])]
        return self._decide(merge(*named, key=lambda entry: entry.received_at_ms))

    def _decide(self, log: Iterable[Entry]) -> list[AlarmEvent]:
        return Engine(make_plan(self.configured.site, self.configured.rules, self.registry)).apply(list(log))

    def _is_of(self, shard: Shard, event: AlarmEvent) -> bool:
        if not self.division.is_told(shard, event.rule):
            return False
        return shard == self.division.second_stage or self.division.shard_of(event.enterprise) == shard


class Booked(NamedTuple):
    """What the alarm book has of one alarm."""

    rule: str
    record: AlarmRecord
    events: list[tuple[int, AlarmEvent]]


Book = Mapping[str, Booked]


def book_of(place: Place) -> Book:
    """By alarm."""
    reader = BookReader.open_for_reading(place)
    try:
        found = {}
        for record in reader.alarms(set(State), limit=1_000_000):
            events = [(one.numbered.n, one.numbered.event) for one in reader.events_of(record.alarm)]
            found[record.alarm] = Booked(record.rule, record, events)
        return found
    finally:
        reader.close()


def embedded_book(path: Path, truth: Truth, logs: Sequence[Sequence[Entry]]) -> Book:
    """The book of one process that decides the same, in a file."""
    events = sorted(truth.of_each(logs), key=lambda event: event.received_at)
    begins_ms = min(log[0].received_at_ms for log in logs)
    digest = truth.configured.digest
    steps = [Steps(0, 0, begins_ms, (Configuration(begins_ms, "site", digest, version=1),))]
    steps += [Steps(0, i, event.received_at, (event,)) for i, event in enumerate(events, 1)]
    book_records(path, Played([], steps, {1: truth.configured}), travelled(steps))
    return book_of(path)


def _named(entry: Entry, shard: Shard) -> Entry:
    if isinstance(entry, Readings | SourceUp | SourceDown):
        return replace(entry, source=f"{entry.source}/{shard}")
    return entry


def counted(events: Iterable[AlarmEvent]) -> Counter[Key]:
    """What must be equal of events, and how often each was."""
    return Counter((e.alarm, e.event, e.at, e.level, e.severity) for e in events)


def differing(found: Counter[Any], wanted: Counter[Any]) -> tuple[list[str], list[str]]:
    """The first few that are not there, and that are too many: two empty lists where all is well."""
    return sorted(map(str, wanted - found))[:5], sorted(map(str, found - wanted))[:5]


def without(events: Iterable[AlarmEvent], rules: Collection[str]) -> Iterator[AlarmEvent]:
    """Those of other rules."""
    return (event for event in events if event.rule not in rules)
