"""Alarms of one place and severity, of which the oldest is why the place has its colour (pure)."""

from heapq import heappop, heappush


class Oldest:
    """A set of alarms that knows the one raised first (of those raised together, the lesser id), whatever the order in
    which they were put.
    """

    def __init__(self) -> None:
        self._raised_at: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []
        """With what is gone still in it, until it comes to the top."""

    def __len__(self) -> int:
        return len(self._raised_at)

    @property
    def first(self) -> tuple[int, str]:
        """When the oldest was raised, and its id; KeyError where there is none."""
        while self._heap:
            raised_at, alarm = self._heap[0]
            if self._raised_at.get(alarm) == raised_at:
                return raised_at, alarm
            heappop(self._heap)
        raise KeyError("no alarm")

    def put(self, alarm: str, raised_at: int) -> None:
        self._raised_at[alarm] = raised_at
        heappush(self._heap, (raised_at, alarm))

    def drop(self, alarm: str) -> None:
        self._raised_at.pop(alarm, None)
