"""The audit trail in the alarm book's file: rows are only ever added, in order (alerts/audit.py is what they mean)."""

from collections.abc import Iterable, Iterator
from typing import Final

from alerts.audit import Audit, AuditEntry, chain
from plant.entries import Position
from tocsin.database import Database

_COLUMNS: Final = "seq, position, at, who, what, about, form, refused, previous, hash"
_AT_ONCE: Final = 1000

AUDIT_TABLES: Final = (
    """
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY, position INTEGER NOT NULL UNIQUE, at INTEGER NOT NULL, who TEXT NOT NULL,
    what TEXT NOT NULL, about TEXT NOT NULL, form TEXT NOT NULL, refused TEXT NOT NULL, previous TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE
)""",
    "CREATE INDEX audit_about ON audit (about, seq)",
    """
CREATE TRIGGER audit_in_order BEFORE INSERT ON audit
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit)
    OR NEW.previous <> coalesce((SELECT hash FROM audit ORDER BY seq DESC LIMIT 1), NEW.previous)
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to, at its end'); END""",
    """
CREATE TRIGGER audit_not_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is never changed'); END""",
    """
CREATE TRIGGER audit_not_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'nothing is taken from the audit trail'); END""",
)
"""Statements, one by one: semicolons stand in them."""


def append(db: Database, audits: Iterable[Audit]) -> None:
    """Add what is of entries that are not in yet, within the caller's transaction."""
    last = last_entry(db)
    done = -1 if last is None else last.position
    db.executemany(
        f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        [_row(entry) for entry in chain(last, (audit for audit in audits if audit.position > done))],
    )


def last_entry(db: Database) -> AuditEntry | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM audit ORDER BY seq DESC LIMIT 1").fetchone()  # noqa: S608
    return None if row is None else AuditEntry(*row)


def entries(db: Database, after: int = 0) -> Iterator[AuditEntry]:
    """The trail in order, from the entry behind number `after` on."""
    query = f"SELECT {_COLUMNS} FROM audit WHERE seq > ? ORDER BY seq LIMIT ?"  # noqa: S608
    while rows := db.execute(query, (after, _AT_ONCE)).fetchall():
        for row in rows:
            yield AuditEntry(*row)
        after = rows[-1][0]


def entry_at(db: Database, position: Position) -> AuditEntry | None:
    """What became of the log's entry at `position`."""
    row = db.execute(f"SELECT {_COLUMNS} FROM audit WHERE position = ?", (position,)).fetchone()  # noqa: S608
    return None if row is None else AuditEntry(*row)


def newest_entries(
    db: Database,
    limit: int,
    about: str | None = None,
    who: str | None = None,
    first_ms: int | None = None,
    end_ms: int | None = None,
) -> list[AuditEntry]:
    """The last `limit` entries of those asked for (None: of all), in order."""
    asked = {"about = ?": about, "who = ?": who, "at >= ?": first_ms, "at < ?": end_ms}
    given = {clause: value for clause, value in asked.items() if value is not None}
    where = " AND ".join(given) or "1 = 1"
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM audit WHERE {where} ORDER BY seq DESC LIMIT ?",  # noqa: S608
        (*given.values(), limit),
    )
    return [AuditEntry(*row) for row in rows][::-1]


def take_over_audit(db: Database, kept: str, first: Position) -> None:
    """Copy what came of the entries before `first` from the database `kept` beside this one, as it is."""
    db.execute(
        f"INSERT INTO audit ({_COLUMNS}) SELECT {_COLUMNS} FROM {kept}.audit WHERE position < ? ORDER BY seq",  # noqa: S608
        (first,),
    )


def _row(entry: AuditEntry) -> tuple[object, ...]:
    return tuple(getattr(entry, name) for name in entry.__struct_fields__)
