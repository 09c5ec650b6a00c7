"""A file of SQLite."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

_BUSY_S: Final = 30.0
_MAPPED: Final = 1 << 33


class SqliteDatabase(sqlite3.Connection):
    """A connection of the standard library, and what of the port it lacks."""

    def listed(self, values: Iterable[str] | Iterable[int]) -> object:
        return msgspec.json.encode(list(values)).decode()

    @contextmanager
    def transaction(self, *, keep: bool = True) -> Iterator[None]:
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT" if keep else "ROLLBACK")
        except BaseException:
            if self.in_transaction:  # a full disk has ended it already
                self.execute("ROLLBACK")
            raise

    @contextmanager
    def view(self) -> Iterator[None]:
        self.execute("BEGIN")
        try:
            yield
        finally:
            if self.in_transaction:
                self.execute("ROLLBACK")

    def check_fence(self) -> None:
        """A file has no fence: who writes it holds its lock."""

    def has_table(self, name: str) -> bool:
        return self.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone() is not None

    def written(self) -> object:
        return self.execute("PRAGMA data_version").fetchone()[0]

    @contextmanager
    def beside(self, place: Path) -> Iterator[tuple[str, str]]:
        self.execute("ATTACH DATABASE ? AS other", (f"{place.absolute().as_uri()}?mode=ro",))
        try:
            yield "main", "other"
        finally:
            self.execute("DETACH DATABASE other")

    def read_chunk(self, table: str, key: int) -> bytes | None:
        row = self.execute(f"SELECT data FROM {table} WHERE chunk = ?", (key,)).fetchone()  # noqa: S608
        return None if row is None else bytes(row[0])

    def make_chunk(self, table: str, key: int, size: int) -> None:
        self.execute(f"INSERT INTO {table} (chunk, data) VALUES (?, zeroblob(?))", (key, size))  # noqa: S608

    def write_chunk(self, table: str, key: int, offset: int, data: bytes) -> None:
        with self.blobopen(table, "data", key) as blob:
            blob.seek(offset)
            blob.write(data)


def open_to_write(path: Path, *, durable: bool) -> SqliteDatabase:
    """Made where it is not there. `durable` syncs every commit to the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    db = _connect(path.absolute().as_uri())
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
    except BaseException:
        db.close()
        raise
    return db


def open_to_read(path: Path) -> SqliteDatabase:
    """Read-only, also while it is written."""
    db = _connect(f"{path.absolute().as_uri()}?mode=ro")
    try:
        db.execute(f"PRAGMA mmap_size = {_MAPPED}")  # half the time of reading chunks page by page
    except BaseException:
        db.close()
        raise
    return db


def _connect(uri: str) -> SqliteDatabase:
    return sqlite3.connect(
        uri, uri=True, timeout=_BUSY_S, isolation_level=None, check_same_thread=False, factory=SqliteDatabase
    )
