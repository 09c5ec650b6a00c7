"""What both databases do, and the few words of SQL in which they differ.

Statements are written in the SQL that both understand, with `?` or `?1`, `?2`, ... for what is given. Booleans are
given and kept as 0 and 1, times as whole ms. What one does not know is here by name, or is a method of Database.
PostgreSQL is given `json_extract(text, path)` and `instr(text, part)` as functions by the migrations.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol

AMONG: Final = "IN (SELECT value FROM json_each(?))"
"""`alarm {AMONG}`: the parameter is `db.listed(...)`. `NOT {AMONG}` is there too. For `?3` and so on: `among(3)`."""


def among(number: int) -> str:
    """AMONG with a numbered parameter."""
    return AMONG.replace("?", f"?{number}")


class Rows(Protocol):
    """What a statement gave, read once; and how many rows it changed."""

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...

    def fetchmany(self, size: int, /) -> list[Any]: ...

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...


class Database(Protocol):
    """A connection, used in one thread at a time. It raises DATABASE_ERRORS."""

    @property
    def in_transaction(self) -> bool: ...

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Rows: ...

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Rows:
        """The statement once for each; `rowcount` is that of all."""
        ...

    def listed(self, values: Iterable[str] | Iterable[int]) -> object:
        """The parameter of AMONG."""
        ...

    def transaction(self, *, keep: bool = True) -> AbstractContextManager[None]:
        """All of the block or, on any error, nothing of it; without `keep` nothing of it either way. Others that write
        wait meanwhile."""
        ...

    def view(self) -> AbstractContextManager[None]:
        """What is read in the block is of one moment."""
        ...

    def check_fence(self) -> None:
        """FencedError once somebody else writes, where the place says that only one may."""
        ...

    def has_table(self, name: str) -> bool: ...

    def written(self) -> object:
        """Another value than before, once somebody else has written."""
        ...

    def beside(self, place: Any) -> AbstractContextManager[tuple[str, str]]:
        """Another database of the same kind, for `schema.table` in statements: (the schema of this one, of that one).
        It is only read."""
        ...

    def read_chunk(self, table: str, key: int) -> bytes | None:
        """`data` of the row whose `chunk` is `key`, None where there is none."""
        ...

    def make_chunk(self, table: str, key: int, size: int) -> None:
        """A row with `size` zero bytes."""
        ...

    def write_chunk(self, table: str, key: int, offset: int, data: bytes) -> None:
        """Put bytes in place of those from `offset` on."""
        ...

    def close(self) -> None: ...


def upsert(table: str, key: Sequence[str], columns: Sequence[str]) -> str:
    """A statement that adds a row of key and columns, in this order, or puts it in place of the one with its key."""
    names = (*key, *columns)
    anew = ", ".join(f"{name} = excluded.{name}" for name in columns)
    return (
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - names of ours
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {anew}"
    )


def next_number(db: Database, table: str, column: str = "seq") -> int:
    """The number of the next row, within a transaction."""
    return int(db.execute(f"SELECT coalesce(max({column}), 0) + 1 FROM {table}").fetchone()[0])  # noqa: S608


def add_rows(
    db: Database, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, once: bool = False
) -> int:
    """Add rows with the next numbers as their `seq`, within a transaction; returns how many are new.

    Numbers are ours and have no gaps, so that tables made anew have the same. `once` passes over rows that are there
    already by another key; then there are gaps.
    """
    if not rows:
        return 0
    begin = next_number(db, table)
    return db.executemany(
        f"INSERT INTO {table} (seq, {', '.join(columns)}) VALUES (?{', ?' * len(columns)})"  # noqa: S608 - names of ours
        + (" ON CONFLICT DO NOTHING" if once else ""),
        [(begin + i, *row) for i, row in enumerate(rows)],
    ).rowcount
