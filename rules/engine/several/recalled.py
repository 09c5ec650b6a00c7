"""What schedules of rules over several points look at: these decide when an instant is over, by what was before it."""

import numpy as np

from rules.engine.columns import F64, I64, Index
from rules.engine.surroundings import History, Surroundings


class Recalled:
    """The values of named points in the runs of entries whose instants are not all closed yet."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._runs: list[tuple[int, History]] = []
        """(received_at of a run's last entry, what was before each instant of the run), in order."""

    def note(self, last: int) -> None:
        """A run of entries was taken in, the last of them received then."""
        self._surroundings.ready(last)
        self._runs.append((last, self._surroundings.history))

    def restore(self, instant: int) -> None:
        """The state was set from outside, and this instant is not closed."""
        self._runs = [(instant, self._surroundings.present())]

    def forget(self, until: int) -> None:
        """All instants up to this one are closed."""
        self._runs = [(last, history) for last, history in self._runs if last > until]

    def values(self, place: Index, received: I64) -> F64:
        """By row: the last usable value of the point at a place (-1: none) before an instant; NaN where unknown."""
        run = np.searchsorted(np.array([last for last, _ in self._runs]), received)
        values: F64 = np.full(len(place), np.nan)
        for i in np.unique(run).tolist():
            rows = (run == i).nonzero()[0]
            values[rows] = self._surroundings.values_in(self._runs[i][1], place[rows], received[rows])
        return values
