"""Numbers for points: dense, given once, never reused, so that an old batch still means what it meant."""

from collections.abc import Iterable, Sequence


class PointRegistry:
    """A growing mapping point id <-> number (0, 1, 2, ...). Durable storage is the log's business."""

    __slots__ = ("_ids", "_numbers")

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._ids: list[str] = list(ids)
        self._numbers: dict[str, int] = {point: number for number, point in enumerate(self._ids)}
        if len(self._numbers) != len(self._ids):
            raise ValueError("a point id stands twice in the registry")

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def ids(self) -> Sequence[str]:
        """Point ids in the order of their numbers."""
        return self._ids

    @property
    def numbers(self) -> dict[str, int]:
        """The mapping itself, for hot paths; read only."""
        return self._numbers

    def number_of(self, point: str) -> int | None:
        """The number of a point, or None if it never had one."""
        return self._numbers.get(point)

    def id_of(self, number: int) -> str:
        """The point id of a number; IndexError if the number was never given."""
        return self._ids[number]

    def assign(self, points: Iterable[str]) -> list[str]:
        """Give numbers to those that have none; returns the newly numbered ids in order."""
        new: list[str] = []
        for point in points:
            if point not in self._numbers:
                self._numbers[point] = len(self._ids)
                self._ids.append(point)
                new.append(point)
        return new
