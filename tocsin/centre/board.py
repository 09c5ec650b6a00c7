"""The open alarms, kept at hand: one reader of the book for however many screens, each told only what has changed."""

import threading
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from alerts.record import AlarmRecord
from tocsin.book.schema import open_reader
from tocsin.database import Database, Place

_OPEN: Final = "SELECT alarm, record FROM alarms WHERE state <> 'closed'"
_MOVED: Final = f"{_OPEN} AND alarm IN (SELECT alarm FROM events WHERE seq > ?)"  # noqa: S608
_CLOSED: Final = "SELECT alarm FROM alarms WHERE state = 'closed' AND alarm IN (SELECT alarm FROM events WHERE seq > ?)"
_LAST: Final = "SELECT (SELECT coalesce(max(seq), 0) FROM events), (SELECT coalesce(max(seq), 0) FROM audit)"
_WHOLE_S: Final = 3.0
_GONE_KEPT: Final = 50_000


class Changes(NamedTuple):
    """What a screen that stood at an earlier turn has to do. `all` says to forget what it had."""

    turn: int
    changed: tuple[AlarmRecord, ...]
    gone: tuple[str, ...]
    all: bool


class Board:
    """`poll` from one thread; the rest from any. Exercises have a book, and a board, of their own."""

    def __init__(self, book: Callable[[], Place]) -> None:
        """`book` says where it is, whenever it is opened."""
        self._book = book
        self._lock = threading.Lock()
        self._db: Database | None = None
        self._written: object = None
        self._last_act = 0
        self._look_again_s = 0.0
        self._forms: dict[str, str] = {}
        self._records: dict[str, tuple[int, AlarmRecord]] = {}
        self._gone: dict[str, int] = {}
        self._oldest_gone = 0
        self.turn = 0
        """Grows with every change."""
        self.last_seq = 0
        """The newest event's number in the book."""

    def poll(self, now_s: float) -> bool:
        """Look at the book if it was written since; whether anything has changed. BookError, DATABASE_ERRORS.

        The alarms of new events are read at each look, all open ones after acts of people and every few seconds: an
        override changes alarms without an event.
        """
        if self._db is None:
            self._db = open_reader(self._book())
        db = self._db
        written = db.written()
        if written == self._written and now_s < self._look_again_s:
            return False
        with db.view():
            last_seq, last_act = db.execute(_LAST).fetchone()
            whole = last_act != self._last_act or now_s >= self._look_again_s
            rows = dict(db.execute(_OPEN)) if whole else self._forms | dict(db.execute(_MOVED, (self.last_seq,)))
            closed = () if whole else [alarm for (alarm,) in db.execute(_CLOSED, (self.last_seq,))]
        for alarm in closed:
            rows.pop(alarm, None)
        self._written, self._last_act = written, last_act
        if whole:
            self._look_again_s = now_s + _WHOLE_S
        return self._take(rows, last_seq)

    def close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    def changes(self, after: int) -> Changes:
        """What has changed since the turn `after`; 0 or a turn that is too long ago: everything."""
        with self._lock:
            if after <= 0 or after < self._oldest_gone or after > self.turn:
                return Changes(self.turn, tuple(record for _, record in self._records.values()), (), True)
            changed = tuple(record for turn, record in self._records.values() if turn > after)
            gone = tuple(alarm for alarm, turn in self._gone.items() if turn > after)
            return Changes(self.turn, changed, gone, False)

    def record(self, alarm: str) -> AlarmRecord | None:
        """An open alarm."""
        found = self._records.get(alarm)
        return found[1] if found is not None else None

    def records(self) -> list[AlarmRecord]:
        """All open alarms, in no order."""
        with self._lock:
            return [record for _, record in self._records.values()]

    def _take(self, rows: dict[str, str], last_seq: int) -> bool:
        changed = {a: msgspec.json.decode(f, type=AlarmRecord) for a, f in rows.items() if self._forms.get(a) != f}
        gone = self._forms.keys() - rows.keys()
        moved = last_seq != self.last_seq
        with self._lock:
            self.last_seq = last_seq
            if not (changed or gone):
                return moved
            turn = self.turn + 1
            for alarm, record in changed.items():
                self._records[alarm] = (turn, record)
                self._gone.pop(alarm, None)
            for alarm in gone:
                del self._records[alarm]
                self._gone[alarm] = turn
            while len(self._gone) > _GONE_KEPT:
                self._oldest_gone = self._gone.pop(next(iter(self._gone)))
            self._forms = rows
            self.turn = turn
        return True
