"""State by key that remembers what has changed, so that the alarm book writes only that (pure)."""

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """A mapping whose values are replaced, never changed in place."""

    def __init__(self, rows: Mapping[str, T] | None = None) -> None:
        self._rows: dict[str, T] = dict(rows or {})
        self.changed: set[str] = set()
        """Keys that are new, another or gone since this was last emptied."""

    def get(self, key: str) -> T | None:
        return self._rows.get(key)

    def put(self, key: str, value: T) -> None:
        self._rows[key] = value
        self.changed.add(key)

    def drop(self, key: str) -> None:
        if self._rows.pop(key, None) is not None:
            self.changed.add(key)

    def values(self) -> list[T]:
        """In the order in which they were first put."""
        return list(self._rows.values())

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._rows))

    def __len__(self) -> int:
        return len(self._rows)
