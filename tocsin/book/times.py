"""Which entry of the log the clock owes a time to."""

from bisect import bisect_left
from collections.abc import Sequence

from plant.entries import Position


class EntryTimes:
    """The entries of one commit: `times[i]` is the received_at_ms of entry `first + i`, never falling."""

    def __init__(self, first: Position, times: Sequence[int]) -> None:
        self._first = first
        self._times = times

    @property
    def first_ms(self) -> int | None:
        """The time of the first entry; None where there is none."""
        return self._times[0] if self._times else None

    def before(self, position: Position) -> int | None:
        """The time of the last entry before `position`; None where there is none."""
        count = min(position - self._first, len(self._times))
        return self._times[count - 1] if count > 0 else None

    def entry_at(self, due_ms: int) -> Position:
        """The first entry that moves the clock to `due_ms` or beyond; the last one where none does.

        A wait that ends at a time is over with that entry, however the log is cut into commits.
        """
        return self._first + min(bisect_left(self._times, due_ms), max(len(self._times) - 1, 0))
