"""The readings of whole hours, out of a data folder's journal: to fill history from, or to hold it against."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from plant.entries import Configuration, Position, Readings
from plant.quality import AHEAD_MS
from tocsin.history.buckets import HOUR_MS, Rows
from tocsin.history.rollup import rows_of
from tocsin.log.layout import JOURNAL
from tocsin.log.reader import JournalReader
from tocsin.log.versions import version_at, versions_of

_NS_PER_MS: Final = 1_000_000

Advance = Callable[[float, float], None]
"""(done, total)"""


@dataclass(frozen=True, slots=True)
class Span:
    """[from_ms, to_ms), whole hours, and where in the journal their readings stand: [start, end)."""

    from_ms: int
    to_ms: int
    start: Position
    end: Position

    @property
    def hours(self) -> list[int]:
        return list(range(self.from_ms, self.to_ms, HOUR_MS))


class Walk:
    """One data folder, read-only, also while a service writes it."""

    def __init__(self, data: Path) -> None:
        """FileNotFoundError if there is no journal."""
        self._data = data
        self.reader = JournalReader.open(data / JOURNAL)

    def span(self, from_ms: int | None, to_ms: int | None, end: Position, wait_ms: int) -> Span:
        """The whole hours that lie in what is asked for, are over, and of which the journal holds all.

        ValueError in words if there are none.
        """
        end = min(end, self.reader.end)
        first = self.reader.first
        if first >= end:
            raise ValueError(f"{self._data}: the journal is empty")
        first_ms, last_ms = self._received_ms(first), self._received_ms(end - 1)
        # At the journal's very beginning nothing came before; elsewhere the first hour is not whole.
        whole_ms = first_ms // HOUR_MS * HOUR_MS if first == 0 else _up(first_ms + AHEAD_MS)
        over_ms = (last_ms - wait_ms) // HOUR_MS * HOUR_MS
        from_ms = whole_ms if from_ms is None else max(_up(from_ms), whole_ms)
        to_ms = over_ms if to_ms is None else min(to_ms // HOUR_MS * HOUR_MS, over_ms)
        if from_ms >= to_ms:
            raise ValueError(f"{self._data}: the journal holds no whole hour of that span that is over")
        return Span(from_ms, to_ms, self.reader.position_at(from_ms - AHEAD_MS), end)

    def site_at(self, position: Position) -> str:
        """The digest of the configuration in force there; "" where nothing tells."""
        version = version_at(versions_of(self._data), position)
        return version.digest if version is not None else ""

    def entries(
        self, span: Span, start: Position, advance: Advance, use: Callable[[str], None] = lambda _: None
    ) -> Iterator[tuple[Position, int, Readings | None, Rows]]:
        """(position, received_at_ms, entry, its rows within the span) from `start` on; entry is None without rows.

        `use` hears of each version of the site as it takes effect.
        """
        nothing = Rows.of([])
        for position, entry in self.reader.read(start, span.end):
            if isinstance(entry, Configuration) and entry.kind == "site":
                use(entry.digest)
            if position % 1000 == 0:
                advance(position - span.start, span.end - span.start)
            if not isinstance(entry, Readings) or not len(entry.batch):
                yield position, entry.received_at_ms, None, nothing
                continue
            rows = rows_of(entry)
            within = (rows.at_ns >= span.from_ms * _NS_PER_MS) & (rows.at_ns < span.to_ms * _NS_PER_MS)
            if not within.all():
                rows = rows.where(np.flatnonzero(within))
            yield position, entry.received_at_ms, entry if len(rows) else None, rows

    def _received_ms(self, position: Position) -> int:
        return next(entry for _, entry in self.reader.read(position, position + 1)).received_at_ms


def _up(ms: int) -> int:
    return -(-ms // HOUR_MS) * HOUR_MS
