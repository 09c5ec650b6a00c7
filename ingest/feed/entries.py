"""A feed as the entries of a log: batches, and ticks where nothing came (semantics 1.3)."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ingest.feed.feed import Feed
from plant.batch import Batch
from plant.entries import Readings, Tick

_SECOND_MS = 1000


def entries_of_feed(feed: Feed) -> Iterator[Readings | Tick]:
    """The entries that a replay of a feed in order folds; lazy, for a feed may hold years of silence.

    A bare feed makes a batch of each second that has readings, taken in at its end; one with received_at makes a batch
    of each distinct time. Every whole second strictly between two batches is a tick.
    """
    received_at_ms = _received(feed)
    bounds = _bounds(received_at_ms)
    last_ms: int | None = None
    for start, stop in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        now_ms = int(received_at_ms[start])
        if last_ms is not None:
            for tick_ms in range((last_ms // _SECOND_MS + 1) * _SECOND_MS, now_ms, _SECOND_MS):
                yield Tick(tick_ms)
        rows = slice(start, stop)
        batch = Batch(feed.point[rows], feed.measured_at_ms[rows], feed.value[rows], feed.quality[rows])
        yield Readings(now_ms, batch)
        last_ms = now_ms


def count_entries(feed: Feed) -> int:
    """How many entries `entries_of_feed` gives, without making them."""
    received_at_ms = _received(feed)
    times = received_at_ms[_bounds(received_at_ms)[:-1]]
    ticks = np.maximum(0, -(-times[1:] // _SECOND_MS) - times[:-1] // _SECOND_MS - 1)
    return len(times) + int(ticks.sum())


def _received(feed: Feed) -> NDArray[np.int64]:
    if feed.received_at_ms is not None:
        return feed.received_at_ms
    return (feed.measured_at_ms // _SECOND_MS + 1) * _SECOND_MS


def _bounds(received_at_ms: NDArray[np.int64]) -> NDArray[np.intp]:
    """The first row of each batch, and the end."""
    if not len(received_at_ms):
        return np.zeros(1, dtype=np.intp)
    return np.concatenate(([0], np.flatnonzero(np.diff(received_at_ms)) + 1, [len(received_at_ms)]))
