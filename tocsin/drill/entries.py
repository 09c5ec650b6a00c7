"""A simulation as the entries of a log, second by second, without keeping all of it (semantics 1.3)."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np

from ingest.feed import Feed
from plant.batch import Batch
from plant.entries import Readings, Tick
from tocsin.runtime.fold import Numbered

SOURCE = "drill"
_SECOND_MS = 1000


def entries_of(parts: Iterable[Feed], start_ms: int, end_ms: int) -> Iterator[Numbered]:
    """The entries of a feed that comes in parts, in order of arrival: a batch for each time of arrival, else a tick.

    A bare part arrives at the ends of its seconds. Ticks go from the second after `start_ms` to `end_ms`, and on to the
    last arrival.
    """
    position = 0
    clock_ms = start_ms // _SECOND_MS * _SECOND_MS
    for received_ms, batch in _batches(parts):
        for tick_ms in range((clock_ms // _SECOND_MS + 1) * _SECOND_MS, received_ms, _SECOND_MS):
            yield position, Tick(tick_ms)
            position += 1
        yield position, Readings(received_ms, batch, SOURCE)
        position += 1
        clock_ms = received_ms
    for tick_ms in range((clock_ms // _SECOND_MS + 1) * _SECOND_MS, end_ms + 1, _SECOND_MS):
        yield position, Tick(tick_ms)
        position += 1


def _batches(parts: Iterable[Feed]) -> Iterator[tuple[int, Batch]]:
    """(received_at_ms, batch), by distinct time of arrival; the last one of a part waits for the rest of it."""
    held: list[tuple[int, Batch]] = []
    for part in parts:
        received = _received(part)
        bounds = [0, *(np.flatnonzero(np.diff(received)) + 1).tolist(), len(received)] if len(received) else [0]
        for start, stop in pairwise(bounds):
            rows = slice(start, stop)
            batch = Batch(part.point[rows], part.measured_at_ms[rows], part.value[rows], part.quality[rows])
            at_ms = int(received[start])
            if held and held[0][0] != at_ms:
                yield _joined(held)
                held = []
            held.append((at_ms, batch))
    if held:
        yield _joined(held)


def _received(part: Feed) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    if part.received_at_ms is not None:
        return part.received_at_ms
    return (part.measured_at_ms // _SECOND_MS + 1) * _SECOND_MS


def _joined(held: list[tuple[int, Batch]]) -> tuple[int, Batch]:
    if len(held) == 1:
        return held[0]
    batches = [batch for _, batch in held]
    columns = ("point", "measured_at_ms", "value", "quality")
    return held[0][0], Batch(*(np.concatenate([getattr(batch, name) for batch in batches]) for name in columns))
