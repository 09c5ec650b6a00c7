"""The alarm book's tables, and how it is opened: in a file of SQLite, or in a schema of a PostgreSQL server."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tocsin.book.sqlite_schema import EARLIER, SCHEMA_VERSION, bring_up_to_date, create
from tocsin.book.tables import PROJECTIONS as OF_VERSION_3
from tocsin.database import Database, Place, PostgresAddress, ServerAwayError, ServerError
from tocsin.database.sqlite import open_to_read, open_to_write

PROJECTIONS: Final = ("alarms", "events", "actions", "refused_events", "overrides", *OF_VERSION_3)
"""Tables that the log alone decides."""

BookPlace = Place
"""Where an alarm book is."""


__all__ = [
    "PROJECTIONS",
    "SCHEMA_VERSION",
    "BookError",
    "BookPlace",
    "exists",
    "migrate",
    "open_reader",
    "open_writer",
]


class BookError(Exception):
    """The alarm book can't be used as asked. The text says why and what helps."""


def open_writer(place: BookPlace, *, durable: bool = True) -> Database:
    """Open the book for writing, making it where it is not there. BookError if that can't be done.

    `durable` syncs every commit to the disk; without, a commit survives the end of the process but the last ones
    may not survive a power cut. Use the connection in one thread at a time.
    """
    if not isinstance(place, Path):
        migrate(place)
        with _refused(place):
            from tocsin.database.postgres import PostgresDatabase

            return _checked(PostgresDatabase(place, "write", durable=durable), place)
    with _refused(place):
        db = open_to_write(place, durable=durable)
        with _closed_on_error(db):
            create(db)
            bring_up_to_date(db, _check_version(db, place))
    return db


def open_reader(place: BookPlace) -> Database:
    """Open the book read-only, also while it is written. BookError if there is none."""
    if not isinstance(place, Path):
        with _refused(place):
            from tocsin.database.postgres import PostgresDatabase

            return _checked(PostgresDatabase(place, "read"), place)
    if not place.exists():
        raise BookError(f"{place}: there is no alarm book")
    with _refused(place):
        return _checked(open_to_read(place), place)


def migrate(address: PostgresAddress) -> bool:
    """Make the tables, or bring them up to date; whether there was something to do. BookError if that can't be done."""
    with _refused(address):
        from tocsin.book.postgres_schema import migrate_schema

        return migrate_schema(address)


def exists(place: BookPlace) -> bool:
    """Whether a book is there. BookError if the server can't be asked."""
    if isinstance(place, Path):
        return place.exists()
    with _refused(place):
        from tocsin.database.postgres import PostgresDatabase

        db = PostgresDatabase(place, "read")
        with _closed_on_error(db):
            found = db.has_table("meta")
        db.close()
        return found


@contextmanager
def _refused(place: BookPlace) -> Iterator[None]:
    """What a database says names the place."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise BookError(f"{place}: {error}") from error
    except ServerAwayError as error:
        raise BookError(f"{error}; can it be reached?") from error
    except ServerError as error:
        raise BookError(str(error)) from error


@contextmanager
def _closed_on_error(db: Database) -> Iterator[None]:
    """What goes wrong while a book is opened leaves no connection behind."""
    try:
        yield
    except BaseException:
        db.close()
        raise


def _checked(db: Database, place: BookPlace) -> Database:
    with _closed_on_error(db):
        _check_version(db, place)
    return db


def _check_version(db: Database, place: BookPlace) -> int:
    row = None
    if db.has_table("meta"):
        row = db.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
    if row is None:
        lacks = "not an alarm book" if isinstance(place, Path) else "there is no alarm book"
        raise BookError(f"{place}: {lacks}")
    if row[0] not in (*EARLIER, SCHEMA_VERSION):
        raise BookError(f"{place}: book of version {row[0]}, this is for {SCHEMA_VERSION}; `tocsin book rebuild` helps")
    return int(row[0])
