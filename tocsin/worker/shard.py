"""One shard decided: entries of its log in, what the alarm book and readers of alarms are told out. Pure.

The same entries give the same steps, however cut, and wherever the state was dumped and loaded in between.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Self, cast

import msgspec
import numpy as np

from plant.entries import Act, Configuration, DeviceDown, Entry, Position, Readings
from rules.engine import Engine, dump_state, load_state, make_plan, reconfigure
from rules.engine import State as EngineState
from rules.events import AlarmEvent
from rules.schema import Rule
from tocsin.inventory.health import DeviceHealth
from tocsin.kafka.arrival import after
from tocsin.kafka.steps import Step, Steps
from tocsin.kafka.topics import Shard
from tocsin.log.checkpoint_file import State, StateValue
from tocsin.worker.divided import Divide, Divided
from tocsin.worker.local_points import LocalPoints

Numbered = tuple[Position, Entry]

_SECOND_MS = 1000


class ShardFold:
    """The engine of one shard over the part of the site that is its own.

    next      the offset of the entry to take next; earlier ones are passed over
    last_ms   the time of the entry before it; None before the first
    version   of the configuration in force; 0 where none is known yet
    """

    def __init__(self, shard: Shard, divide: Divide, first: Position = 0) -> None:
        """A fold that has seen nothing; `first` is the oldest offset that the log still has."""
        self.shard = shard
        self.next = first
        self.last_ms: int | None = None
        self._divide = divide
        self._divided: Divided | None = None
        self._engine: Engine | None = None
        self._points = LocalPoints()
        self._health = DeviceHealth()
        """Kept in the checkpoints for who looks at devices; nothing is decided by it."""
        self._told_s = 0

    @property
    def version(self) -> int:
        return 0 if self._divided is None else self._divided.version

    @property
    def points(self) -> int:
        """How many points the shard has, or had."""
        return len(self._points.registry)

    def begin_under(self, version: int) -> None:
        """The version in force where the log begins, for a log whose first entries were dropped."""
        if self._divided is None:
            self._begin(self._divide(version))

    def apply(self, items: Sequence[Numbered]) -> list[Steps]:
        """Take entries in; returns what they came to, in their order.

        Times that do not increase are taken 1 ms after the entry before. LookupError if a configuration is not known;
        then nothing was taken.
        """
        fresh = [item for item in items if item[0] >= self.next]
        divided = self._versions(fresh)
        found: list[Steps] = []
        start = 0
        for i, (_, entry) in enumerate(fresh):
            if isinstance(entry, Configuration) and entry.version in divided:
                found += self._stretch(fresh[start : i + 1], divided.pop(entry.version))
                start = i + 1
        return found + self._stretch(fresh[start:], None)

    def dump(self) -> dict[str, StateValue]:
        """The whole state; arrays are copies."""
        state: dict[str, StateValue] = {
            "shard.next": self.next,
            "shard.last_ms": -1 if self.last_ms is None else self.last_ms,
            "shard.version": self.version,
            "shard.told_s": self._told_s,
            "shard.points": msgspec.msgpack.encode(list(self._points.registry.ids)),
        }
        if self._engine is not None:
            for name, value in dump_state(self._engine).items():
                state[name] = value.copy() if isinstance(value, np.ndarray) else value
            for name, value in self._health.dump().items():
                state[name] = value.copy() if isinstance(value, np.ndarray) else value
        return state

    @classmethod
    def load(cls, shard: Shard, divide: Divide, state: State) -> Self:
        """A fold that goes on from a dump. ValueError if it is of another shape; LookupError if its version is gone."""
        given: dict[str, Any] = dict(state)
        try:
            fold = cls(shard, divide, int(given["shard.next"]))
            fold.last_ms = None if given["shard.last_ms"] < 0 else int(given["shard.last_ms"])
            fold._told_s = int(given["shard.told_s"])
            fold._points = LocalPoints(msgspec.msgpack.decode(given["shard.points"], type=list[str]))
            version = int(given["shard.version"])
        except (KeyError, TypeError, msgspec.MsgspecError) as error:
            raise ValueError(f"not the state of a shard: {error!r}") from error
        if version:
            divided = divide(version)
            fold._engine = load_state(
                fold._plan_of(divided, divided.division.rules_of(shard)), cast(EngineState, given)
            )
            fold._divided = divided
            with suppress(ValueError):  # One of an earlier version does not tell: then it begins here.
                fold._health = DeviceHealth.load(given)
        return fold

    def _versions(self, items: Iterable[Numbered]) -> dict[int, Divided]:
        """Those that come into force with these entries; all are found before any entry is taken."""
        found: dict[int, Divided] = {}
        newest = self.version
        for _, entry in items:
            if isinstance(entry, Configuration) and entry.version > newest:
                newest = entry.version
                found[newest] = self._divide(newest)
        return found

    def _stretch(self, items: Sequence[Numbered], switch: Divided | None) -> list[Steps]:
        """Entries under one configuration; with `switch`, the last one puts that into force."""
        if not items:
            return []
        entries: list[Entry] = []
        for _, entry in items:
            taken = after(entry, self.last_ms)
            self.last_ms = taken.received_at_ms
            entries.append(taken)
        # What came before it was known what to make of it moves nothing but the time.
        known_from = 0 if self._engine is not None else len(entries) - 1
        if self._engine is None and switch is not None:
            self._begin(switch)
        events: list[AlarmEvent] = []
        if self._engine is not None:
            own = [self._own(entry) for entry in entries[known_from:]]
            events = self._engine.apply(own)
            if not self._is_second_stage:  # It has copies.
                self._health.apply(own)
        times = [entry.received_at_ms for entry in entries]
        steps: dict[int, list[Step]] = {}
        for event in self._told(events):
            steps.setdefault(bisect_right(times, event.received_at) - 1, []).append(event)
        for i, entry in enumerate(entries):
            if isinstance(entry, Act):
                steps.setdefault(i, []).append(entry)
        if switch is not None:
            here = steps.setdefault(len(entries) - 1, [])
            here.append(cast(Configuration, entries[-1]))
            here += self._switch(switch, times[-1])
        self.next = items[-1][0] + 1
        return list(self._steps(items, times, steps))

    def _steps(self, items: Sequence[Numbered], times: Sequence[int], steps: dict[int, list[Step]]) -> Iterator[Steps]:
        tells_time = self._is_second_stage
        for i in range(len(items)) if tells_time else sorted(steps):
            second = times[i] // _SECOND_MS
            if i in steps or second > self._told_s:
                self._told_s = second
                yield Steps(self.shard, items[i][0], times[i], tuple(steps.get(i, ())))

    @property
    def _is_second_stage(self) -> bool:
        return self._divided is not None and self.shard == self._divided.division.second_stage

    def _told(self, events: Iterable[AlarmEvent]) -> Iterator[AlarmEvent]:
        """Events that count where they come from this shard."""
        divided = self._divided
        return (e for e in events if divided is not None and divided.division.is_told(self.shard, e.rule))

    def _own(self, entry: Entry) -> Entry:
        if isinstance(entry, Readings):
            return replace(entry, batch=self._points.batch(entry.batch))
        if isinstance(entry, DeviceDown):
            return replace(entry, points=self._points.points(entry.points))
        return entry

    def _begin(self, divided: Divided) -> None:
        self._engine = Engine(self._plan_of(divided, divided.division.rules_of(self.shard)))
        self._divided = divided

    def _switch(self, divided: Divided, now_ms: int) -> list[AlarmEvent]:
        """Go on under another version; returns what ended with the old one."""
        before = self._divided
        if before is divided or before is None or self._engine is None:
            return []
        ended: list[AlarmEvent] = []
        moved = self._moved(before, divided)
        if moved:
            # Its alarms were, or will be, another shard's: nothing of them may be carried over here.
            stay = tuple(rule for rule in before.division.rules_of(self.shard) if rule.id not in moved)
            self._engine, ended = reconfigure(self._engine, self._plan_of(before, stay), now_ms)
        rules = divided.division.rules_of(self.shard)
        self._engine, more = reconfigure(self._engine, self._plan_of(divided, rules), now_ms)
        told = list(self._told(ended + more))
        self._divided = divided
        return told

    def _moved(self, before: Divided, now: Divided) -> set[str]:
        """Rules that came to the second stage or left it, and all that name them. Elsewhere they are just not there."""
        if not self._is_second_stage:
            return set()
        old, new = before.division, now.division
        both = {rule.id for rule in old.rules} & {rule.id for rule in new.rules}
        moved = set(both & (old.spanning_rules ^ new.spanning_rules))
        while more := {rule.id for rule in old.rules if rule.id not in moved and moved & set(_named(rule))}:
            moved |= more
        return moved

    def _plan_of(self, divided: Divided, rules: Sequence[Rule]) -> Any:
        site = divided.division.site_of(self.shard)
        self._points.follow(site.points, divided.numbers)
        return make_plan(site, rules, self._points.registry)


def _named(rule: Rule) -> Iterator[str]:
    """The rules that a rule's condition names."""
    vote, sequence = rule.condition.vote, rule.condition.sequence
    if vote is not None:
        yield vote.rule
    if sequence is not None:
        yield from (sequence.first.rule, sequence.then.rule)
