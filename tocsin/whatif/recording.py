"""Recorded readings as entries of a log, to be decided under any rules: a feed, or a data folder's journal."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.feed import Feed, count_entries, entries_of_feed, read_feed
from plant.batch import Batch
from plant.entries import Configuration, Entry, Position, Readings, Tick
from plant.quality import OLDEST_TIME_MS
from plant.registry import PointRegistry
from plant.site import Site
from tocsin.log.layout import JOURNAL, REGISTRY
from tocsin.log.reader import JournalReader
from tocsin.log.registry_file import load_registry
from tocsin.runtime.fold import in_groups

Advance = Callable[[float, float], None]
"""(done, total)"""

Trend = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Times in ms since the epoch, and values."""


class Recording(Protocol):
    """Entries that can be read as often as needed, and the numbers of their points."""

    registry: PointRegistry
    skipped: int
    """Rows of unknown points that were left out."""

    def entries(self, end_ms: int | None, advance: Advance) -> Iterator[list[Entry]]:
        """Entries received before `end_ms` (None: all), in groups. Configurations are ticks: they only move time."""

    def heard(self) -> frozenset[str]:
        """The points of which there can be readings."""

    def trend(self, point: str, from_ms: int, to_ms: int) -> Trend:
        """A point's finite readings received in [from, to]."""


class FeedRecording:
    """A feed. It holds all readings in memory, as a replay does."""

    def __init__(self, path: Path, sites: Iterable[Site], skip_unknown: bool, advance: Advance) -> None:
        """InputError with every row that can't be read."""
        self.registry = PointRegistry()
        for site in sites:
            self.registry.assign(site.points)
        self._feed: Feed = read_feed(path, self.registry, skip_unknown, lambda done, total: advance(done, total * 2))
        self.skipped = self._feed.skipped

    def entries(self, end_ms: int | None, advance: Advance) -> Iterator[list[Entry]]:
        total, done = count_entries(self._feed), 0
        for group in _groups(entries_of_feed(self._feed), end_ms):
            yield group
            done += len(group)
            advance(total + done, total * 2)

    def heard(self) -> frozenset[str]:
        return frozenset(self.registry.id_of(int(number)) for number in np.unique(self._feed.point))

    def trend(self, point: str, from_ms: int, to_ms: int) -> Trend:
        feed = self._feed
        key_ms = feed.sort_key_ms
        rows = slice(int(np.searchsorted(key_ms, from_ms)), int(np.searchsorted(key_ms, to_ms, "right")))
        mine = feed.point[rows] == self.registry.numbers[point]
        return _finite(feed.measured_at_ms[rows][mine], feed.value[rows][mine], key_ms[rows][mine])


class JournalRecording:
    """A data folder's journal, read-only, also while the service writes it; what comes later is not seen."""

    skipped = 0

    def __init__(self, data: Path, sites: Iterable[Site], begin_ms: int | None = None) -> None:
        """What was received from `begin_ms` on (None: all). ValueError where a site and the journal share no point."""
        self._reader = JournalReader.open(data / JOURNAL)
        self._start, self._end = self._reader.first, self._reader.end
        if begin_ms is not None:
            self._start = max(self._start, self._reader.position_at(begin_ms))
        # After the end was taken: what was journaled before it has its number.
        self.registry = load_registry(data / REGISTRY)
        self._numbered = len(self.registry)
        for site in sites:
            if site.points and not any(point in self.registry.numbers for point in site.points):
                raise ValueError(f"{data}: the journal knows none of the points of {site.name!r}: another site's?")
            self.registry.assign(site.points)

    def entries(self, end_ms: int | None, advance: Advance) -> Iterator[list[Entry]]:
        stop = self._end if end_ms is None else min(self._end, self._reader.position_at(end_ms))
        done = 0
        for group in _groups((entry for _, entry in self._read(self._start, stop)), None):
            yield group
            done += len(group)
            advance(done, stop - self._start)

    def heard(self) -> frozenset[str]:
        return frozenset(self.registry.ids[: self._numbered])

    def trend(self, point: str, from_ms: int, to_ms: int) -> Trend:
        number = self.registry.numbers[point]
        start, stop = self._reader.position_at(from_ms), self._reader.position_at(to_ms + 1)
        times, values, received = [], [], []
        for _, entry in self._read(max(start, self._start), min(stop, self._end)):
            if isinstance(entry, Readings):
                mine = entry.batch.point == number
                times.append(entry.batch.measured_at_ms[mine])
                values.append(entry.batch.value[mine])
                received.append(np.full(len(times[-1]), entry.received_at_ms, dtype=np.int64))
        if not times:
            return np.empty(0, dtype=np.int64), np.empty(0)
        return _finite(np.concatenate(times), np.concatenate(values), np.concatenate(received))

    def _read(self, start: Position, stop: Position) -> Iterator[tuple[Position, Entry]]:
        return self._reader.read(start, stop) if start < stop else iter(())


def only_points(entries: Sequence[Entry], wanted: NDArray[np.bool_]) -> list[Entry]:
    """The same entries with the readings of some points alone (a mark for each point number): the clock is the same."""
    kept: list[Entry] = []
    for entry in entries:
        if isinstance(entry, Readings):
            mine = wanted[entry.batch.point]
            batch: Batch = entry.batch.select(mine)
            kept.append(Readings(entry.received_at_ms, batch, entry.source))
        else:
            kept.append(entry)
    return kept


def _groups(entries: Iterable[Entry], end_ms: int | None) -> Iterator[list[Entry]]:
    for group in in_groups(enumerate(entries), most_entries=1 << 16):
        told: list[Entry] = [
            Tick(entry.received_at_ms) if isinstance(entry, Configuration) else entry
            for _, entry in group
            if end_ms is None or entry.received_at_ms < end_ms
        ]
        if told:
            yield told
        if len(told) < len(group):
            return


def _finite(measured_at_ms: NDArray[np.int64], value: NDArray[np.float64], received_at_ms: NDArray[np.int64]) -> Trend:
    t = np.where(measured_at_ms < OLDEST_TIME_MS, received_at_ms, measured_at_ms)
    good = np.isfinite(value)
    return t[good], value[good]
