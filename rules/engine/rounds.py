"""Cuts readings into rounds: in each, a point stands at most once, and a point's readings keep their order."""

from collections.abc import Iterator

import numpy as np

from rules.engine.columns import I32, I64, Bool, Index


def rounds(point: Index, entry: I32, t: I64, scratch: Index) -> Iterator[Index | None]:
    """Yield row indexes round by round; None means: all rows, as they stand.

    Within an entry a point's readings are ordered by `t`, stable; entries keep their order (semantics 1.5).
    `scratch` is as long as there are points; its content does not matter.
    """
    n = len(point)
    if n == 0:
        return
    index = np.arange(n)
    scratch[point] = index
    if bool((scratch[point] == index).all()):
        yield None
        return
    order = np.argsort(point, kind="stable")
    by_point = point[order]
    starts = np.empty(n, dtype=np.bool_)
    starts[0] = True
    np.not_equal(by_point[1:], by_point[:-1], out=starts[1:])
    if _out_of_order(starts, entry[order], t[order]):
        order = np.lexsort((t, entry, point))
    begin = np.flatnonzero(starts)
    rank = index - np.repeat(begin, np.diff(np.append(begin, n)))
    # Stable: a point's readings already stand in order, so equal ranks come out in order of points.
    by_rank = np.argsort(rank, kind="stable")
    order = order[by_rank]
    cuts = np.flatnonzero(np.diff(rank[by_rank])) + 1
    yield from np.split(order, cuts)


def _out_of_order(starts: Bool, entry: I32, t: I64) -> bool:
    same = ~starts[1:] & (entry[1:] == entry[:-1])
    return bool((same & (t[1:] < t[:-1])).any())
