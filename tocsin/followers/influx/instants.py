"""Readings of one point at one millisecond: InfluxDB keeps one value a series and instant, a spark may give two."""

import numpy as np
from numpy.typing import NDArray


def tell_apart(
    point: NDArray[np.uint32] | NDArray[np.int64],
    time_ms: NDArray[np.int64],
    value: NDArray[np.float64],
    quality: NDArray[np.uint8],
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Which rows to keep, in their order, and each row's ordinal (a column beside the others) within its instant.

    Rows equal in point, time, value and quality are one: the first is kept. Rows of one point and time that differ
    get 0, 1, 2, ... in their order. The same batch always gives the same answer, so writing it twice is harmless.
    """
    n = len(point)
    ordinal = np.zeros(n, dtype=np.int64)
    everything = np.arange(n, dtype=np.intp)
    order = np.lexsort((time_ms, point))
    same_as_next = (point[order][1:] == point[order][:-1]) & (time_ms[order][1:] == time_ms[order][:-1])
    if not same_as_next.any():
        return everything, ordinal

    keep = np.ones(n, dtype=np.bool_)
    shared = np.zeros(n, dtype=np.bool_)
    shared[order[1:][same_as_next]] = True
    shared[order[:-1][same_as_next]] = True
    seen: dict[tuple[int, int], set[tuple[bytes, int]]] = {}
    for row in np.flatnonzero(shared).tolist():
        instant = seen.setdefault((int(point[row]), int(time_ms[row])), set())
        # Bytes, for NaN is not equal to itself.
        what = (value[row].tobytes(), int(quality[row]))
        keep[row] = what not in instant
        ordinal[row] = len(instant)
        instant.add(what)
    return everything[keep], ordinal
