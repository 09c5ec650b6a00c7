"""Where feeds are opened: over the journal of one service, or over a cluster's book and the logs of its shards."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Final, Protocol

from plant.entries import Position
from tocsin.book import BookReader
from tocsin.book.schema import open_reader
from tocsin.northbound.feed import Feed, Item, Sees, What
from tocsin.northbound.parted import BookFeed, ReadingsFeed
from tocsin.records import FolderRecords, NotInAClusterError, Records
from tocsin.records.parts import LogPart

NOT_BOTH: Final = (
    "in a cluster alarms go by their number in the book, readings by their time: ask for what=alarms or what=readings"
)


class OneFeed(Protocol):
    """Use in one thread. UNREADABLE."""

    def end(self) -> Position:
        """Everything before it can be told."""

    def upto(self, after: Position, most: int) -> Position:
        """How far to look from behind `after`, so that it does not take long."""

    def items(
        self, after: Position, what: What, sees: Sees, sees_enterprise: Sees, upto: Position | None = None
    ) -> Iterator[Item]:
        """What entries behind `after`, up to `upto` (included; None: all there is), brought. GoneError."""


class Feeds(Protocol):
    """Thread-safe."""

    def open(self, what: What) -> AbstractContextManager[OneFeed]:
        """One to read from now. NotInAClusterError where there is none of `what`."""


def feeds_of(records: Records) -> Feeds:
    """Nothing is opened yet."""
    return FolderFeeds(records.data) if isinstance(records, FolderRecords) else PartedFeeds(records)


class FolderFeeds:
    """Implements Feeds over a data folder; each opens what it reads."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def open(self, what: What) -> Feed:
        return Feed(self._data)


class PartedFeeds:
    """Implements Feeds where the log has parts: they are opened once, and one reads at a time."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._lock = threading.Lock()
        self._held = ExitStack()
        self._parts: Sequence[LogPart] = ()

    @contextmanager
    def open(self, what: What) -> Iterator[OneFeed]:
        if what == "both":
            raise NotInAClusterError(NOT_BOTH)
        with self._lock:
            if what == "alarms":
                with ExitStack() as opened:
                    db = open_reader(self._records.book)
                    opened.callback(db.close)
                    yield BookFeed(BookReader(db))
                return
            if not self._parts:
                self._parts = self._held.enter_context(self._records.parts())
            yield ReadingsFeed([part.log for part in self._parts], self._records.registry)

    def close(self) -> None:
        """Close the parts."""
        with self._lock:
            self._parts = ()
            self._held.close()
