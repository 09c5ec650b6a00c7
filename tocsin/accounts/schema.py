"""The file of the accounts: its tables, and how it is opened. Only the console and the command line write it."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

_BUSY_S: Final = 30.0
_APPLICATION: Final = 0x746F6361
"""Stands in the file's header, so that another database is not taken for accounts ("toca")."""

_VERSION_1: Final = """
CREATE TABLE users (
    name TEXT PRIMARY KEY, display_name TEXT NOT NULL, role TEXT NOT NULL, scope_kind TEXT NOT NULL,
    scope_id TEXT NOT NULL, language TEXT NOT NULL, contact TEXT NOT NULL, disabled INTEGER NOT NULL DEFAULT 0,
    password TEXT, oidc_subject TEXT UNIQUE, made_at INTEGER NOT NULL, signed_in_at INTEGER
) WITHOUT ROWID;

CREATE TABLE one_time_links (
    digest BLOB PRIMARY KEY, user TEXT REFERENCES users (name), kind TEXT NOT NULL, made_by TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE sessions (
    digest BLOB PRIMARY KEY, id TEXT NOT NULL UNIQUE, user TEXT NOT NULL REFERENCES users (name),
    made_at INTEGER NOT NULL, seen_at INTEGER NOT NULL, address TEXT NOT NULL, agent TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (user);

CREATE TABLE tokens (
    digest BLOB PRIMARY KEY, id TEXT NOT NULL UNIQUE, user TEXT NOT NULL REFERENCES users (name), name TEXT NOT NULL,
    permissions TEXT, enterprises TEXT, made_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, used_at INTEGER
) WITHOUT ROWID;
CREATE INDEX tokens_by_user ON tokens (user);

CREATE TABLE oidc_flows (
    digest BLOB PRIMARY KEY, browser BLOB NOT NULL, nonce TEXT NOT NULL, verifier TEXT NOT NULL, next TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE attempts (key TEXT PRIMARY KEY, count INTEGER NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE trail (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL,
    about TEXT NOT NULL, detail TEXT NOT NULL, address TEXT NOT NULL
);
CREATE TRIGGER trail_is_not_changed BEFORE UPDATE ON trail BEGIN SELECT RAISE (ABORT, 'rows are only added'); END;
CREATE TRIGGER trail_is_not_cut BEFORE DELETE ON trail BEGIN SELECT RAISE (ABORT, 'rows are only added'); END
"""

_MIGRATIONS: Final = (_VERSION_1,)
"""The nth brings a file from version n to n + 1."""


class AccountsFileError(Exception):
    """The file of accounts can't be used. The text says why."""


class AccountsFile:
    """One connection that threads take in turn."""

    def __init__(self, path: Path) -> None:
        """Open the file, made where it is not there and brought up to date. AccountsFileError if that can't be done."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._turn = threading.RLock()
        path.touch(mode=0o600)
        self._db = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            self._set_up()
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise AccountsFileError(f"{path}: {error}") from error
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        with self._turn:
            self._db.close()

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """All of the block or, on any error, nothing of it. Within another such block it is a part of that one."""
        with self._turn:
            if self._db.in_transaction:
                yield self._db
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk has ended it already
                    self._db.execute("ROLLBACK")
                raise

    def rows(self, query: str, *values: object) -> list[Any]:
        """What a query finds."""
        with self._turn:
            return self._db.execute(query, values).fetchall()

    def row(self, query: str, *values: object) -> Any:
        """The first row that a query finds, or None."""
        with self._turn:
            return self._db.execute(query, values).fetchone()

    def _set_up(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")
        with self.changing() as db:
            application, version = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in _HEADER)
            if application != _APPLICATION and db.execute("SELECT count(*) FROM sqlite_master").fetchone() != (0,):
                raise AccountsFileError(f"{self._path}: not a file of accounts")
            if version > len(_MIGRATIONS):
                raise AccountsFileError(f"{self._path}: of version {version}, this is for {len(_MIGRATIONS)}")
            for migration in _MIGRATIONS[version:]:
                for statement in _statements(migration):
                    db.execute(statement)
            db.execute(f"PRAGMA application_id = {_APPLICATION}")
            db.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")


_HEADER: Final = ("application_id", "user_version")


def _statements(script: str) -> Iterator[str]:
    """A trigger's own semicolon does not end its statement."""
    statement = ""
    for part in script.split(";"):
        statement += part + ";"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
