"""Which entry of the log the clock owes a time to."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Self

from plant.entries import Position


class EntryTimes:
    """The entries of one commit: `times[i]` is the received_at_ms of entry `first + i`, never falling."""

    def __init__(self, first: Position, times: Sequence[int]) -> None:
        self._first = first
        self._positions: Sequence[Position] = range(first, first + len(times))
        self._times = times

    @classmethod
    def of(cls, entries: Iterable[tuple[Position, int]], first: Position = 0) -> Self:
        """Of a log whose positions have gaps: (position, received_at_ms), in order; `first` counts where none is."""
        known = list(entries)
        made = cls(known[0][0] if known else first, [at for _, at in known])
        made._positions = [position for position, _ in known]
        return made

    @property
    def first_ms(self) -> int | None:
        """The time of the first entry; None where there is none."""
        return self._times[0] if self._times else None

    def before(self, position: Position) -> int | None:
        """The time of the last entry before `position`; None where there is none."""
        count = bisect_left(self._positions, position)
        return self._times[count - 1] if count > 0 else None

    def entry_at(self, due_ms: int) -> Position:
        """The first entry that moves the clock to `due_ms` or beyond; the last one where none does.

        A wait that ends at a time is over with that entry, however the log is cut into commits.
        """
        if not self._times:
            return self._first
        return self._positions[min(bisect_left(self._times, due_ms), len(self._times) - 1)]
