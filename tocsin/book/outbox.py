"""The outbox in the alarm book: what is owed to whom, what was tried, and what was given up.

It has a connection of its own, used in one thread, so that the alarm path never waits for a delivery. Its commits
are not synced one by one: a power cut may forget the last delivery, which is then sent again under its old id.
"""

import sqlite3
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple, Self

import msgspec

from alerts.channels.port import Item, Notice, Outcome
from tocsin.book.schema import open_reader, open_writer, transaction


class Due(NamedTuple):
    """A notice whose time has come. `first_at_ms` is when it was first tried, None if never."""

    seq: int
    target: str
    alarm: str
    attempts: int
    first_at_ms: int | None
    notice: Notice


class DeadLetter(NamedTuple):
    """A notice that was given up, shown until somebody puts it back."""

    target: str
    event_id: str
    queued_at_ms: int
    ended_at_ms: int
    attempts: int
    error: str


class Delivery(NamedTuple):
    """One attempt to deliver one event."""

    target: str
    event_id: str
    attempt: int
    at_ms: int
    status: int | None
    answer: str
    error: str


class Backlog(NamedTuple):
    """What one target is owed, and what was given up."""

    due: int
    dead: int
    oldest_due_ms: int | None


_DUE = """
SELECT o.seq, o.alarm, o.n, o.attempts, o.first_at, e.name, e.at, e.form
FROM outbox AS o JOIN events AS e ON e.alarm = o.alarm AND e.n = o.n
WHERE o.target = ? AND o.state = 'due' AND o.next_at <= ? AND NOT EXISTS (
    SELECT 1 FROM outbox AS p WHERE p.target = o.target AND p.alarm = o.alarm AND p.state = 'due' AND p.seq < o.seq
)
ORDER BY o.next_at, o.seq LIMIT ?
"""


class Outbox:
    """Use one in one thread at a time."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    @classmethod
    def open_for_writing(cls, path: Path) -> Self:
        """For the dispatcher, and for putting back dead letters. BookError if the file can't be used."""
        return cls(open_writer(path, durable=False))

    @classmethod
    def open_for_reading(cls, path: Path) -> Self:
        """For showing backlog, dead letters and deliveries while the service runs."""
        return cls(open_reader(path))

    def close(self) -> None:
        self._db.close()

    def due(self, target: str, now_ms: int, limit: int) -> list[Due]:
        """Notices to send now, at most one an alarm: the oldest that is owed, so that order is kept."""
        return [
            Due(seq, target, alarm, attempts, first_at, _notice(f"{alarm}.{n}", name, at, form))
            for seq, alarm, n, attempts, first_at, name, at, form in self._db.execute(_DUE, (target, now_ms, limit))
        ]

    def next_at_ms(self, target: str, now_ms: int) -> int | None:
        """When the next notice that waits becomes due, None if none waits."""
        row = self._db.execute(
            "SELECT min(next_at) FROM outbox WHERE target = ? AND state = 'due' AND next_at > ?", (target, now_ms)
        ).fetchone()
        return None if row[0] is None else int(row[0])

    def record(self, due: Due, outcome: Outcome, at_ms: int, retry_at_ms: int | None) -> None:
        """Write down an attempt made at `at_ms`. A failed one is tried again at `retry_at_ms`; None gives it up."""
        state = "delivered" if outcome.delivered else "dead" if retry_at_ms is None else "due"
        db = self._db
        with transaction(db):
            db.execute(
                "INSERT INTO deliveries (target, alarm, n, attempt, at, status, answer, error)"
                " SELECT target, alarm, n, attempts + 1, ?, ?, ?, ? FROM outbox WHERE seq = ?",
                (at_ms, outcome.status, outcome.answer, outcome.error, due.seq),
            )
            db.execute(
                "UPDATE outbox SET state = ?, attempts = attempts + 1, first_at = coalesce(first_at, ?),"
                " next_at = coalesce(?, next_at), ended_at = ?, error = ? WHERE seq = ?",
                (state, at_ms, retry_at_ms, None if state == "due" else at_ms, outcome.error, due.seq),
            )
            if state == "due":
                # What waits behind it in the same alarm need not be looked at before.
                db.execute(
                    "UPDATE outbox SET next_at = ? WHERE target = ? AND alarm = ? AND state = 'due'",
                    (retry_at_ms, due.target, due.alarm),
                )

    def give_up_unknown(self, targets: Collection[str], now_ms: int) -> int:
        """Dead-letter what is owed to targets that are no longer configured; returns how many."""
        return self._db.execute(
            "UPDATE outbox SET state = 'dead', ended_at = ?, error = 'the target is no longer configured'"
            " WHERE state = 'due' AND target NOT IN (SELECT value FROM json_each(?))",
            (now_ms, msgspec.json.encode(sorted(targets)).decode()),
        ).rowcount

    def requeue(self, target: str) -> int:
        """Put a target's dead letters back, to be tried for another 24 h; returns how many."""
        return self._db.execute(
            "UPDATE outbox SET state = 'due', attempts = 0, first_at = NULL, next_at = 0, ended_at = NULL, error = ''"
            " WHERE state = 'dead' AND target = ?",
            (target,),
        ).rowcount

    def dead_letters(self, limit: int = 1000) -> list[DeadLetter]:
        """What was given up, the newest first."""
        rows = self._db.execute(
            "SELECT target, alarm || '.' || n, queued_at, ended_at, attempts, error FROM outbox"
            " WHERE state = 'dead' ORDER BY seq DESC LIMIT ?",
            (limit,),
        )
        return [DeadLetter(*row) for row in rows]

    def deliveries(self, event_id: str) -> list[Delivery]:
        """Every attempt to deliver one event, in order."""
        alarm, _, n = event_id.rpartition(".")
        rows = self._db.execute(
            "SELECT target, alarm || '.' || n, attempt, at, status, answer, error FROM deliveries"
            " WHERE alarm = ? AND n = ? ORDER BY seq",
            (alarm, n),
        )
        return [Delivery(*row) for row in rows]

    def backlog(self) -> dict[str, Backlog]:
        """By target, what is owed and what was given up. Targets with neither are left out."""
        rows = self._db.execute(
            "SELECT target, sum(state = 'due'), sum(state = 'dead'), min(CASE state WHEN 'due' THEN queued_at END)"
            " FROM (SELECT target, state, queued_at FROM outbox WHERE state = 'due'"
            " UNION ALL SELECT target, state, queued_at FROM outbox WHERE state = 'dead') GROUP BY target"
        )
        return {target: Backlog(due, dead, oldest) for target, due, dead, oldest in rows}


def _notice(event_id: str, name: str, at: int, form: str) -> Notice:
    fields = msgspec.json.decode(form)
    return Notice(event_id, (Item(event_id, name, fields["enterprise"], fields["subject"], at, form.encode()),))
