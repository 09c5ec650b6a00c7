"""The tables of an alarm book in a file of SQLite: made, and brought up to date."""

from typing import Final

import msgspec

from alerts.record import AlarmRecord
from tocsin.book.facts import fill_facts, has_facts
from tocsin.book.outbox_tables import create_outbox, migrate_outbox
from tocsin.book.tables import TABLES
from tocsin.database.sqlite import SqliteDatabase

SCHEMA_VERSION: Final = 3
EARLIER: Final = (1, 2)
"""Books of these versions can be read, and are brought up to date when they are opened for writing: the first lacks
_SUPPRESSED, both have an outbox of another form."""

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE alarms (
    alarm TEXT PRIMARY KEY, state TEXT NOT NULL, severity TEXT NOT NULL, peak_severity TEXT NOT NULL,
    enterprise TEXT NOT NULL, raised_at INTEGER NOT NULL, record TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX alarms_open ON alarms (raised_at, state, severity) WHERE state <> 'closed';
CREATE INDEX alarms_by_time ON alarms (raised_at);

CREATE TABLE events (
    seq INTEGER PRIMARY KEY, alarm TEXT NOT NULL, n INTEGER NOT NULL, position INTEGER NOT NULL,
    name TEXT NOT NULL, at INTEGER NOT NULL, received_at INTEGER NOT NULL, raised_at INTEGER NOT NULL,
    latching INTEGER NOT NULL, form TEXT NOT NULL, readings TEXT NOT NULL, UNIQUE (alarm, n)
);

CREATE TABLE actions (
    seq INTEGER PRIMARY KEY, position INTEGER NOT NULL, received_at INTEGER NOT NULL, action TEXT NOT NULL,
    alarm TEXT NOT NULL, by TEXT NOT NULL, comment TEXT NOT NULL, until INTEGER, refused TEXT
);
CREATE INDEX actions_by_alarm ON actions (alarm);

CREATE TABLE refused_events (
    seq INTEGER PRIMARY KEY, position INTEGER NOT NULL, alarm TEXT NOT NULL, form TEXT NOT NULL, reason TEXT NOT NULL
);
"""

_SUPPRESSED = """
CREATE TABLE overrides (
    seq INTEGER PRIMARY KEY, alarm TEXT NOT NULL, kind TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER,
    by TEXT NOT NULL
);
CREATE INDEX overrides_by_alarm ON overrides (alarm);
CREATE TABLE parents (rule TEXT, subject TEXT, alarm TEXT NOT NULL, PRIMARY KEY (rule, subject)) WITHOUT ROWID;
CREATE TABLE quiet (
    alarm TEXT PRIMARY KEY, rule TEXT NOT NULL, subject TEXT NOT NULL, parent TEXT, since INTEGER NOT NULL,
    due INTEGER, active INTEGER NOT NULL
) WITHOUT ROWID;
"""


def create(db: SqliteDatabase) -> None:
    """Make the tables in a new file."""
    with db.transaction():
        if db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
            for statement in (_TABLES + _SUPPRESSED).split(";"):
                db.execute(statement)
            create_outbox(db)
            for statement in TABLES:
                db.execute(statement)
            db.executemany("INSERT INTO meta VALUES (?, ?)", [("schema_version", SCHEMA_VERSION), ("position", 0)])


def bring_up_to_date(db: SqliteDatabase, version: int) -> None:
    """Do what a book of this version lacks."""
    if version in EARLIER:
        _bring_up_to_date(db, version)
    if not has_facts(db):
        _fill_facts(db)


def _bring_up_to_date(db: SqliteDatabase, version: int) -> None:
    with db.transaction():
        for statement in _SUPPRESSED.split(";") if version == 1 else ():
            db.execute(statement)
        migrate_outbox(db)
        for statement in TABLES:
            db.execute(statement)
        _write_records_anew(db)
        db.execute("INSERT INTO meta SELECT 'rolled_up_from', value FROM meta WHERE key = 'position'")
        db.execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", (SCHEMA_VERSION,))


def _write_records_anew(db: SqliteDatabase) -> None:
    """Give the alarms' records the fields that came since, so that they are what a rebuild would write."""
    last = ""
    query = "SELECT alarm, record FROM alarms WHERE alarm > ? ORDER BY alarm LIMIT 10000"
    while rows := db.execute(query, (last,)).fetchall():
        decoded = [(msgspec.json.decode(record, type=AlarmRecord), alarm) for alarm, record in rows]
        db.executemany(
            "UPDATE alarms SET record = ? WHERE alarm = ?",
            [(msgspec.json.encode(record).decode(), alarm) for record, alarm in decoded],
        )
        last = rows[-1][0]


def _fill_facts(db: SqliteDatabase) -> None:
    with db.transaction():
        if not has_facts(db):  # another process may have been quicker
            fill_facts(db)
