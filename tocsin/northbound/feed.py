"""Readings and alarm events of a data folder by log position, made the same however often they are asked for."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, Self

import numpy as np

from plant.entries import Position, Readings
from plant.quality import NO_TIME_MS, QUALITY_MASK, UNREADABLE_TIME_MS, Quality
from rules.events import public_form
from tocsin.book import BookReader
from tocsin.book.reader import BookedEvent
from tocsin.book.schema import open_reader
from tocsin.database import Database
from tocsin.log.layout import BOOK, JOURNAL, REGISTRY
from tocsin.log.reader import JournalReader
from tocsin.log.registry_file import load_registry

What = Literal["alarms", "readings", "both"]
Sees = Callable[[str], bool]
"""Whether a point is in sight."""

_BY_PEOPLE: Final = frozenset({"acknowledged", "reset", "shelved", "unshelved", "escalated", "closed"})
"""Their reasons name people, who are nobody's business outside."""
_AT_ONCE: Final = 1000


class Item(NamedTuple):
    """What one entry of the log brought. Readings are [point, measured_at, value, quality]; times are ms.

    `measured_at` is null where the device told none, `value` where it is missing.
    """

    position: Position
    received_at: int
    readings: list[list[Any]]
    alarms: list[dict[str, Any]]

    def form(self) -> dict[str, Any]:
        return self._asdict()


class GoneError(LookupError):
    """The position asked for is kept no longer; `first` is the oldest that is."""

    def __init__(self, first: Position) -> None:
        super().__init__(f"the log begins at {first}: what lies before is kept no longer")
        self.first = first


class Feed:
    """One reader of a journal and its alarm book. Use in one thread at a time; BookError, OSError, LogCorruptError."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._reader = JournalReader.open(data / JOURNAL)
        self._db: Database = open_reader(data / BOOK)
        self._book = BookReader(self._db)
        self._registry = load_registry(data / REGISTRY)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    def end(self) -> Position:
        """Everything before it can be told: the log's end, as far as the alarm book has come."""
        return min(self._reader.end, self._book.position)

    def upto(self, after: Position, most: int) -> Position:
        """How far to look from behind `after`: at most so many entries."""
        return min(self.end() - 1, after + most)

    def items(
        self, after: Position, what: What, sees: Sees, sees_enterprise: Sees, upto: Position | None = None
    ) -> Iterator[Item]:
        """What entries behind `after`, up to `upto` (included; None: all there is), brought. GoneError.

        Entries that brought nothing in sight are passed over.
        """
        end = self.end() if upto is None else min(self.end(), upto + 1)
        start = after + 1
        if start < self._reader.first:
            raise GoneError(self._reader.first)
        if start >= end:
            return
        alarms = self._alarms(start, end) if what != "readings" else iter(())
        event = next(alarms, None)
        for position, entry in self._reader.read(start, end):
            told = []
            while event is not None and event.position <= position:
                if sees_enterprise(event.numbered.event.enterprise):
                    told.append(alarm_form(event))
                event = next(alarms, None)
            readings = self._readings(entry, sees) if what != "alarms" and isinstance(entry, Readings) else []
            if told or readings:
                yield Item(position, entry.received_at_ms, readings, told)

    def _alarms(self, start: Position, end: Position) -> Iterator[BookedEvent]:
        seq = self._seq_before(start)
        while found := self._book.events(seq, _AT_ONCE):
            for event in found:
                if event.position >= end:
                    return
                yield event
            seq = found[-1].seq

    def _seq_before(self, start: Position) -> int:
        """The last event before a position. Events are numbered in the order of the log: so by halving."""
        low, high = 0, self._book.last_seq
        while low < high:
            middle = (low + high + 1) // 2
            found = self._book.events(middle - 1, 1)
            if found and found[0].seq <= high and found[0].position < start:
                low = found[0].seq
            else:
                high = middle - 1
        return low

    def _readings(self, entry: Readings, sees: Sees) -> list[list[Any]]:
        batch = entry.batch
        if len(batch) and int(batch.point.max()) >= len(self._registry):
            self._registry = load_registry(self._data / REGISTRY)
        return reading_forms(entry, self._registry.ids, sees)


def reading_forms(entry: Readings, ids: Sequence[str], sees: Sees) -> list[list[Any]]:
    """The readings of the points in sight; `ids` are those of all points by number."""
    batch = entry.batch
    no_time = (batch.measured_at_ms == NO_TIME_MS) | (batch.measured_at_ms == UNREADABLE_TIME_MS)
    rows = zip(
        batch.point.tolist(),
        no_time.tolist(),
        batch.measured_at_ms.tolist(),
        np.isfinite(batch.value).tolist(),
        batch.value.tolist(),
        (batch.quality & QUALITY_MASK).tolist(),
        strict=True,
    )
    return [
        [ids[number], None if timeless else at, value if finite else None, Quality(quality).name.lower()]
        for number, timeless, at, finite, value, quality in rows
        if sees(ids[number])
    ]


def alarm_form(booked: BookedEvent) -> dict[str, Any]:
    """An event in the published form with its id, without the names of people."""
    event = booked.numbered.event
    form = {"id": booked.numbered.id, **public_form(event)}
    if event.event in _BY_PEOPLE:
        form["reason"] = ""
    return form
