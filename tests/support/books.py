"""Alarm books of both kinds, so that one test holds for a file of SQLite and for PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from support.postgres import fresh_address

from tocsin.database import Place, PostgresAddress

KINDS: Final = ("sqlite", "postgres")


class Books:
    """Places for alarm books that can be compared with each other; no book is there yet."""

    def __init__(self, kind: str, folder: Path) -> None:
        """Skips the test where PostgreSQL is asked for and not there."""
        self.kind = kind
        self._folder = folder
        self._address: PostgresAddress | None = fresh_address() if kind == "postgres" else None

    def place(self, name: str = "book") -> Place:
        if self._address is None:
            return self._folder / f"{name}.sqlite"
        return self._address if name == "book" else self._address._replace(schema=name)


@contextmanager
def books_of(kind: str) -> Iterator[Books]:
    """For an example of a property."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        yield Books(kind, Path(folder))
