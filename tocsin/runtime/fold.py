"""Folds the log: engine events and operators' actions, in the order of the log, under the configuration in force."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence

from alerts.ground import Ground
from plant.entries import Act, Configuration, Entry, Position, Readings
from plant.registry import PointRegistry
from rules.engine import Engine, make_plan, reconfigure
from tocsin.book import Commit
from tocsin.book.results import BookStep
from tocsin.book.times import EntryTimes
from tocsin.configuration import Configured

Numbered = tuple[Position, Entry]
Resolve = Callable[[str], Configured]
"""The configuration of a digest. LookupError if it is not kept."""

GROUP_READINGS = 65_536
GROUP_ENTRIES = 4_096


class Fold:
    """The engine and what it goes by. The same entries in the same order give the same commits, however cut."""

    def __init__(self, configured: Configured, engine: Engine, registry: PointRegistry, resolve: Resolve) -> None:
        self.configured = configured
        self.digest = configured.digest
        self.engine = engine
        self.ground: Ground = configured.ground()
        self._registry = registry
        self._resolve = resolve
        self._prepared: tuple[str, Configured, Engine, Ground] | None = None

    @classmethod
    def fresh(
        cls, configured: Configured, registry: PointRegistry, resolve: Resolve, *, exercise: bool = False
    ) -> "Fold":
        """A fold that has seen no entry. `configured` holds until the first Configuration entry."""
        engine = Engine(make_plan(configured.site, configured.rules, registry), exercise=exercise)
        return cls(configured, engine, registry, resolve)

    def prepare(self, configured: Configured) -> None:
        """Compile what is about to come into force, so that its entry takes little time. From any thread."""
        ground = configured.ground()
        ground.warm()
        self._prepared = (configured.digest, configured, self._engine_of(configured), ground)

    def apply(self, items: Sequence[Numbered]) -> Iterator[Commit]:
        """Take entries in; one commit for each stretch under one configuration."""
        start = 0
        for i, (position, entry) in enumerate(items):
            if isinstance(entry, Configuration):
                commit = self._stretch(items[start : i + 1])
                # One commit: the book passes over what comes of an entry that it has already.
                yield commit._replace(steps=[*commit.steps, *self._configure(position, entry)])
                start = i + 1
        if start < len(items):
            yield self._stretch(items[start:])

    def _stretch(self, items: Sequence[Numbered]) -> Commit:
        events = self.engine.apply([entry for _, entry in items])
        steps: list[tuple[Position, BookStep]] = []
        times = [entry.received_at_ms for _, entry in items]
        if events:
            steps += [(items[bisect_right(times, event.received_at) - 1][0], event) for event in events]
        acts = [(position, entry) for position, entry in items if isinstance(entry, Act | Configuration)]
        if acts:
            steps += acts
            # Stable: what the clock brought about comes before the action of the same entry.
            steps.sort(key=lambda step: step[0])
        return Commit(items[-1][0] + 1, steps, self.ground, times[-1], EntryTimes(items[0][0], times))

    def _configure(self, position: Position, entry: Configuration) -> list[tuple[Position, BookStep]]:
        """Go on under another configuration; returns what ended with the old one."""
        if entry.digest == self.digest:
            return []
        prepared, self._prepared = self._prepared, None
        if prepared is not None and prepared[0] == entry.digest:
            _, configured, engine, ground = prepared
        else:
            configured = self._resolve(entry.digest)
            engine, ground = self._engine_of(configured), configured.ground()
        self.engine, ended = reconfigure(self.engine, engine, entry.received_at_ms)
        self.configured, self.digest, self.ground = configured, entry.digest, ground
        return [(position, event) for event in ended]

    def _engine_of(self, configured: Configured) -> Engine:
        plan = make_plan(configured.site, configured.rules, self._registry)
        return Engine(plan, exercise=self.engine.exercise)


def in_groups(
    items: Iterable[Numbered], most_readings: int = GROUP_READINGS, most_entries: int = GROUP_ENTRIES
) -> Iterator[list[Numbered]]:
    """Entries put together so that a fold costs little per entry; those of one received_at stay together."""
    group: list[Numbered] = []
    readings = 0
    for item in items:
        full = readings >= most_readings or len(group) >= most_entries
        if full and item[1].received_at_ms > group[-1][1].received_at_ms:
            yield group
            group, readings = [], 0
        group.append(item)
        if isinstance(item[1], Readings):
            readings += len(item[1].batch)
    if group:
        yield group
