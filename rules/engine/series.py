"""Series: rows of several slots, each slot's rows below each other in order of time.

A recurrence along a series (what was before, since when, switched on or off) is written once with these few
operators. Where every series has but one row, as in a live batch, each of them costs next to nothing; where series are
long, as in the replay of a small plant, they do the whole series in a fixed number of calls.
"""

from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rules.engine.columns import I64, Bool, Index

T = TypeVar("T", bound=np.generic)


class Series:
    """How rows are cut into series. Columns are by row, initial and final values by series."""

    def __init__(self, rows: int, start: Index | None = None) -> None:
        """`start` is each series' first row, ascending from 0; None where every row is a series of its own."""
        self.rows = rows
        self.start = None if start is None or len(start) == rows else start

    @classmethod
    def of_keys(cls, key: Index) -> "Series":
        """Rows with equal keys, which stand below each other, are one series."""
        if not len(key):
            return cls(0)
        first = np.empty(len(key), dtype=np.bool_)
        first[0] = True
        np.not_equal(key[1:], key[:-1], out=first[1:])
        return cls(len(key), first.nonzero()[0])

    @cached_property
    def length(self) -> Index:
        """Rows of each series."""
        return np.ones(self.rows, dtype=np.intp) if self.start is None else np.diff(self.start, append=self.rows)

    @cached_property
    def last(self) -> Index:
        """Each series' last row."""
        return np.arange(self.rows) if self.start is None else self.start + self.length - 1

    @cached_property
    def _row(self) -> Index:
        return np.arange(self.rows)

    @cached_property
    def _start_of_row(self) -> Index:
        return self._row if self.start is None else np.repeat(self.start, self.length)

    def per_row(self, column: NDArray[T]) -> NDArray[T]:
        """A column of series as a column of rows."""
        return column if self.start is None else np.repeat(column, self.length)

    def first(self, column: NDArray[T]) -> NDArray[T]:
        """The value at each series' first row."""
        return column if self.start is None else column[self.start]

    def final(self, column: NDArray[T]) -> NDArray[T]:
        """The value at each series' last row."""
        return column if self.start is None else column[self.last]

    def at_first(self, mark: Bool) -> Bool:
        """Rows: the first of the marked series."""
        if self.start is None:
            return mark
        rows = np.zeros(self.rows, dtype=np.bool_)
        rows[self.start] = mark
        return rows

    def before(self, column: NDArray[T], initial: NDArray[T]) -> NDArray[T]:
        """The value at the row before; `initial` at a first row."""
        if self.start is None:
            return initial
        shifted = np.empty_like(column)
        shifted[1:] = column[:-1]
        shifted[self.start] = initial
        return shifted

    def after(self, column: NDArray[T], final: int) -> NDArray[T]:
        """The value at the row after; `final` at a last row."""
        shifted = np.empty_like(column)
        shifted[:-1] = column[1:]
        shifted[self.last] = final
        return shifted

    def since(self, mark: Bool, column: NDArray[T], initial: NDArray[T]) -> NDArray[T]:
        """The value at the last marked row up to and with this one; `initial` before there is one."""
        if self.start is None:
            return np.where(mark, column, initial)
        at = np.where(mark, self._row, -1)
        np.maximum.accumulate(at, out=at)
        return np.where(at >= self._start_of_row, column[at], np.repeat(initial, self.length))

    def latch(self, to_true: Bool, to_false: Bool, initial: Bool) -> Bool:
        """A switch: true from a row with to_true (which wins) until one with to_false."""
        if self.start is None:
            return to_true | (initial & ~to_false)
        return self.since(to_true | to_false, to_true, initial)

    def sums(self, step: I64) -> tuple[I64, I64]:
        """(running sums over all rows, by series the sum before its first row): their differences are exact."""
        if self.start is None:
            return step, np.zeros(self.rows, dtype=np.int64)
        total = np.cumsum(step)
        return total, total[self.start] - step[self.start]

    def fold(self, combine: np.ufunc, column: NDArray[T], initial: NDArray[T]) -> NDArray[T]:
        """Running combination of each series from `initial` on, strictly one row after the other."""
        if self.start is None:
            return combine(initial, column)  # type: ignore[no-any-return]
        if combine is np.add and column.dtype == np.int64:
            # Whole numbers add up exactly in any order.
            total = np.cumsum(column)
            return total - self.per_row(total[self.start] - combine(initial, column[self.start]))  # type: ignore[no-any-return]
        folded = column.copy()
        folded[self.start] = combine(initial, column[self.start])
        several = (self.length > 1).nonzero()[0]
        for a, b in zip(self.start[several].tolist(), (self.last[several] + 1).tolist(), strict=True):
            combine.accumulate(folded[a:b], out=folded[a:b])
        return folded

    def place(self) -> Index:
        """The place of each row in its series, from 0."""
        return np.zeros(self.rows, dtype=np.intp) if self.start is None else self._row - self._start_of_row

    def some(self, mark: Bool) -> Bool:
        """The series with a marked row."""
        if self.start is None or not self.rows:
            return mark
        return np.logical_or.reduceat(mark, self.start)

    def cut(self, mark: Bool) -> "Series":
        """Finer series: a new one begins at every marked row too."""
        if self.start is None:
            return self
        starts = mark.copy()
        starts[self.start] = True
        return Series(self.rows, starts.nonzero()[0])

    def pick(self, which: Index) -> tuple["Series", Index]:
        """(these series alone, their rows)."""
        if self.start is None:
            return Series(len(which)), which
        length = self.length[which]
        end = np.cumsum(length)
        rows = int(end[-1]) if len(end) else 0
        begin = end - length
        return Series(rows, begin), np.repeat(self.start[which] - begin, length) + np.arange(rows)
