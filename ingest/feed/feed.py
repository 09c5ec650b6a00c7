"""A recorded feed as columns, in the order in which a replay takes it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from plant.batch import Batch
from plant.quality import NO_TIME_MS, RETAINED, UNREADABLE_TIME_MS

_Cell = TypeVar("_Cell", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Feed:
    """Readings as columns of one length.

    point           uint32   point number of the registry the feed was read with
    measured_at_ms  int64    ms since the epoch, NO_TIME_MS where the cell was empty (only beside received_at_ms)
    value           float64  in the point's unit; NaN where empty, not a number or not finite: its quality is bad
    quality         uint8    plant.quality.Quality
    received_at_ms  int64    ms since the epoch; None for a bare feed
    skipped                  rows of unknown points that were left out
    """

    point: NDArray[np.uint32]
    measured_at_ms: NDArray[np.int64]
    value: NDArray[np.float64]
    quality: NDArray[np.uint8]
    received_at_ms: NDArray[np.int64] | None = None
    skipped: int = 0

    def __post_init__(self) -> None:
        columns = (self.measured_at_ms, self.value, self.quality, self.received_at_ms)
        if any(column is not None and len(column) != len(self.point) for column in columns):
            raise ValueError("the columns of a feed must be of one length")

    def __len__(self) -> int:
        return len(self.point)

    @property
    def sort_key_ms(self) -> NDArray[np.int64]:
        """What a replay goes by: received_at_ms where there is one, else measured_at_ms."""
        return self.measured_at_ms if self.received_at_ms is None else self.received_at_ms

    def select(self, index: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Self:
        """The rows that `index` picks, in its order."""
        received = None if self.received_at_ms is None else self.received_at_ms[index]
        columns = (self.point[index], self.measured_at_ms[index], self.value[index], self.quality[index])
        return type(self)(*columns, received, self.skipped)

    def in_order(self) -> Self:
        """Sorted by `sort_key_ms`; rows of one time keep their order."""
        key = self.sort_key_ms
        return self if bool(np.all(key[1:] >= key[:-1])) else self.select(np.argsort(key, kind="stable"))


def join_feeds(parts: Iterable[Feed], received: bool) -> Feed:
    """The rows of all parts, one after the other. `received` says which kind of feed it is where there are no parts."""
    parts = list(parts)
    received_at_ms = _joined([_received(p) for p in parts], np.int64) if received else None
    return Feed(
        _joined([p.point for p in parts], np.uint32),
        _joined([p.measured_at_ms for p in parts], np.int64),
        _joined([p.value for p in parts], np.float64),
        _joined([p.quality for p in parts], np.uint8),
        received_at_ms,
        sum(p.skipped for p in parts),
    )


def feed_of_batch(received_at_ms: int, batch: Batch) -> Feed:
    """A logged batch as rows of a feed that a replay takes alike.

    Retained readings are left out, for they change nothing. An unreadable timestamp becomes 0, which is taken like it:
    at received_at, good as uncertain (semantics 1.5).
    """
    batch = batch.select((batch.quality & RETAINED) == 0)
    measured_at_ms = np.where(batch.measured_at_ms == UNREADABLE_TIME_MS, 0, batch.measured_at_ms)
    received = np.full(len(batch), received_at_ms, dtype=np.int64)
    return Feed(batch.point, measured_at_ms, batch.value, batch.quality, received)


def check_bare(feed: Feed) -> None:
    """ValueError when a feed without received_at has a reading without a time of its own."""
    if feed.received_at_ms is None and bool(np.any(feed.measured_at_ms <= UNREADABLE_TIME_MS)):
        raise ValueError(f"a reading without a time ({NO_TIME_MS}) in a feed without received_at")


def _received(feed: Feed) -> NDArray[np.int64]:
    if feed.received_at_ms is None:
        raise ValueError("one part of the feed has received_at, another has not")
    return feed.received_at_ms


def _joined(columns: list[NDArray[_Cell]], dtype: type[_Cell]) -> NDArray[_Cell]:
    return np.concatenate(columns) if columns else np.empty(0, dtype=dtype)
