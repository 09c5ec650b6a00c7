"""What can be asked of the outbox, also while the service runs: what is owed, what was tried, what was given up."""

from typing import Final, NamedTuple, Self

import msgspec

from tocsin.book.schema import SCHEMA_VERSION, BookError, BookPlace, open_reader
from tocsin.database import Database


class DeadLetter(NamedTuple):
    """A notice that was given up, shown until somebody puts it back."""

    target: str
    event_id: str
    queued_at_ms: int
    ended_at_ms: int
    attempts: int
    error: str
    key: str = ""
    contact: str = ""


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


class OwedCall(msgspec.Struct, frozen=True):
    """A row of the outbox as it stands. Times are ms since the epoch."""

    key: str
    alarm: str
    n: int
    purpose: str
    channel: str
    contact: str
    state: str
    queued_at: int
    not_before: int
    next_at: int
    attempts: int
    ended_at: int | None
    route: str
    rung: int
    urgent: bool
    message: str
    counted: bool
    """It was not named in its message, but counted there."""
    approvers: str
    settled: str
    error: str


class Proof(msgspec.Struct, frozen=True):
    """One attempt to tell somebody of an event: to whom, what, when, and what the provider said."""

    event_id: str
    purpose: str
    key: str
    message: str
    together: int
    """How many events went with it."""
    channel: str
    contact: str
    at: int
    result: str
    status: int | None
    provider_id: str
    answer: str
    error: str
    receipt: str
    receipt_at: int | None
    receipt_text: str


_CALLS: Final = """
SELECT key, alarm, n, purpose, channel, contact, state, queued_at, not_before, next_at, attempts, ended_at, route, rung,
    urgent, message, message <> '' AND listed = 0 AND state IN ('sending', 'delivered'), approvers, settled, error
FROM outbox
"""
_PROOF: Final = """
SELECT o.alarm || '.' || o.n, o.purpose, o.key, a.message,
    (SELECT count(*) FROM attempt_rows AS s WHERE s.attempt = a.seq),
    a.channel, a.contact, a.at, a.result, a.status, a.provider_id, a.answer, a.error, a.receipt, a.receipt_at,
    a.receipt_text
FROM outbox AS o JOIN attempt_rows AS r ON r.row = o.seq JOIN attempts AS a ON a.seq = r.attempt
"""


class OutboxReader:
    """Use one in one thread at a time."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @classmethod
    def open_for_reading(cls, place: BookPlace) -> Self:
        """BookError if there is no book, or one that no service of this version has opened yet."""
        db = open_reader(place)
        (version,) = db.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
        if version != SCHEMA_VERSION:
            db.close()
            raise BookError(f"{place}: book of version {version}: the service brings it up to {SCHEMA_VERSION}")
        return cls(db)

    def close(self) -> None:
        self._db.close()

    def dead_letters(self, limit: int = 1000) -> list[DeadLetter]:
        """What was given up, the newest first."""
        rows = self._db.execute(
            "SELECT channel, alarm || '.' || n, queued_at, ended_at, attempts, error, key, contact FROM outbox"
            " WHERE state = 'dead' ORDER BY seq DESC LIMIT ?",
            (limit,),
        )
        return [DeadLetter(*row) for row in rows]

    def deliveries(self, event_id: str) -> list[Delivery]:
        """Every attempt to deliver one event, in order; attempts are numbered over each row that is owed."""
        alarm, _, n = event_id.rpartition(".")
        rows = self._db.execute(
            "SELECT a.channel, o.alarm || '.' || o.n, row_number() OVER (PARTITION BY o.seq ORDER BY a.seq), a.at,"
            " a.status, a.answer, a.error FROM outbox AS o JOIN attempt_rows AS r ON r.row = o.seq"
            " JOIN attempts AS a ON a.seq = r.attempt WHERE o.alarm = ? AND o.n = ? ORDER BY a.seq",
            (alarm, int(n) if n.isdecimal() else 0),
        )
        return [Delivery(*row) for row in rows]

    def proof(self, alarm: str, limit: int = 1000) -> list[Proof]:
        """Every attempt to tell anybody of an alarm, in order."""
        rows = self._db.execute(_PROOF + " WHERE o.alarm = ? ORDER BY a.seq LIMIT ?", (alarm, limit))
        return [Proof(*row) for row in rows]

    def proof_of_rule(self, rule: str, since_ms: int, limit: int = 1000) -> list[Proof]:
        """Every attempt to tell anybody of alarms of a rule that were raised from then on, the newest first."""
        rows = self._db.execute(
            _PROOF + " JOIN alarms AS l ON l.alarm = o.alarm WHERE l.raised_at >= ?"
            " AND json_extract(l.record, '$.rule') = ? ORDER BY a.seq DESC LIMIT ?",
            (since_ms, rule, limit),
        )
        return [Proof(*row) for row in rows]

    def calls(self, alarm: str | None = None, state: str | None = None, limit: int = 1000) -> list[OwedCall]:
        """What is or was owed: of one alarm in order; else the newest first."""
        asked = {"alarm = ?": alarm, "state = ?": state}
        given = {clause: value for clause, value in asked.items() if value is not None}
        order = "seq" if alarm is not None else "seq DESC"
        rows = self._db.execute(
            f"{_CALLS} WHERE {' AND '.join(given) or '1 = 1'} ORDER BY {order} LIMIT ?", (*given.values(), limit)
        )
        names = OwedCall.__struct_fields__
        return [msgspec.convert(dict(zip(names, row, strict=True)), OwedCall, strict=False) for row in rows]

    def backlog(self) -> dict[str, Backlog]:
        """By target, what is owed and what was given up. Targets with neither are left out."""
        rows = self._db.execute(
            "SELECT channel, count(*) FILTER (WHERE state <> 'dead'), count(*) FILTER (WHERE state = 'dead'),"
            " min(CASE WHEN state <> 'dead' THEN queued_at END)"
            " FROM (SELECT channel, state, queued_at FROM outbox WHERE state = 'due'"
            " UNION ALL SELECT channel, state, queued_at FROM outbox"
            " WHERE message <> '' AND state IN ('due', 'sending') AND state = 'sending'"
            " UNION ALL SELECT channel, state, queued_at FROM outbox WHERE state = 'dead') AS one GROUP BY channel"
        )
        return {target: Backlog(due, dead, oldest) for target, due, dead, oldest in rows}
