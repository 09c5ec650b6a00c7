"""The file of hazard reports: hazard_reports.sqlite in the data folder, written by the console's process only."""

import secrets
import sqlite3
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec

from tocsin.hazard_reports.record import HazardReport, NewReport, Reporter, ReportState, ReportStep

_BUSY_S: Final = 10.0
_TABLES: Final = (
    """
CREATE TABLE reports (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, state TEXT NOT NULL, text TEXT NOT NULL,
    unit TEXT NOT NULL, enterprise TEXT NOT NULL, place TEXT NOT NULL, lat REAL, lon REAL, received_at INTEGER NOT NULL,
    reported_at INTEGER, taken_by TEXT NOT NULL, share INTEGER NOT NULL, alarm TEXT NOT NULL, masked TEXT NOT NULL,
    key TEXT UNIQUE, content TEXT NOT NULL
)""",
    "CREATE INDEX reports_by_unit ON reports (unit, seq)",
    "CREATE INDEX reports_by_enterprise ON reports (enterprise, seq)",
    "CREATE TABLE reporters (report TEXT PRIMARY KEY, name TEXT NOT NULL, phone TEXT NOT NULL) WITHOUT ROWID",
    """
CREATE TABLE steps (
    report TEXT NOT NULL, n INTEGER NOT NULL, name TEXT NOT NULL, by TEXT NOT NULL, at INTEGER NOT NULL,
    why TEXT NOT NULL, PRIMARY KEY (report, n)
) WITHOUT ROWID""",
)
_VERSION: Final = 1
_COLUMNS: Final = (
    "id, kind, state, text, unit, enterprise, place, lat, lon, received_at, reported_at, taken_by, share, alarm, masked"
)


class HazardReportsFileError(Exception):
    """The file can't be used. The text says why."""


class ReusedKeyError(ValueError):
    """The idempotency key was used before, for another report."""


class HazardReportStore:
    """Thread-safe; made on first use, durable when a call returns. HazardReportsFileError, sqlite3.Error."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = threading.RLock()
        self._db: sqlite3.Connection | None = None

    def close(self) -> None:
        with self._turn:
            if self._db is not None:
                self._db.close()
                self._db = None

    def add(self, new: NewReport, by: str, at_ms: int, key: str | None = None) -> tuple[HazardReport, bool]:
        """(the report, whether it is new). The same `key` with the same content gives the report there is.

        ReusedKeyError: the key is another report's.
        """
        content = sha256(msgspec.json.encode(asdict(new), order="sorted")).hexdigest()
        with self._changing() as db:
            if key is not None:
                row = db.execute("SELECT id, content FROM reports WHERE key = ?", (key,)).fetchone()
                if row is not None:
                    if row[1] != content:
                        raise ReusedKeyError("the idempotency key was used for another report")
                    return self._one(db, row[0]), False
            report = f"h{secrets.token_hex(8)}"
            db.execute(
                f"INSERT INTO reports ({_COLUMNS}, key, content)"  # noqa: S608 - columns of ours
                " VALUES (?, ?, 'new', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?)",
                (report, new.kind, new.text, new.unit, new.enterprise, new.place, new.lat, new.lon, at_ms,
                 new.reported_at_ms, by, new.share, new.reporter.masked, key, content),
            )  # fmt: skip
            if new.reporter != Reporter():
                db.execute("INSERT INTO reporters VALUES (?, ?, ?)", (report, new.reporter.name, new.reporter.phone))
            self._note(db, report, "received", by, at_ms, "")
            return self._one(db, report), True

    def find(self, report: str) -> HazardReport | None:
        row = self._row(f"SELECT {_COLUMNS} FROM reports WHERE id = ?", report)  # noqa: S608
        return None if row is None else _report(row)

    def page(
        self,
        enterprises: Collection[str] | None,
        *,
        unit: str | None = None,
        states: Collection[ReportState] | None = None,
        shared_only: bool = False,
        before: int | None = None,
        limit: int = 100,
    ) -> tuple[list[HazardReport], int | None]:
        """(the newest first, the `before` of the next page or None). None of `enterprises`: all, and of none."""
        given = {
            "enterprise IN (SELECT value FROM json_each(?))": _texts(enterprises),
            "unit = ?": unit,
            "state IN (SELECT value FROM json_each(?))": _texts(states),
            "share = ?": 1 if shared_only else None,
            "seq < ?": before,
        }
        asked = {clause: value for clause, value in given.items() if value is not None}
        where = " AND ".join(asked) or "1"
        query = f"SELECT seq, {_COLUMNS} FROM reports WHERE {where} ORDER BY seq DESC LIMIT ?"  # noqa: S608
        with self._turn:
            rows = self._open().execute(query, (*asked.values(), limit + 1)).fetchall()
        more = rows[limit - 1][0] if len(rows) > limit else None
        return [_report(row[1:]) for row in rows[:limit]], more

    def steps(self, report: str) -> list[ReportStep]:
        with self._turn:
            query = "SELECT n, name, by, at, why FROM steps WHERE report = ? ORDER BY n"
            return [ReportStep(*row) for row in self._open().execute(query, (report,))]

    def reporter(self, report: str, by: str, at_ms: int) -> Reporter:
        """Who reported; that somebody looked is a step."""
        with self._changing() as db:
            row = db.execute("SELECT name, phone FROM reporters WHERE report = ?", (report,)).fetchone()
            self._note(db, report, "reporter", by, at_ms, "")
            return Reporter() if row is None else Reporter(*row)

    def move(
        self, report: str, name: str, state: ReportState | None, by: str, at_ms: int, why: str = "",
        *, alarm: str | None = None, share: bool | None = None,
    ) -> HazardReport:  # fmt: skip
        """A step: another state, alarm or share where given, and who did it."""
        with self._changing() as db:
            db.execute(
                "UPDATE reports SET state = coalesce(?, state), alarm = coalesce(?, alarm), share = coalesce(?, share)"
                " WHERE id = ?",
                (state, alarm, share, report),
            )
            self._note(db, report, name, by, at_ms, why)
            return self._one(db, report)

    def _note(self, db: sqlite3.Connection, report: str, name: str, by: str, at_ms: int, why: str) -> None:
        db.execute(
            "INSERT INTO steps SELECT ?1, coalesce(max(n), 0) + 1, ?2, ?3, ?4, ?5 FROM steps WHERE report = ?1",
            (report, name, by, at_ms, why),
        )

    def _one(self, db: sqlite3.Connection, report: str) -> HazardReport:
        return _report(db.execute(f"SELECT {_COLUMNS} FROM reports WHERE id = ?", (report,)).fetchone())  # noqa: S608

    def _row(self, query: str, *values: object) -> Any:
        with self._turn:
            return self._open().execute(query, values).fetchone()

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with self._turn:
            db = self._open()
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:  # a full disk has ended it already
                    db.execute("ROLLBACK")
                raise

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.touch(mode=0o600)
            db = sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
            try:
                _set_up(db, self._path)
            except BaseException:
                db.close()
                raise
            self._db = db
        return self._db


def _set_up(db: sqlite3.Connection, path: Path) -> None:
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("BEGIN IMMEDIATE")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version > _VERSION:
            raise HazardReportsFileError(f"{path}: of version {version}, this is for {_VERSION}")
        if version == 0:
            for statement in _TABLES:
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {_VERSION}")
        db.execute("COMMIT")
    except sqlite3.DatabaseError as error:
        raise HazardReportsFileError(f"{path}: {error}") from error


def _texts(given: Collection[str] | None) -> str | None:
    return None if given is None else msgspec.json.encode(sorted(given)).decode()


def _report(row: tuple[Any, ...]) -> HazardReport:
    id_, kind, state, text, unit, enterprise, place, lat, lon, received, reported, by, share, alarm, masked = row
    return HazardReport(
        id_, kind, ReportState(state), text, unit, enterprise, place, lat, lon, received, reported, by, bool(share),
        alarm, masked,
    )  # fmt: skip
