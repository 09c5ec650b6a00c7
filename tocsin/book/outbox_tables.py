"""The tables of the outbox in the alarm book's file: what is owed, when each recipient may be told, what was tried."""

from typing import Final

from tocsin.database import Database

STATES: Final = ("held", "due", "sending", "delivered", "dead", "withdrawn", "rejected")
"""held: an approver is asked. sending: a message that carries it is on its way, or was when the process ended."""

NAMED, URGENT, OTHER, DIGEST, AGAIN = range(5)
"""How soon a row may go (`haste`): alerts.pacing's kinds, and one whose message failed and goes again as it was."""

HASTE_OF_ROW: Final = (
    f"CASE WHEN named = 1 THEN {NAMED} WHEN urgent = 1 THEN {URGENT} WHEN bundle <> '' THEN {DIGEST} ELSE {OTHER} END"
)
"""The haste of a row that was not tried, in SQL."""

TABLES: Final = """
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, channel TEXT NOT NULL, contact TEXT NOT NULL DEFAULT '',
    ways TEXT NOT NULL DEFAULT '', way INTEGER NOT NULL DEFAULT 0,
    alarm TEXT NOT NULL, n INTEGER NOT NULL, purpose TEXT NOT NULL DEFAULT 'alarm',
    route TEXT NOT NULL DEFAULT '', rung INTEGER NOT NULL DEFAULT 0,
    urgent INTEGER NOT NULL DEFAULT 0, named INTEGER NOT NULL DEFAULT 0, bundle TEXT NOT NULL DEFAULT '',
    approvers TEXT NOT NULL DEFAULT '', settled TEXT NOT NULL DEFAULT '',
    queued_at INTEGER NOT NULL, not_before INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'due'
        CHECK (state IN ('held', 'due', 'sending', 'delivered', 'dead', 'withdrawn', 'rejected')),
    haste INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0, first_at INTEGER, ended_at INTEGER,
    message TEXT NOT NULL DEFAULT '', listed INTEGER NOT NULL DEFAULT 0,
    unwanted TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT '', reported INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX outbox_due ON outbox (channel, contact, haste, next_at, seq) WHERE state = 'due';
CREATE INDEX outbox_order ON outbox (channel, contact, alarm, seq) WHERE state = 'due';
CREATE INDEX outbox_held ON outbox (seq) WHERE state = 'held';
CREATE INDEX outbox_dead ON outbox (channel, seq) WHERE state = 'dead';
CREATE INDEX outbox_unreported ON outbox (seq) WHERE state = 'dead' AND reported = 0;
CREATE INDEX outbox_message ON outbox (message) WHERE message <> '' AND state IN ('due', 'sending');
CREATE INDEX outbox_by_event ON outbox (alarm, n);

CREATE TABLE lanes (
    channel TEXT, contact TEXT, ready_at INTEGER NOT NULL,
    named_at INTEGER NOT NULL DEFAULT 0, named_gap INTEGER NOT NULL DEFAULT 0,
    urgent_at INTEGER NOT NULL DEFAULT 0, urgent_gap INTEGER NOT NULL DEFAULT 0,
    other_at INTEGER NOT NULL DEFAULT 0, other_gap INTEGER NOT NULL DEFAULT 0,
    digest_at INTEGER NOT NULL DEFAULT 0, digest_gap INTEGER NOT NULL DEFAULT 0,
    throttles INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (channel, contact)
) WITHOUT ROWID;
CREATE INDEX lanes_ready ON lanes (channel, ready_at);

CREATE TABLE attempts (
    seq INTEGER PRIMARY KEY, message TEXT NOT NULL, channel TEXT NOT NULL, contact TEXT NOT NULL DEFAULT '',
    at INTEGER NOT NULL, result TEXT NOT NULL CHECK (result IN ('delivered', 'failed', 'throttled', 'skipped')),
    status INTEGER, provider_id TEXT NOT NULL DEFAULT '', answer TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '', receipt TEXT NOT NULL DEFAULT 'none', receipt_at INTEGER,
    receipt_text TEXT NOT NULL DEFAULT ''
);
CREATE INDEX attempts_by_time ON attempts (channel, at);

CREATE TABLE receipts (
    channel TEXT, provider_id TEXT, attempt INTEGER, contact TEXT NOT NULL, sent_at INTEGER NOT NULL,
    came_at INTEGER, delivered INTEGER, PRIMARY KEY (channel, provider_id, attempt)
) WITHOUT ROWID;
CREATE INDEX receipts_pending ON receipts (channel, sent_at) WHERE came_at IS NULL;
CREATE INDEX receipts_by_attempt ON receipts (attempt);

CREATE TABLE attempt_rows (row INTEGER, attempt INTEGER, PRIMARY KEY (row, attempt)) WITHOUT ROWID;
CREATE INDEX attempt_rows_by_attempt ON attempt_rows (attempt);
"""
"""A row of `outbox` is a call (alerts/call.py), or an event that a webhook is told of: then `ways` and `contact` are
empty. A lane is the calls of one recipient over one channel. A message that a provider took in several parts has a
row of `receipts` for each."""

CARRIED: Final = ("outbox", "lanes", "attempts", "attempt_rows", "receipts")
"""Tables that the log does not decide: a book made anew takes them over whole, with their `seq`."""

_FROM_2 = """
DROP INDEX outbox_due; DROP INDEX outbox_order; DROP INDEX outbox_dead; DROP INDEX deliveries_by_event;
ALTER TABLE outbox RENAME TO outbox_2;
ALTER TABLE deliveries RENAME TO deliveries_2
"""
_MOVED = """
INSERT INTO outbox (seq, key, channel, alarm, n, queued_at, state, attempts, first_at, next_at, ended_at, error,
    reported)
SELECT seq, target || '/' || alarm || '.' || n, target, alarm, n, queued_at, state, attempts, first_at, next_at,
    ended_at, error, 1
FROM outbox_2;
INSERT INTO attempts (seq, message, channel, at, result, status, answer, error)
SELECT seq, alarm || '.' || n, target, at, iif(error = '', 'delivered', 'failed'), status, answer, error
FROM deliveries_2;
INSERT INTO attempt_rows (row, attempt)
SELECT o.seq, d.seq FROM deliveries_2 AS d JOIN outbox_2 AS o USING (target, alarm, n);
DROP TABLE deliveries_2; DROP TABLE outbox_2
"""


def create_outbox(db: Database) -> None:
    """Make the tables, within the caller's transaction."""
    _run(db, TABLES)


def migrate_outbox(db: Database) -> None:
    """Bring the outbox and the deliveries of a book of version 2 into these tables, within the caller's transaction."""
    _run(db, _FROM_2)
    _run(db, TABLES)
    _run(db, _MOVED)


def drop_orphans(db: Database) -> None:
    """Drop what is owed for events that the book does not have, and what was tried of it: there is nothing to send."""
    db.execute(
        "DELETE FROM outbox WHERE NOT EXISTS"
        " (SELECT 1 FROM events AS e WHERE e.alarm = outbox.alarm AND e.n = outbox.n)"
    )
    db.execute("DELETE FROM attempt_rows WHERE row NOT IN (SELECT seq FROM outbox)")
    db.execute("DELETE FROM attempts WHERE seq NOT IN (SELECT attempt FROM attempt_rows)")
    db.execute("DELETE FROM receipts WHERE attempt NOT IN (SELECT seq FROM attempts)")


def _run(db: Database, script: str) -> None:
    for statement in script.split(";"):
        db.execute(statement)
