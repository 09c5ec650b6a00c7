"""The last values of the points that formulas name, as they stood before each instant (see schedules.md).

Entries of one received_at are an instant. A value is looked up as of the end of the instant before, so neither the
order of points within an instant nor the cutting of batches matters.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from plant.quality import Quality
from rules.engine.columns import F64, I64, LONG_AGO_MS, Index
from rules.engine.points import PointState, Rows


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """The points that some formula names: their numbers, ascending, and the silence after which each is unknown."""

    point: Index
    after_ms: I64


class Surroundings:
    """Columns by place among the named points.

    value                       the last usable one
    before_value, before_heard  the last usable one before the present instant, and since when the point was silent then
    instant                     the present instant's received_at, the same in every place
    """

    COLUMNS: ClassVar[tuple[str, ...]] = ("value", "before_value", "before_heard", "instant")

    def __init__(self, named: Named, points: int) -> None:
        n = len(named.point)
        self.named = named
        self.place_of: Index = np.full(points, -1, dtype=np.intp)
        """By point number; -1 where no formula names the point."""
        self.place_of[named.point] = np.arange(n)
        self.value: F64 = np.full(n, np.nan)
        self.before_value: F64 = np.full(n, np.nan)
        self.before_heard: I64 = np.full(n, LONG_AGO_MS)
        self.instant: I64 = np.full(n, LONG_AGO_MS)
        self.history = History(np.zeros(0, dtype=np.int64), self.value[:0], self.instant[:0], 0, 0)
        """Of the hand-over, once it is ready."""
        self._place: list[Index] = []
        self._received: list[I64] = []
        self._value: list[F64] = []
        self._heard: list[I64] = []

    def begin(self, clock: int, points: PointState) -> None:
        """A hand-over begins with an entry received at `clock`."""
        heard = points.heard_usable[self.named.point]
        if clock > self.instant[0]:
            self.before_value[:], self.before_heard[:], self.instant[:] = self.value, heard, clock
        n = len(self.value)
        at = np.arange(n)
        self._place, self._received = [at, at], [np.full(n, LONG_AGO_MS), self.instant.copy()]
        self._value, self._heard = [self.before_value.copy(), self.value.copy()], [self.before_heard.copy(), heard]

    def take(self, usable: Rows) -> None:
        """Usable readings of named points, in order."""
        place = self.place_of[usable.point]
        self._place.append(place)
        self._received.append(usable.received)
        self._value.append(usable.value)
        self._heard.append(usable.received)
        self.value[self.place_of[usable.points]] = usable.series.final(usable.value)

    def ready(self, last: int) -> None:
        """All readings of the hand-over, of which the last entry is received at `last`, were taken."""
        place, received = np.concatenate(self._place), np.concatenate(self._received)
        order = np.lexsort((received, place))
        start = int(self.instant[0]) - 1
        span = last - start + 2
        key = place * span + np.maximum(received - start, 0)
        self.history = History(
            key[order], np.concatenate(self._value)[order], np.concatenate(self._heard)[order], start, span
        )

    def device_down(self, point: Index) -> None:
        """The last values of these points are worth nothing from the next instant on."""
        place = self.place_of[point]
        self.value[place[place >= 0]] = np.nan

    def end(self, clock: int) -> None:
        """The hand-over ends with an entry received at `clock`."""
        if clock > self.instant[0]:
            self.ready(clock)
            at = np.arange(len(self.value))
            self.before_value[:], self.before_heard[:] = self.history.before(at, np.full(len(at), clock))
            self.instant[:] = clock

    def values(self, place: Index, received: I64) -> F64:
        """By row: the last usable value of the point at a place (-1: none) before an instant; NaN where unknown."""
        return self.values_in(self.history, place, received)

    def values_in(self, history: "History", place: Index, received: I64) -> F64:
        """The same of the instants of an earlier hand-over."""
        value, heard = history.before(np.maximum(place, 0), received)
        silent = received - heard > self.named.after_ms[place]
        return np.where(silent | (place < 0), np.nan, value)

    def present(self) -> "History":
        """A history of the present instant alone."""
        start = int(self.instant[0]) - 1
        return History(np.arange(len(self.value)) * 2, self.before_value.copy(), self.before_heard.copy(), start, 2)

    def carry(self, old: "Surroundings | None", points: PointState) -> None:
        """Go on after a change of rules. A point that was not named before is known by its last taken reading."""
        at = self.named.point
        usable = (points.last_t[at] != LONG_AGO_MS) & (points.last_quality[at] != Quality.BAD) & ~points.down[at]
        self.value[:] = self.before_value[:] = np.where(usable, points.last_value[at], np.nan)
        self.before_heard[:] = points.heard_usable[at]
        if old is not None:
            known = at[at < len(old.place_of)]
            place = old.place_of[known]
            mine, theirs = self.place_of[known[place >= 0]], place[place >= 0]
            for column in self.COLUMNS:
                getattr(self, column)[mine] = getattr(old, column)[theirs]
            self.instant[:] = old.instant[0]


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Values by (place, received), in order; `start` and `span` make one number of the two."""

    key: I64
    value: F64
    heard: I64
    start: int
    span: int

    def before(self, place: Index, received: I64) -> tuple[F64, I64]:
        """The last value of each place that was received before, and when its silence began."""
        at = np.searchsorted(self.key, place * self.span + (received - self.start)) - 1
        return self.value[at], self.heard[at]
