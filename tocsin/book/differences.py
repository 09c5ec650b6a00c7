"""Two alarm books compared: in one database by that, else row by row."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from plant.entries import Position
from tocsin.book.schema import PROJECTIONS, BookPlace, open_reader
from tocsin.book.tables import PROJECTIONS as OF_VERSION_3
from tocsin.database import Database

_SHOWN: Final = 20
_WITH_POSITION: Final = ("events", "actions", "refused_events", "audit")


def books_differ(a: BookPlace, b: BookPlace, before: Position | None = None) -> list[str]:
    """How two books differ in what the log alone decides (alarms, events, actions), a line a row; [] if they are equal.

    `before` leaves out of both what came of entries from that position on (what stands as it is now is then not
    compared if either book has gone further). At most 20 lines a table and side. Books of two databases are read whole.
    """
    with closing(open_reader(a)) as one, closing(open_reader(b)) as other:
        there = (one, other)
        whole = not any(_is_brought_up(db) for db in there)
        lines: list[str] = []
        for table in PROJECTIONS if whole else [t for t in PROJECTIONS if t not in OF_VERSION_3]:
            where = ""
            if before is not None:
                if table in _WITH_POSITION:
                    where = f" WHERE position < {before:d}"
                elif any(_goes_beyond(db, before) for db in there):
                    continue
            both = _in_one_database(one, b, table, where) if _are_together(a, b) else _row_by_row(there, table, where)
            for place, rows in zip((a, b), both, strict=True):
                lines += [f"{table}: only in {place.name}: {row}" for row in rows]
        return lines


def _are_together(a: BookPlace, b: BookPlace) -> bool:
    if isinstance(a, Path) or isinstance(b, Path):
        return isinstance(a, Path) and isinstance(b, Path)
    return (a.host, a.port, a.database) == (b.host, b.port, b.database)


def _in_one_database(db: Database, other: BookPlace, table: str, where: str) -> Iterator[Sequence[object]]:
    with db.beside(other) as (one, two):
        for mine, theirs in ((one, two), (two, one)):
            yield db.execute(
                f"SELECT * FROM {mine}.{table}{where} EXCEPT SELECT * FROM {theirs}.{table}{where} LIMIT ?",  # noqa: S608
                (_SHOWN,),
            ).fetchall()


def _row_by_row(databases: Sequence[Database], table: str, where: str) -> Iterator[Sequence[object]]:
    one, other = ({*db.execute(f"SELECT * FROM {table}{where}")} for db in databases)  # noqa: S608
    return iter([sorted(one - other, key=repr)[:_SHOWN], sorted(other - one, key=repr)[:_SHOWN]])


def _is_brought_up(db: Database) -> bool:
    """Whether the book was brought up from a version that did not roll anything up."""
    return db.execute("SELECT 1 FROM meta WHERE key = 'rolled_up_from'").fetchone() is not None


def _goes_beyond(db: Database, position: Position) -> bool:
    return any(
        db.execute(f"SELECT 1 FROM {table} WHERE position >= ? LIMIT 1", (position,)).fetchone()  # noqa: S608
        for table in ("events", "actions")
    )
