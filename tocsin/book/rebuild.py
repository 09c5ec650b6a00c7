"""The alarm book made anew from the log, and two books compared."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from alerts.ground import Ground
from alerts.record import Policy
from alerts.targets import Target
from plant.entries import Position
from tocsin.book.carry import take_over
from tocsin.book.outbox_tables import drop_orphans
from tocsin.book.reader import BookReader
from tocsin.book.results import BookStep
from tocsin.book.schema import PROJECTIONS, BookError, BookPlace, open_reader
from tocsin.book.swap import claimed
from tocsin.book.tables import PROJECTIONS as OF_VERSION_3
from tocsin.book.times import EntryTimes
from tocsin.book.writer import AlarmBook
from tocsin.database import Database

_DIFFERENCES_SHOWN = 20
_WITH_POSITION = ("events", "actions", "refused_events", "audit")


class Commit(NamedTuple):
    """The steps of the log's entries up to `position`, under one rule set: the arguments of AlarmBook.commit."""

    position: Position
    steps: Sequence[tuple[Position, BookStep]]
    ground: Ground | Policy
    clock_ms: int | None = None
    """The engine's clock after them."""
    times: EntryTimes | None = None


def rebuild(
    place: BookPlace,
    commits: Iterable[Commit],
    targets: Sequence[Target] = (),
    first: Position = 0,
    *,
    allow_gap: bool = False,
) -> list[str]:
    """Make the book anew from the log's commits and swap it in; returns how it differs from the kept one.

    `first` is the log's oldest entry: what stands before it comes from the kept book. What is owed and what was
    delivered is carried over by event id, so nothing is sent twice; only events of entries that the kept book had
    not reached are queued anew. BookError if the book is open elsewhere, or if neither it nor the log holds the
    entries between them (`allow_gap` does without these). On any error the kept book stays.
    """
    with claimed(place) as swap:
        kept, fresh = swap.kept, swap.fresh
        kept_position = 0
        if kept is not None:
            reader = BookReader.open_for_reading(kept)
            kept_position = reader.position
            reader.close()
        if kept_position < first and not allow_gap:
            raise BookError(f"{place}: the book ends at entry {kept_position}, the log starts at {first}: a gap")
        _fill(fresh, kept, kept_position, commits, targets, first)
        swap.filled()
        differences = books_differ(kept, fresh, before=kept_position) if kept is not None else []
        swap.done()
    return differences


def _fill(
    fresh: BookPlace,
    kept: BookPlace | None,
    kept_position: Position,
    commits: Iterable[Commit],
    targets: Sequence[Target],
    first: Position,
) -> None:
    book = AlarmBook.open_for_writing(fresh, targets, durable=False)
    try:
        given = iter(commits)
        begin = next(given, None)
        if kept is not None:
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


def books_differ(a: BookPlace, b: BookPlace, before: Position | None = None) -> list[str]:
    """How two books differ in what the log alone decides (alarms, events, actions), a line a row; [] if they are equal.

    Both are files, or schemas of one database. `before` leaves out of both what came of entries from that position on
    (what stands as it is now is then not compared if either book has gone further). At most 20 lines a table and side.
    """
    db = open_reader(a)
    try:
        with db.beside(b) as (one, other):
            lines: list[str] = []
            for table in (
                PROJECTIONS if _is_whole(db, one, other) else [t for t in PROJECTIONS if t not in OF_VERSION_3]
            ):
                where = ""
                if before is not None:
                    if table in _WITH_POSITION:
                        where = f" WHERE position < {before:d}"
                    elif any(_goes_beyond(db, schema, before) for schema in (one, other)):
                        continue
                for name, mine, theirs in ((a, one, other), (b, other, one)):
                    rows = db.execute(
                        f"SELECT * FROM {mine}.{table}{where} EXCEPT SELECT * FROM {theirs}.{table}{where} LIMIT ?",  # noqa: S608
                        (_DIFFERENCES_SHOWN,),
                    )
                    lines += [f"{table}: only in {name.name}: {tuple(row)}" for row in rows]
            return lines
    finally:
        db.close()


def _is_whole(db: Database, one: str, other: str) -> bool:
    """Whether neither book was brought up from a version that did not roll anything up."""
    query = f"SELECT 1 FROM {one}.meta WHERE key = ?1 UNION ALL SELECT 1 FROM {other}.meta WHERE key = ?1"  # noqa: S608
    return db.execute(query, ("rolled_up_from",)).fetchone() is None


def _goes_beyond(db: Database, schema: str, position: Position) -> bool:
    return any(
        db.execute(f"SELECT 1 FROM {schema}.{table} WHERE position >= ? LIMIT 1", (position,)).fetchone()  # noqa: S608
        for table in ("events", "actions")
    )
