"""The alarm book's events for a follower, also while there is no book yet."""

from collections.abc import Sequence

from rules.events import AlarmEvent
from tocsin.book import BookReader
from tocsin.book.schema import BookError
from tocsin.database import Place


class BookEvents:
    """Implements EventFeed. The book is opened when it is asked for the first time, in the follower's thread."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._reader: BookReader | None = None

    @property
    def last_seq(self) -> int:
        reader = self._open()
        return 0 if reader is None else reader.last_seq

    def events_since(self, cursor: int, limit: int) -> Sequence[tuple[int, AlarmEvent, int]]:
        reader = self._open()
        return () if reader is None else reader.events_since(cursor, limit)

    def _open(self) -> BookReader | None:
        """None as long as no notifier has made the book."""
        if self._reader is None:
            try:
                self._reader = BookReader.open_for_reading(self._place)
            except BookError:
                return None
        return self._reader
