"""Alarm books as earlier versions left them."""

import sqlite3
from pathlib import Path

from tocsin.book.tables import PROJECTIONS

_OUTBOX_2 = """
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY, target TEXT NOT NULL, alarm TEXT NOT NULL, n INTEGER NOT NULL,
    queued_at INTEGER NOT NULL, state TEXT NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'delivered', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0, first_at INTEGER, next_at INTEGER NOT NULL DEFAULT 0, ended_at INTEGER,
    error TEXT NOT NULL DEFAULT '', UNIQUE (target, alarm, n)
);
CREATE INDEX outbox_due ON outbox (target, next_at, seq) WHERE state = 'due';
CREATE INDEX outbox_order ON outbox (target, alarm, seq) WHERE state = 'due';
CREATE INDEX outbox_dead ON outbox (target, seq) WHERE state = 'dead';
CREATE TABLE deliveries (
    seq INTEGER PRIMARY KEY, target TEXT NOT NULL, alarm TEXT NOT NULL, n INTEGER NOT NULL, attempt INTEGER NOT NULL,
    at INTEGER NOT NULL, status INTEGER, answer TEXT NOT NULL, error TEXT NOT NULL
);
CREATE INDEX deliveries_by_event ON deliveries (alarm, n);
"""


def make_version_2(path: Path) -> None:
    """Turn a book that only webhooks were told from back into one of version 2, with all that is owed and was tried."""
    db = sqlite3.connect(path)
    owed = db.execute(
        "SELECT seq, channel, alarm, n, queued_at, state, attempts, first_at, next_at, ended_at, error FROM outbox"
    ).fetchall()
    tried = db.execute(
        "SELECT a.seq, o.channel, o.alarm, o.n, row_number() OVER (PARTITION BY o.seq ORDER BY a.seq), a.at, a.status,"
        " a.answer, a.error FROM outbox AS o JOIN attempt_rows AS r ON r.row = o.seq JOIN attempts AS a"
        " ON a.seq = r.attempt"
    ).fetchall()
    for table in ("outbox", "lanes", "attempts", "attempt_rows", "receipts", "kept", "step_origins", *PROJECTIONS):
        db.execute(f"DROP TABLE {table}")
    db.executescript(_OUTBOX_2)
    db.executemany("INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", owed)
    db.executemany("INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", tried)
    db.execute("UPDATE meta SET value = 2 WHERE key = 'schema_version'")
    db.commit()
    db.close()
