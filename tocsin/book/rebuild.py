"""The alarm book made anew from the log."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from alerts.ground import Ground
from alerts.record import Policy
from alerts.targets import Target
from plant.entries import Position
from tocsin.book.carry import take_over
from tocsin.book.differences import books_differ
from tocsin.book.outbox_tables import drop_orphans
from tocsin.book.reader import BookReader
from tocsin.book.results import BookStep
from tocsin.book.schema import BookError, BookPlace
from tocsin.book.swap import claimed
from tocsin.book.times import EntryTimes
from tocsin.book.writer import AlarmBook, Beside


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
    beside: Beside | None = None,
) -> list[str]:
    """Make the book anew from the log's commits and swap it in; returns how it differs from the kept one.

    `first` is the log's oldest entry: what stands before it comes from the kept book. What is owed and what was
    delivered is carried over by event id, so nothing is sent twice; only events of entries that the kept book had
    not reached are queued anew. BookError if the book is open elsewhere, or if neither it nor the log holds the
    entries between them (`allow_gap` does without these). On any error the kept book stays. `beside` writes into the
    new book, in the end, what else belongs there.
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
        _fill(fresh, kept, kept_position, commits, targets, first, beside)
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
    beside: Beside | None,
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
        if beside is not None:
            with book.connection.transaction():
                beside(book.connection)
    finally:
        book.close()
