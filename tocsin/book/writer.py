"""The one writer of the alarm book: a commit of the log becomes alarms, events and notices owed, in one transaction."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple, Self

import msgspec

from alerts.ground import Ground
from alerts.machine import OPEN
from alerts.record import AlarmRecord, NumberedEvent, Policy
from alerts.targets import Target
from plant.entries import OperatorAction, Position
from rules.events import AlarmEvent
from tocsin.book.outbox_queue import settle
from tocsin.book.parts import Parts
from tocsin.book.reader import BookReader
from tocsin.book.results import BookStep, Refusal, Results
from tocsin.book.schema import BookPlace, open_writer
from tocsin.book.taking import Taking
from tocsin.book.times import EntryTimes
from tocsin.book.written import write_owed, write_results
from tocsin.database import AMONG, Database

_ALL = 1 << 31

Beside = Callable[[Database], None]
"""Statements in the transaction of a commit."""


class Committed(NamedTuple):
    """What a commit did. `queued` counts the notices owed by it: when it is not 0, wake the dispatcher."""

    events: tuple[NumberedEvent, ...]
    refused: tuple[Refusal, ...]
    queued: int


class AlarmBook(BookReader):
    """The alarm book, open for writing. One process at a time, one thread at a time."""

    def __init__(self, db: Database, targets: Sequence[Target] = ()) -> None:
        super().__init__(db)
        self._targets = tuple(targets)
        self._loaded: Parts | None = Parts(db)
        names = [target.name for target in targets]
        if len(set(names)) < len(names):
            raise ValueError(f"two targets of one name among {', '.join(names)}, give each its own")

    @classmethod
    def open_for_writing(cls, place: BookPlace, targets: Sequence[Target] = (), *, durable: bool = True) -> Self:
        """Open the book at `place`, making it where there is none. BookError if it is of another version."""
        return cls(open_writer(place, durable=durable), targets)

    @property
    def connection(self) -> Database:
        """For `tocsin book rebuild`."""
        return self._db

    def commit(
        self,
        position: Position,
        steps: Iterable[tuple[Position, BookStep]],
        ground: Ground | Policy,
        clock_ms: int | None = None,
        times: EntryTimes | None = None,
        *,
        queue: bool = True,
        again: bool = False,
        beside: Beside | None = None,
    ) -> Committed:
        """Take the steps and remember that all log entries before `position` are in; when it returns, both are durable.

        `steps` are (position of the entry, engine event or act) in the order of the log. Steps of entries
        that are in already are passed over, so committing twice does nothing twice. `ground` is what the configuration
        in force says, `clock_ms` the engine's clock after these entries (None: that of the last step), `times` when
        each of them was received; without `queue` nobody is told. `beside` writes what else belongs to the commit,
        within its transaction. ValueError if a step's entry is not before
        `position`; then, and on any other error, nothing changed.
        """
        return self._commit(position, steps, ground, clock_ms, times, queue=queue, again=again, beside=beside)

    def rehearse(
        self, position: Position, steps: Iterable[tuple[Position, BookStep]], ground: Ground | Policy
    ) -> Committed:
        """What a commit would do. Nothing changes."""
        try:
            return self._commit(position, steps, ground, None, None, queue=False, keep=False)
        finally:
            self._loaded = None

    def has_to(self, ground: Ground | Policy, clock_ms: int | None) -> bool:
        """Whether a commit without steps would do something: a wait is over, or another configuration is in force."""
        waited = clock_ms is not None and self._parts.next_due <= clock_ms
        return waited or self._ground(ground).digest != self._parts.digest

    def _commit(
        self,
        position: Position,
        steps: Iterable[tuple[Position, BookStep]],
        ground: Ground | Policy,
        clock_ms: int | None,
        times: EntryTimes | None,
        *,
        queue: bool,
        again: bool = False,
        keep: bool = True,
        beside: Beside | None = None,
    ) -> Committed:
        try:
            with self._db.transaction(keep=keep):
                done = self.position
                fresh = [(at, step) for at, step in steps if again or at >= done]
                for at, _ in fresh:
                    if at >= position:
                        raise ValueError(f"a step of entry {at} in a commit up to {position}")
                times = times or EntryTimes(max(position - 1, 0), ())
                committed = self._take(fresh, self._ground(ground), clock_ms, times, queue, again)
                if position > done:
                    self._db.execute("UPDATE meta SET value = ? WHERE key = 'position'", (position,))
                if beside is not None:
                    beside(self._db)
        except BaseException:
            self._loaded = None
            raise
        return committed

    @property
    def _parts(self) -> Parts:
        """What is known between commits; after an error it is loaded anew, as soon as the database can be asked."""
        if self._loaded is None:
            self._loaded = Parts(self._db)
        return self._loaded

    def _take(
        self,
        steps: Sequence[tuple[Position, BookStep]],
        ground: Ground,
        clock_ms: int | None,
        times: EntryTimes,
        queue: bool,
        again: bool,
    ) -> Committed:
        parts, results = self._parts, Results()
        known = self._records({s.alarm for _, s in steps if isinstance(s, AlarmEvent | OperatorAction)})
        find = partial(self._find, known)
        taking = Taking(parts, ground, times, find, partial(settle, self._db), results)
        if ground is not parts.ground:
            is_another = parts.digest != ground.digest
            parts.stand_on(ground, self.alarms(OPEN, _ALL))
            at = times.first_ms if times.first_ms is not None else clock_ms
            if is_another and at is not None:
                taking.reconfigured(times.entry_at(at), at)
        for position, step in steps:
            # Waits end before what comes after them; one due at this time, after it. A step that comes late, by the
            # clock of another shard, finds all ended that was due before it came.
            taking.pass_time(max(received_at(step) - 1, times.before(position) or 0))
            taking.step(position, step)
        if clock_ms is not None:
            taking.pass_time(clock_ms)
        parts.save(self._db)
        write_results(self._db, results, again=again)
        queued = write_owed(self._db, results, self._targets) if queue else 0
        return Committed(tuple(event for _, event, _ in results.told), tuple(results.refused), queued)

    def _ground(self, given: Ground | Policy) -> Ground:
        """A policy alone is that of a site with nothing in it."""
        if isinstance(given, Ground):
            return given
        if self._parts.ground.policy is given:
            return self._parts.ground
        return Ground(given)

    def _records(self, alarms: set[str]) -> dict[str, AlarmRecord | None]:
        rows = self._db.execute(
            f"SELECT alarm, record FROM alarms WHERE alarm {AMONG}",  # noqa: S608
            (self._db.listed(sorted(alarms)),),
        )
        found = {alarm: msgspec.json.decode(record, type=AlarmRecord) for alarm, record in rows}
        return {alarm: found.get(alarm) for alarm in alarms}

    def _find(self, known: dict[str, AlarmRecord | None], alarm: str) -> AlarmRecord | None:
        return known[alarm] if alarm in known else self.alarm(alarm)


def received_at(step: BookStep) -> int:
    """The engine's clock at a step (ms)."""
    return step.received_at if isinstance(step, AlarmEvent) else step.received_at_ms
