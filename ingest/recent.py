"""Knows readings that were taken in a short while ago, for messages that the broker delivers a second time.

After a crash or a lost connection the broker repeats what it has no acknowledgement for. The engine would know most of
these readings as late or duplicate; but after a pause of more than three periods a late reading looks like one of a
clock that stepped back (semantics 1.7), and would be taken again. So a message marked as repeated is let in only if
it brings a reading that is not among the latest ones.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from plant.batch import Batch

U64 = NDArray[np.uint64]

_FACTORS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9))


class RecentReadings:
    """The latest batches, searched only when a repeated message comes. Bounded by readings and by batches."""

    def __init__(self, max_readings: int = 2_000_000, max_batches: int = 10_000) -> None:
        self._batches: deque[Batch] = deque()
        self._readings = 0
        self._max_readings = max_readings
        self._max_batches = max_batches
        self._sorted: U64 | None = None
        self._unsorted: list[Batch] = []
        """Batches that came after the last search."""

    def note(self, batch: Batch) -> None:
        """Remember a batch that was taken in. Costs nothing per reading."""
        self._batches.append(batch)
        self._readings += len(batch)
        while len(self._batches) > 1 and (
            self._readings > self._max_readings or len(self._batches) > self._max_batches
        ):
            self._readings -= len(self._batches.popleft())
        if self._sorted is not None:
            self._unsorted.append(batch)
            if len(self._unsorted) > self._max_batches:
                self._sorted, self._unsorted = None, []

    def knows(self, point: bytes, measured_at_ms: bytes, value: NDArray[np.float64]) -> bool:
        """Whether every reading of a message (uint32 and int64 cells, values) is among the latest."""
        if self._sorted is None:
            self._sorted = np.sort(np.concatenate([np.zeros(0, np.uint64), *map(_hashes_of, self._batches)]))
            self._unsorted = []
        wanted = _hashes(np.frombuffer(point, np.uint32), np.frombuffer(measured_at_ms, np.int64), value)
        at = np.searchsorted(self._sorted, wanted)
        found = np.zeros(len(wanted), dtype=np.bool_)
        inside = at < len(self._sorted)
        found[inside] = self._sorted[at[inside]] == wanted[inside]
        if self._unsorted and not found.all():
            found |= np.isin(wanted, np.concatenate([_hashes_of(batch) for batch in self._unsorted]))
        return bool(found.all())


def _hashes_of(batch: Batch) -> U64:
    return _hashes(batch.point, batch.measured_at_ms, batch.value)


def _hashes(point: NDArray[np.uint32], measured_at_ms: NDArray[np.int64], value: NDArray[np.float64]) -> U64:
    """64 bits of (point, time, value): that two different readings share them is not to be expected in a lifetime."""
    columns = (measured_at_ms.view(np.uint64), np.ascontiguousarray(value).view(np.uint64))
    mixed: U64 = point.astype(np.uint64) * _FACTORS[0]
    for column, factor in zip(columns, _FACTORS[1:], strict=True):
        mixed ^= mixed >> np.uint64(29)
        mixed += column * factor
        mixed ^= mixed >> np.uint64(32)
        mixed *= _FACTORS[0]
    return mixed
