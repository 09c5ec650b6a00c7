"""The one writer of the alarm book: a commit of the log becomes alarms, events and notices owed, in one transaction."""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import msgspec
from msgspec.structs import replace

from alerts.fold import Step, fold
from alerts.record import AlarmRecord, NumberedEvent, Policy
from alerts.suppression import Effect, Release, Suppressed
from alerts.targets import Target
from plant.entries import Position
from rules.events import AlarmEvent, event_json
from tocsin.book.outbox_queue import WebhookRow, queue
from tocsin.book.quiet import load_suppression, save_suppression, write_override
from tocsin.book.reader import BookReader
from tocsin.book.schema import open_writer, transaction


class Refusal(NamedTuple):
    """A step that changed nothing, and why."""

    position: Position
    step: Step
    reason: str


class Committed(NamedTuple):
    """What a commit did. `queued` counts the notices owed by it: when it is not 0, wake the dispatcher."""

    events: tuple[NumberedEvent, ...]
    refused: tuple[Refusal, ...]
    queued: int


class AlarmBook(BookReader):
    """The alarm book, open for writing. One process at a time, one thread at a time."""

    def __init__(self, db: sqlite3.Connection, targets: Sequence[Target] = ()) -> None:
        super().__init__(db)
        self._targets = tuple(targets)
        self._suppression = load_suppression(db)
        names = [target.name for target in targets]
        if len(set(names)) < len(names):
            raise ValueError(f"two targets of one name among {', '.join(names)}, give each its own")

    @classmethod
    def open_for_writing(cls, path: Path, targets: Sequence[Target] = (), *, durable: bool = True) -> Self:
        """Open the book at `path`, making it where there is none. BookError if it is of another version."""
        return cls(open_writer(path, durable=durable), targets)

    @property
    def connection(self) -> sqlite3.Connection:
        """For `tocsin book rebuild`."""
        return self._db

    def commit(
        self,
        position: Position,
        steps: Iterable[tuple[Position, Step]],
        policy: Policy,
        clock_ms: int | None = None,
        *,
        queue: bool = True,
    ) -> Committed:
        """Take the steps and remember that all log entries before `position` are in; when it returns, both are durable.

        `steps` are (position of the entry, engine event or operator action) in the order of the log. Steps of entries
        that are in already are passed over, so committing twice does nothing twice. `policy` is that of the rule set
        in force, `clock_ms` the engine's clock after these entries (None: that of the last step); without `queue`
        nobody is told. ValueError if a step's entry is not before `position`; then, and on
        any other error, nothing changed.
        """
        try:
            with transaction(self._db):
                done = self.position
                fresh = [(at, step) for at, step in steps if at >= done]
                for at, _ in fresh:
                    if at >= position:
                        raise ValueError(f"a step of entry {at} in a commit up to {position}")
                committed = self._take(fresh, policy, clock_ms, self._targets if queue else ())
                if position > done:
                    self._db.execute("UPDATE meta SET value = ? WHERE key = 'position'", (position,))
        except BaseException:
            self._suppression = load_suppression(self._db)
            raise
        return committed

    def is_due(self, clock_ms: int | None) -> bool:
        """Whether a commit with this clock would do something, though it has no steps."""
        return clock_ms is not None and self._suppression.next_due <= clock_ms

    def _take(
        self,
        steps: Sequence[tuple[Position, Step]],
        policy: Policy,
        clock_ms: int | None,
        targets: Sequence[Target],
    ) -> Committed:
        records = self._records({step.alarm for _, step in steps})
        changed: dict[str, AlarmRecord] = {}
        told: list[tuple[Position, NumberedEvent, AlarmRecord]] = []
        notices: list[tuple[NumberedEvent, AlarmRecord] | Release] = []

        def put(effects: list[Effect]) -> None:
            for effect in effects:
                write_override(self._db, effect)
                if isinstance(effect, Release):
                    notices.append(effect)
                    continue
                record = records.get(effect.alarm) or self.alarm(effect.alarm)
                if record is not None:
                    parent = effect.parent if isinstance(effect, Suppressed) else None
                    records[effect.alarm] = changed[effect.alarm] = replace(record, suppressed_by=parent)

        refused: list[Refusal] = []
        actions: list[tuple[object, ...]] = []
        quiet = self._suppression
        for position, step in steps:
            # Waits end before what comes after them; one due at this time, after it.
            put(quiet.pass_time(_received_at(step) - 1, policy.above))
            record, events, why = fold(records.get(step.alarm), step, policy)
            if record is not None and why is None:
                records[step.alarm] = changed[step.alarm] = record
                told += [(position, event, record) for event in events]
                is_quiet = step.alarm in quiet.quiet
                if isinstance(step, AlarmEvent):
                    put(quiet.take(step, policy.above, is_above=policy.is_above(step.rule)))
                if not is_quiet and step.alarm not in quiet.quiet:
                    notices += [(event, record) for event in events]
            if why is not None:
                refused.append(Refusal(position, step, why))
            if not isinstance(step, AlarmEvent):
                actions.append(
                    (position, step.received_at_ms, step.action, step.alarm, step.by, step.comment, step.until_ms, why)
                )
        if clock_ms is not None:
            put(quiet.pass_time(clock_ms, policy.above))
        save_suppression(self._db, quiet)
        write_alarms(self._db, changed.values())
        self._write_events(told)
        self._db.executemany(
            "INSERT INTO actions (position, received_at, action, alarm, by, comment, until, refused)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            actions,
        )
        self._db.executemany(
            "INSERT INTO refused_events (position, alarm, form, reason) VALUES (?, ?, ?, ?)",
            [
                (at, step.alarm, event_json(step).decode(), why)
                for at, step, why in refused
                if isinstance(step, AlarmEvent)
            ],
        )
        return Committed(tuple(event for _, event, _ in told), tuple(refused), self._queue(notices, targets))

    def _records(self, alarms: set[str]) -> dict[str, AlarmRecord]:
        rows = self._db.execute(
            "SELECT alarm, record FROM alarms WHERE alarm IN (SELECT value FROM json_each(?))",
            (msgspec.json.encode(sorted(alarms)).decode(),),
        )
        return {alarm: msgspec.json.decode(record, type=AlarmRecord) for alarm, record in rows}

    def _write_events(self, told: Iterable[tuple[Position, NumberedEvent, AlarmRecord]]) -> None:
        self._db.executemany(
            "INSERT INTO events (alarm, n, position, name, at, received_at, raised_at, latching, form, readings)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    event.alarm,
                    n,
                    position,
                    event.event,
                    event.at,
                    event.received_at,
                    event.raised_at,
                    record.latching,
                    event_json(event).decode(),
                    msgspec.json.encode(event.readings).decode(),
                )
                for position, (n, event), record in told
            ],
        )

    def _queue(self, notices: Sequence[tuple[NumberedEvent, AlarmRecord] | Release], targets: Sequence[Target]) -> int:
        owed: list[WebhookRow] = []
        for notice in notices if targets else ():
            if isinstance(notice, Release):
                record, numbers, at = self.alarm(notice.alarm), self._numbers_of(notice), notice.at
            else:
                (n, event), record = notice
                numbers, at = [n], event.received_at
            if record is not None:
                owed += [WebhookRow(t.name, record.alarm, n, at) for n in numbers for t in targets if t.wants(record)]
        # An event of a released alarm may be owed already.
        queue(self._db, (), owed)
        return len(owed)

    def _numbers_of(self, release: Release) -> list[int]:
        """The events of a released alarm up to then."""
        rows = self._db.execute(
            "SELECT n FROM events WHERE alarm = ? AND received_at <= ? ORDER BY n", (release.alarm, release.at)
        )
        return [n for (n,) in rows]


def _received_at(step: Step) -> int:
    return step.received_at if isinstance(step, AlarmEvent) else step.received_at_ms


def write_alarms(db: sqlite3.Connection, records: Iterable[AlarmRecord]) -> None:
    """Put the records in place of what the book says of their alarms, within the caller's transaction."""
    db.executemany(
        "INSERT OR REPLACE INTO alarms (alarm, state, severity, peak_severity, enterprise, raised_at, record)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                r.alarm,
                r.state,
                r.severity,
                r.peak_severity,
                r.enterprise,
                r.raised_at,
                msgspec.json.encode(r).decode(),
            )
            for r in records
        ],
    )
