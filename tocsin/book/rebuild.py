"""The alarm book made anew from the log, and two books compared."""

import os
import sqlite3
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from alerts.ground import Ground
from alerts.record import Policy
from alerts.targets import Target
from plant.entries import Position
from tocsin.book.carry import take_over
from tocsin.book.outbox_tables import drop_orphans
from tocsin.book.reader import BookReader
from tocsin.book.results import BookStep
from tocsin.book.schema import PROJECTIONS, BookError, open_reader
from tocsin.book.tables import PROJECTIONS as OF_VERSION_3
from tocsin.book.times import EntryTimes
from tocsin.book.writer import AlarmBook

_DIFFERENCES_SHOWN = 20
_WITH_POSITION = ("events", "actions", "refused_events", "audit")
_IN_USE_S = 1.0


class Commit(NamedTuple):
    """The steps of the log's entries up to `position`, under one rule set: the arguments of AlarmBook.commit."""

    position: Position
    steps: Sequence[tuple[Position, BookStep]]
    ground: Ground | Policy
    clock_ms: int | None = None
    """The engine's clock after them."""
    times: EntryTimes | None = None


def rebuild(
    path: Path,
    commits: Iterable[Commit],
    targets: Sequence[Target] = (),
    first: Position = 0,
    *,
    allow_gap: bool = False,
) -> list[str]:
    """Make the book at `path` anew from the log's commits and swap it in; returns how it differs from the kept one.

    `first` is the log's oldest entry: what stands before it comes from the kept book. What is owed and what was
    delivered is carried over by event id, so nothing is sent twice; only events of entries that the kept book had
    not reached are queued anew. BookError if the book is open elsewhere, or if neither it nor the log holds the
    entries between them (`allow_gap` does without these). On any error the kept book stays.
    """
    fresh_path = path.with_name(path.name + ".rebuilt")
    _remove(fresh_path)
    kept = path if path.exists() else None
    kept_position = 0
    if kept:
        _end_wal(kept)
        reader = BookReader.open_for_reading(kept)
        kept_position = reader.position
        reader.close()
    if kept_position < first and not allow_gap:
        raise BookError(f"{path}: the book ends at entry {kept_position}, the log starts at {first}: a gap")

    book = AlarmBook.open_for_writing(fresh_path, targets, durable=False)
    try:
        given = iter(commits)
        begin = next(given, None)
        if kept:
            take_over(book, kept, first, begin.ground if begin is not None else Policy())
        for position, steps, ground, clock_ms, times in chain([] if begin is None else [begin], given):
            reached = min(position, kept_position)
            before = [(at, step) for at, step in steps if at < reached]
            # What the clock alone brought about before the kept book's end is not queued again either.
            reached_ms = clock_ms if position <= kept_position else times.before(reached) if times is not None else None
            book.commit(reached, before, ground, reached_ms, times, queue=False)
            book.commit(position, steps, ground, clock_ms, times)
        drop_orphans(book.connection)
    finally:
        book.close()

    _end_wal(fresh_path)
    differences = books_differ(kept, fresh_path, before=kept_position) if kept else []
    _sync(fresh_path)
    os.replace(fresh_path, path)
    _sync(path.parent)
    return differences


def books_differ(a: Path, b: Path, before: Position | None = None) -> list[str]:
    """How two books differ in what the log alone decides (alarms, events, actions), a line a row; [] if they are equal.

    `before` leaves out of both what came of entries from that position on (what stands as it is now is then not
    compared if either book has gone further). At most 20 lines a table and side.
    """
    db = open_reader(a)
    try:
        db.execute("ATTACH DATABASE ? AS other", (f"{b.absolute().as_uri()}?mode=ro",))
        lines: list[str] = []
        for table in PROJECTIONS if _is_whole(db) else [t for t in PROJECTIONS if t not in OF_VERSION_3]:
            where = ""
            if before is not None:
                if table in _WITH_POSITION:
                    where = f" WHERE position < {before:d}"
                elif any(_goes_beyond(db, schema, before) for schema in ("main", "other")):
                    continue
            for name, mine, theirs in ((a, "main", "other"), (b, "other", "main")):
                rows = db.execute(
                    f"SELECT * FROM {mine}.{table}{where} EXCEPT SELECT * FROM {theirs}.{table}{where} LIMIT ?",  # noqa: S608
                    (_DIFFERENCES_SHOWN,),
                )
                lines += [f"{table}: only in {name.name}: {row}" for row in rows]
        return lines
    finally:
        db.close()


def _is_whole(db: sqlite3.Connection) -> bool:
    """Whether neither book was brought up from a version that did not roll anything up."""
    query = "SELECT 1 FROM main.meta WHERE key = ?1 UNION ALL SELECT 1 FROM other.meta WHERE key = ?1"
    return db.execute(query, ("rolled_up_from",)).fetchone() is None


def _goes_beyond(db: sqlite3.Connection, schema: str, position: Position) -> bool:
    return any(
        db.execute(f"SELECT 1 FROM {schema}.{table} WHERE position >= ? LIMIT 1", (position,)).fetchone()  # noqa: S608
        for table in ("events", "actions")
    )


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


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
