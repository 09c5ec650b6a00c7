"""Which alarm is due next, of many (pure)."""

from collections.abc import Iterable
from heapq import heapify, heappop, heappush
from math import inf

_STALE_SPARED = 1024


class DueTimes:
    """A due time for each key. Setting costs O(log n), however often times are put off."""

    def __init__(self, times: Iterable[tuple[str, int]] = ()) -> None:
        self._due = dict(times)
        self._heap = [(due, key) for key, due in self._due.items()]
        heapify(self._heap)

    def set(self, key: str, due: int | None) -> None:
        """Replace the key's time; None: it has none."""
        if self._due.get(key) == due:
            return
        if due is None:
            del self._due[key]
        else:
            self._due[key] = due
            heappush(self._heap, (due, key))
        if len(self._heap) > 2 * len(self._due) + _STALE_SPARED:
            self._heap = [(due, key) for key, due in self._due.items()]
            heapify(self._heap)

    @property
    def next_due(self) -> float:
        """The earliest time, infinite where there is none."""
        first = self._first()
        return inf if first is None else first[0]

    def first(self, until: int) -> tuple[int, str] | None:
        """The earliest (time, key) not after `until`; of equal times the lesser key."""
        first = self._first()
        return first if first is not None and first[0] <= until else None

    def _first(self) -> tuple[int, str] | None:
        heap = self._heap
        while heap and self._due.get(heap[0][1]) != heap[0][0]:
            heappop(heap)
        return heap[0] if heap else None
