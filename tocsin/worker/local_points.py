"""The points of one shard under numbers of its own, so that its memory goes with the shard and not with the site."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from plant.batch import Batch
from plant.registry import PointRegistry

_NONE = -1


class LocalPoints:
    """Numbers are given in the order in which versions bring points, and stay: state that was kept goes by them."""

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self.registry = PointRegistry(ids)
        self._own: NDArray[np.int32] = np.zeros(0, dtype=np.int32)

    def follow(self, points: Iterable[str], numbers: Mapping[str, int]) -> None:
        """Points that the shard has from now on, and the site's number of every point there ever was."""
        self.registry.assign(points)
        of_site = np.array([numbers[point] for point in self.registry.ids], dtype=np.intp)
        self._own = np.full(int(of_site.max(initial=_NONE)) + 1, _NONE, dtype=np.int32)
        self._own[of_site] = np.arange(len(of_site), dtype=np.int32)

    def batch(self, batch: Batch) -> Batch:
        """The same readings under the shard's numbers, without those of other shards' points."""
        point = batch.point
        if len(point) and int(point.max()) >= len(self._own):
            batch = batch.select(point < len(self._own))
        own = self._own.take(batch.point)
        if len(own) and int(own.min()) < 0:
            there = own >= 0
            batch, own = batch.select(there), own[there]
        return Batch(own.astype(np.uint32), batch.measured_at_ms, batch.value, batch.quality)

    def points(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """The shard's numbers of these points; others are left out."""
        return tuple(int(self._own[n]) for n in numbers if n < len(self._own) and self._own[n] >= 0)
