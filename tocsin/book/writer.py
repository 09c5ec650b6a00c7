"""The one writer of the alarm book: a commit of the log becomes alarms, events and notices owed, in one transaction."""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import msgspec

from alerts.fold import Step, fold
from alerts.record import AlarmRecord, NumberedEvent, Policy
from alerts.targets import Target
from plant.entries import Position
from rules.events import AlarmEvent, event_json
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
        self, position: Position, steps: Iterable[tuple[Position, Step]], policy: Policy, *, queue: bool = True
    ) -> Committed:
        """Take the steps and remember that all log entries before `position` are in; when it returns, both are durable.

        `steps` are (position of the entry, engine event or operator action) in the order of the log. Steps of entries
        that are in already are passed over, so committing twice does nothing twice. `policy` is that of the rule set
        in force; without `queue` nobody is told. ValueError if a step's entry is not before `position`; then, and on
        any other error, nothing changed.
        """
        with transaction(self._db):
            done = self.position
            fresh = [(at, step) for at, step in steps if at >= done]
            for at, _ in fresh:
                if at >= position:
                    raise ValueError(f"a step of entry {at} in a commit up to {position}")
            committed = self._take(fresh, policy, self._targets if queue else ())
            if position > done:
                self._db.execute("UPDATE meta SET value = ? WHERE key = 'position'", (position,))
        return committed

    def _take(self, steps: Sequence[tuple[Position, Step]], policy: Policy, targets: Sequence[Target]) -> Committed:
        records = self._records({step.alarm for _, step in steps})
        changed: dict[str, AlarmRecord] = {}
        told: list[tuple[Position, NumberedEvent, AlarmRecord]] = []
        refused: list[Refusal] = []
        actions: list[tuple[object, ...]] = []
        for position, step in steps:
            record, events, why = fold(records.get(step.alarm), step, policy)
            if record is not None and why is None:
                records[step.alarm] = changed[step.alarm] = record
                told += [(position, event, record) for event in events]
            if why is not None:
                refused.append(Refusal(position, step, why))
            if not isinstance(step, AlarmEvent):
                actions.append(
                    (position, step.received_at_ms, step.action, step.alarm, step.by, step.comment, step.until_ms, why)
                )
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
        return Committed(tuple(event for _, event, _ in told), tuple(refused), self._queue(told, targets))

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

    def _queue(self, told: Sequence[tuple[Position, NumberedEvent, AlarmRecord]], targets: Sequence[Target]) -> int:
        owed = [
            (target.name, event.alarm, n, event.received_at)
            for _, (n, event), record in told
            for target in targets
            if target.wants(record)
        ]
        self._db.executemany("INSERT INTO outbox (target, alarm, n, queued_at) VALUES (?, ?, ?, ?)", owed)
        return len(owed)


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
