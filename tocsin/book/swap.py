"""A book made anew takes the place of the kept one, which nobody may have open to write meanwhile."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tocsin.book.schema import BookError, BookPlace, exists, open_writer
from tocsin.database import Database, PostgresAddress

_IN_USE_S = 1.0


class Swap(Protocol):
    """Where the kept book is (None: there is none), and where the new one is made."""

    @property
    def kept(self) -> BookPlace | None: ...

    @property
    def fresh(self) -> BookPlace: ...

    def filled(self) -> None:
        """The new book is whole and closed."""
        ...

    def done(self) -> None:
        """Put it in place of the kept one, for good."""
        ...


@contextmanager
def claimed(place: BookPlace) -> Iterator[Swap]:
    """Nothing stands where the new book is made. BookError if the kept one is open elsewhere, or no book."""
    if isinstance(place, Path):
        yield _Files(place)
        return
    from tocsin.database.postgres import PostgresDatabase

    db = PostgresDatabase(place, "manage")
    try:
        kept = exists(place)
        if kept:
            open_writer(place).close()  # brought up to date
        if not db.claim():
            raise BookError(f"{place}: the book is in use")
        yield _Schemas(db, place, place if kept else None)
    finally:
        db.close()


class _Files:
    def __init__(self, path: Path) -> None:
        self._path = path
        self.fresh = path.with_name(path.name + ".rebuilt")
        for suffix in ("", "-wal", "-shm"):
            self.fresh.with_name(self.fresh.name + suffix).unlink(missing_ok=True)
        self.kept = path if path.exists() else None
        if self.kept is not None:
            _end_wal(path)
            open_writer(path).close()  # brought up to date, where it is of an earlier version
            _end_wal(path)

    def filled(self) -> None:
        _end_wal(self.fresh)

    def done(self) -> None:
        _sync(self.fresh)
        os.replace(self.fresh, self._path)
        _sync(self._path.parent)


class _Schemas:
    def __init__(self, db: Database, address: PostgresAddress, kept: PostgresAddress | None) -> None:
        self._db = db
        self._name = address.schema
        self.kept = kept
        self.fresh = address._replace(schema=f"{address.schema}_rebuilt")
        db.execute(f"DROP SCHEMA IF EXISTS {self.fresh.schema} CASCADE")

    def filled(self) -> None:
        pass

    def done(self) -> None:
        with self._db.transaction():
            self._db.execute(f"DROP SCHEMA IF EXISTS {self._name} CASCADE")
            self._db.execute(f"ALTER SCHEMA {self.fresh.schema} RENAME TO {self._name}")


def _end_wal(path: Path) -> None:
    """Fold the write-ahead file into the book, so that the book is one file. BookError if it is open elsewhere."""
    db = sqlite3.connect(path, timeout=_IN_USE_S, isolation_level=None)
    try:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:
        raise BookError(f"{path}: the book is in use: {error}") from error
    except sqlite3.DatabaseError as error:
        raise BookError(f"{path}: {error}; move the file away, then rebuild") from error
    finally:
        db.close()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
