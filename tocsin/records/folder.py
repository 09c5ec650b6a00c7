"""The records of one service: its data folder, read beside it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final

from plant.entries import Entry, Position
from plant.registry import PointRegistry
from tocsin.configuration import Configured
from tocsin.database import Place
from tocsin.log.layout import BOOK, CHECKPOINTS, EXERCISE, JOURNAL, REGISTRY, VERSIONS
from tocsin.log.reader import JournalReader
from tocsin.log.registry_file import load_registry
from tocsin.log.versions import Version, version_at, versions_of
from tocsin.records.parts import LogPart
from tocsin.records.port import Advance, Looked, Probe
from tocsin.records.traced import Traced
from tocsin.runtime.control import Answer, AnyRequest, ask
from tocsin.runtime.reading import configuration_in_force, resolver

LOOK_BACK_MS: Final = 600_000
"""How much of a log its tail begins with."""


class FolderRecords:
    """Implements Records."""

    def __init__(self, data: Path) -> None:
        self.data = data

    @property
    def book(self) -> Place:
        return self.data / BOOK

    @property
    def exercise_book(self) -> Place | None:
        book = self.data / EXERCISE / BOOK
        return book if book.exists() else None

    def version(self) -> object:
        stat = (self.data / VERSIONS).stat()
        return stat.st_mtime_ns, stat.st_size

    def configured(self) -> Configured:
        return configuration_in_force(self.data)

    def resolve(self, digest: str) -> Configured:
        return resolver(self.data)(digest)

    def versions(self) -> list[Version]:
        return versions_of(self.data)

    def registry(self) -> PointRegistry:
        return load_registry(self.data / REGISTRY)

    def past(self, first_ms: int | None, end_ms: int | None, advance: Advance) -> Iterator[Entry]:
        reader = JournalReader.open(self.data / JOURNAL)
        start = reader.first if first_ms is None else reader.position_at(first_ms)
        stop = reader.end if end_ms is None else reader.position_at(end_ms)
        for position, entry in reader.read(start, stop):
            yield entry
            advance(position - start, stop - start)

    def parts(self) -> AbstractContextManager[Sequence[LogPart]]:
        reader = JournalReader.open(self.data / JOURNAL)
        version = version_at(self.versions(), reader.first)
        return nullcontext([LogPart(reader, None if version is None else version.digest, _all)])

    def trace(self, entries: Sequence[Position], stop: Position) -> AbstractContextManager[Traced]:
        reader = JournalReader.open(self.data / JOURNAL)
        stop = min(stop, reader.end)
        traced = Traced(reader, entries[0], entries[-1], stop, self.versions(), self.data / CHECKPOINTS)
        return nullcontext(traced)

    def look(self, resolve: Callable[[str], Configured] | None = None) -> Looked:
        from tocsin.inventory.asking import see  # not all who look at records ask for devices

        return Looked(*see(self.data, resolve))

    def tail(self) -> "JournalTail":
        return JournalTail(self.data)

    def ask(self, request: AnyRequest) -> Answer:
        return ask(self.data, request)

    def probe(self, listen: str) -> Probe:
        from tocsin.observe.probe import HealthProbe  # httpx is slow to load

        return HealthProbe(listen)

    def journal_folder(self, what: str) -> Path:
        return self.data


def _all(enterprise: str) -> bool:
    return True


class JournalTail:
    """Implements Tail."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._reader: JournalReader | None = None
        self._next: Position = 0
        self._clock_ms = 0

    def poll(self) -> Sequence[Entry]:
        reader = self._reader or self._start()
        end = reader.end
        if end <= self._next:
            return ()
        found = []
        for position, entry in reader.read(max(self._next, reader.first), end):
            self._next = position + 1
            self._clock_ms = max(self._clock_ms, entry.received_at_ms)
            found.append(entry)
        return found

    def clocks_ms(self) -> Mapping[str, int]:
        return {"log": self._clock_ms}

    def close(self) -> None:
        """Nothing is held."""

    def _start(self) -> JournalReader:
        reader = JournalReader.open(self._data / JOURNAL)
        last = reader.end
        newest = next(iter(reader.read(last - 1, last)), None) if last > reader.first else None
        since_ms = newest[1].received_at_ms - LOOK_BACK_MS if newest is not None else 0
        self._next = reader.position_at(since_ms)
        self._reader = reader
        return reader
