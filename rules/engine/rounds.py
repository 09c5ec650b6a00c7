"""Cuts the readings of a hand-over into blocks: rounds of many points, or whole series of few points."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rules.engine.columns import I32, I64, Bool, Index
from rules.engine.points import Rows
from rules.engine.series import Series

BLOCK_ROWS: Final = 16_384
"""Rows of one round taken at once: their temporaries stay in the processor's cache."""

SERIES_ROWS: Final = 131_072
"""Rows of series taken at once, about: it bounds the temporaries."""

ROUND_ROWS: Final = 2048
"""A round of at least this many points costs little beside its rows, and less than sorting them into series."""


DENSE: Final = 16
"""A batch of at least one in so many points is worth sorting."""


def blocks(rows: Rows, entry: I32, scratch: I32) -> Iterator[Rows]:
    """Yield the rows block by block; in each, the rows of one point stand below each other, in order.

    Within an entry a point's readings are ordered by `t`, stable; entries keep their order (semantics 1.5).
    `scratch` is as long as there are points; its content does not matter.
    """
    n = len(rows)
    if n == 0:
        return
    index = np.arange(n)
    places = index.astype(np.int32)
    scratch[rows.point] = places
    if bool((scratch.take(rows.point) == places).all()):
        # Many points in order of their numbers lie side by side in every column of the state.
        dense = n * DENSE >= len(scratch) and n > BLOCK_ROWS
        yield from _pieces(rows, np.argsort(_short_key(rows.point, len(scratch)), kind="stable") if dense else None)
        return
    rows = _by_point(rows, entry, len(scratch))
    longest = int(rows.series.length.max())
    if n >= longest * ROUND_ROWS:
        for turn in rounds(rows.series.place(), index):
            yield from _pieces(rows, turn)
        return
    ends = np.cumsum(rows.series.length)
    begin = 0
    while begin < n:
        end = int(ends[min(int(np.searchsorted(ends, begin + SERIES_ROWS)), len(ends) - 1)])
        yield rows if end - begin == n else rows.select(slice(begin, end))
        begin = end


def rounds(place: Index, index: Index) -> Iterator[Index]:
    """The indexes whose place is 0, then those whose place is 1, and so on."""
    order = np.argsort(place, kind="stable")
    yield from np.split(index[order], np.diff(place[order]).nonzero()[0] + 1)


def _pieces(rows: Rows, index: Index | None) -> Iterator[Rows]:
    """Distinct points, a cacheful at a time."""
    n = len(rows) if index is None else len(index)
    if index is None and n <= BLOCK_ROWS:
        yield rows
        return
    for begin in range(0, n, BLOCK_ROWS):
        cut = slice(begin, begin + BLOCK_ROWS)
        yield rows.select(cut if index is None else index[cut], single=True)


def _short_key(point: Index, points: int) -> NDArray[np.uint16]:
    """The point's number, cut to 16 bits from above: such keys are sorted by radix, in a fraction of the time."""
    return (point >> max(0, points.bit_length() - 16)).astype(np.uint16)


def _by_point(rows: Rows, entry: I32, points: int) -> Rows:
    order = np.argsort(_short_key(rows.point, points) if points <= 2**16 else rows.point, kind="stable")
    point = rows.point[order]
    same = point[1:] == point[:-1]
    if _out_of_order(same, entry[order], rows.t[order]):
        order = np.lexsort((rows.t, entry, rows.point))
    by_point = rows.select(order)
    by_point.series = Series.of_keys(by_point.point)
    return by_point


def _out_of_order(same_point: Bool, entry: I32, t: I64) -> bool:
    same = same_point & (entry[1:] == entry[:-1])
    return bool((same & (t[1:] < t[:-1])).any())
