"""The file of the alarm book: its tables, and how it is opened."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from alerts.record import AlarmRecord
from tocsin.book.facts import fill_facts, has_facts
from tocsin.book.outbox_tables import create_outbox, migrate_outbox
from tocsin.book.tables import PROJECTIONS as OF_VERSION_3
from tocsin.book.tables import TABLES

SCHEMA_VERSION = 3
_BEFORE = (1, 2)
"""Books of these versions can be read, and are brought up to date when they are opened for writing: the first lacks
_SUPPRESSED, both have an outbox of another form."""
PROJECTIONS = ("alarms", "events", "actions", "refused_events", "overrides", *OF_VERSION_3)
"""Tables that the log alone decides."""

_BUSY_S = 30.0

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


class BookError(Exception):
    """The alarm book can't be used as asked. The text says why and what helps."""


def open_writer(path: Path, *, durable: bool = True) -> sqlite3.Connection:
    """Open the book for writing, making it where it is not there. BookError if that can't be done.

    `durable` syncs every commit to the disk; without, a commit survives the end of the process but the last ones
    may not survive a power cut. Use the connection in one thread at a time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(
        path.absolute().as_uri(), uri=True, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
    )
    with _closed_on_error(db, path):
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        _create(db)
        version = _check_version(db, path)
        if version in _BEFORE:
            _bring_up_to_date(db, version)
        if not has_facts(db):
            _fill_facts(db)
    return db


def open_reader(path: Path) -> sqlite3.Connection:
    """Open the book read-only, also while it is written. BookError if there is none."""
    if not path.exists():
        raise BookError(f"{path}: there is no alarm book")
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
    )
    with _closed_on_error(db, path):
        _check_version(db, path)
    return db


@contextmanager
def _closed_on_error(db: sqlite3.Connection, path: Path) -> Iterator[None]:
    """What goes wrong while a book is opened leaves no connection behind; the database's errors name the file."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        db.close()
        raise BookError(f"{path}: {error}") from error
    except BaseException:
        db.close()
        raise


@contextmanager
def transaction(db: sqlite3.Connection, *, keep: bool = True) -> Iterator[None]:
    """All of the block or, on any error, nothing of it; without `keep` nothing of it either way."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT" if keep else "ROLLBACK")
    except BaseException:
        if db.in_transaction:  # a full disk has ended it already
            db.execute("ROLLBACK")
        raise


def _create(db: sqlite3.Connection) -> None:
    with transaction(db):
        if db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
            for statement in (_TABLES + _SUPPRESSED).split(";"):
                db.execute(statement)
            create_outbox(db)
            for statement in TABLES:
                db.execute(statement)
            db.executemany("INSERT INTO meta VALUES (?, ?)", [("schema_version", SCHEMA_VERSION), ("position", 0)])


def _bring_up_to_date(db: sqlite3.Connection, version: int) -> None:
    with transaction(db):
        for statement in _SUPPRESSED.split(";") if version == 1 else ():
            db.execute(statement)
        migrate_outbox(db)
        for statement in TABLES:
            db.execute(statement)
        _write_records_anew(db)
        db.execute("INSERT INTO meta SELECT 'rolled_up_from', value FROM meta WHERE key = 'position'")
        db.execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", (SCHEMA_VERSION,))


def _write_records_anew(db: sqlite3.Connection) -> None:
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


def _fill_facts(db: sqlite3.Connection) -> None:
    with transaction(db):
        if not has_facts(db):  # another process may have been quicker
            fill_facts(db)


def _check_version(db: sqlite3.Connection, path: Path) -> int:
    try:
        row = db.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise
        row = None
    if row is None:
        raise BookError(f"{path}: not an alarm book")
    if row[0] not in (*_BEFORE, SCHEMA_VERSION):
        raise BookError(f"{path}: book of version {row[0]}, this is for {SCHEMA_VERSION}; `tocsin book rebuild` helps")
    return int(row[0])
