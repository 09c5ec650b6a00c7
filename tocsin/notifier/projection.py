"""Records of the topic `steps` become commits of the alarm book. Pure: the same records give the same commits, however
they are cut.

The book's position is the offset in `steps` (it has gaps). Its clock is the latest that any shard has told: shards run
a little apart, and a step that comes late is taken at once, with the time that its shard gave it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from alerts.ground import Ground
from plant.entries import Act, Configuration, Position
from tocsin.book import Commit
from tocsin.book.results import BookStep
from tocsin.book.times import EntryTimes
from tocsin.configuration import Configured
from tocsin.kafka.steps import Steps
from tocsin.kafka.topics import Shard

Numbered = tuple[Position, Steps]
"""A record and its offset in `steps`."""

Resolve = Callable[[int], Configured]
"""The configuration of a version's number. LookupError if it is not kept."""


Mark = tuple[Position, int]
"""An entry of a shard's log, and the part of what it came to."""

_NOTHING: Final[Mark] = (-1, -1)


class Origin(NamedTuple):
    """Where an act was written, and where it stands in the book's log: who asked looks there for the answer."""

    shard: Shard
    offset: Position
    position: Position


@dataclass(frozen=True, slots=True)
class Reached:
    """What is known between commits, beside the book."""

    version: int = 0
    """Of the configuration in force; 0 where none is yet."""
    clock_ms: int = 0
    marks: dict[Shard, Mark] = field(default_factory=dict)
    """The last of each shard whose steps are in."""


class Piece(NamedTuple):
    """A stretch under one configuration: to be committed together with what was reached by it."""

    commit: Commit
    reached: Reached
    origins: tuple[Origin, ...]
    records: int
    again: int
    """Records that were in already, and so passed over."""


class Projection:
    """For one thread. After a piece could not be committed, make it anew from what the book says."""

    def __init__(self, resolve: Resolve, reached: Reached) -> None:
        """LookupError if the version in force is not kept."""
        self._resolve = resolve
        self.reached = reached
        self.configured: Configured | None = None
        """What is in force; None before the first record that names a version."""
        self._ground = Ground()
        if reached.version:
            self._stand_on(resolve(reached.version))

    @property
    def ground(self) -> Ground:
        """What the configuration in force says of alarms."""
        return self._ground

    def take(self, records: Sequence[Numbered]) -> Iterator[Piece]:
        """Fold records in the order of their offsets. LookupError if they name a version that is not kept: nothing of
        the piece in which it stands is taken then, and the same may be tried again.
        """
        gathered: list[Numbered] = []
        seen = dict(self.reached.marks)
        for numbered in records:
            gathered.append(numbered)
            version = self._switch(numbered[1], seen)
            if not version:
                continue
            configured = self._resolve(version)  # before anything is taken
            if not self.reached.version:
                # As over one log, what is named first holds for its own entry already.
                if gathered[:-1]:
                    yield self._piece(gathered[:-1])
                self._stand_on(configured)
                gathered = gathered[-1:]
            yield self._piece(gathered)
            self._stand_on(configured)
            gathered = []
        if gathered:
            yield self._piece(gathered)

    def _switch(self, record: Steps, seen: dict[Shard, Mark]) -> int:
        """The version that takes effect with this record, 0 if none does."""
        if record.offset >= 0:
            if _mark(record) <= seen.get(record.shard, _NOTHING):
                return 0
            seen[record.shard] = _mark(record)
        versions = [step.version for step in record.steps if isinstance(step, Configuration)]
        newest = max(versions, default=0)
        return newest if newest > self.reached.version else 0

    def _piece(self, records: Sequence[Numbered]) -> Piece:
        reached, again = self.reached, 0
        steps: list[tuple[Position, BookStep]] = []
        origins: list[Origin] = []
        times: list[tuple[Position, int]] = []
        marks = dict(reached.marks)
        clock_ms, version = reached.clock_ms, reached.version
        for position, record in records:
            clock_ms = max(clock_ms, record.clock_ms)
            times.append((position, clock_ms))
            if record.offset >= 0:
                if _mark(record) <= marks.get(record.shard, _NOTHING):
                    again += 1  # a log that was decided twice
                    continue
                marks[record.shard] = _mark(record)
            for step in record.steps:
                if isinstance(step, Configuration):
                    # Every shard switches by itself; the book switches with the first of them.
                    if step.version <= version:
                        continue
                    version = step.version
                steps.append((position, step))
                if isinstance(step, Act) and record.offset >= 0:
                    origins.append(Origin(record.shard, record.offset, position))
        self.reached = Reached(version, clock_ms, marks)
        last = records[-1][0]
        commit = Commit(last + 1, steps, self._ground, clock_ms, EntryTimes.of(times))
        return Piece(commit, self.reached, tuple(origins), len(records), again)

    def _stand_on(self, configured: Configured) -> None:
        if configured is not self.configured:
            self.configured, self._ground = configured, configured.ground()


def _mark(record: Steps) -> Mark:
    return record.offset, record.part
