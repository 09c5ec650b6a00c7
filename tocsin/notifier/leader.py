"""Exactly one notifier is active: the one that holds a lock in the alarm book's database.

The lock belongs to a session that PostgreSQL ends by itself once its owner has said nothing for STALLED_S: so a process
that is dead, stopped or cut off loses it. Who takes the lock raises the number in `meta`; everything that a leader
writes is checked against its own number within the transaction, so one that was taken for dead and wakes up writes
nothing any more, and sends nothing (tocsin.database, `fence`).
"""

from pathlib import Path
from typing import Any, Final, Protocol

from tocsin.book.schema import BookError, BookPlace, open_writer
from tocsin.database import PostgresAddress, ServerAwayError, ServerError
from tocsin.log.errors import LogLockedError
from tocsin.log.lock import WriteLock
from tocsin.notifier.kept import next_leader

STALLED_S: Final = 5
"""A leader that has said nothing for so long is one no more."""
HOLD_EVERY_S: Final = 1.0
TRY_EVERY_S: Final = 0.5

_LEADING: Final = 7_103
"""The kind of this advisory lock; the schema's name is the other half."""


class LostError(Exception):
    """Not the leader any more."""


class Leadership(Protocol):
    """For one thread at a time."""

    def take(self) -> BookPlace | None:
        """Become the leader: the book as only the leader may write it; None while another one leads. BookError."""
        ...

    def hold(self) -> None:
        """Say that the leader is well; at least every HOLD_EVERY_S. LostError if it leads no more."""
        ...

    def release(self) -> None:
        """Let another one lead."""
        ...


def leadership(book: BookPlace) -> Leadership:
    """The one that fits where the book is."""
    return FileLeadership(book) if isinstance(book, Path) else PostgresLeadership(book)


class PostgresLeadership:
    """By an advisory lock, held in a session of its own."""

    def __init__(self, address: PostgresAddress) -> None:
        self._address = address
        self._session: Any = None
        self._ready = False

    def take(self) -> BookPlace | None:
        if not self._ready:
            open_writer(self._address).close()  # tables are made, or brought up to date, before anything is timed
            self._ready = True
        try:
            session = self._open()
            found = session.exec_driver_sql(
                f"SELECT pg_try_advisory_lock({_LEADING}, hashtext(%s))", (self._address.schema,)
            )
            if not found.scalar():
                return None
        except Exception as error:
            self.release()
            raise BookError(f"{self._address}: the lock of the notifier can't be asked for: {_said(error)}") from error
        try:
            return self._address._replace(fence=self._number())
        except BaseException:
            self.release()
            raise

    def hold(self) -> None:
        try:
            if self._session is None:
                raise LostError(f"{self._address}: no session")
            self._session.exec_driver_sql("SELECT 1")
        except LostError:
            raise
        except Exception as error:
            self.release()
            raise LostError(f"{self._address}: {_said(error)}") from error

    def release(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.invalidate()
            session.close()

    def _open(self) -> Any:
        if self._session is None:
            from tocsin.database.postgres import engine_of

            session = engine_of(self._address).connect()
            self._session = session
            session.exec_driver_sql(f"SET idle_session_timeout = '{STALLED_S}s'")
            # What the machine of a leader leaves behind when it loses its power goes within that time, too.
            session.exec_driver_sql(f"SET tcp_user_timeout = '{STALLED_S}s'")
        return self._session

    def _number(self) -> int:
        """A higher one than any leader before had."""
        db = open_writer(self._address)
        try:
            with db.transaction():
                return next_leader(db)
        except ServerAwayError as error:
            raise BookError(str(error)) from error
        finally:
            db.close()


class FileLeadership:
    """By a lock on a file beside the book: for one machine. Who is stopped keeps it until it ends."""

    def __init__(self, book: Path) -> None:
        self._folder = book.parent / "notifier"
        self._lock: WriteLock | None = None
        self._book = book

    def take(self) -> BookPlace | None:
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            self._lock = WriteLock(self._folder)
        except LogLockedError:
            return None
        return self._book

    def hold(self) -> None:
        """It is held as long as the process lives."""

    def release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def _said(error: Exception) -> str:
    said = error if isinstance(error, ServerError) else getattr(error, "orig", None) or error
    return str(said).strip().partition("\n")[0]
