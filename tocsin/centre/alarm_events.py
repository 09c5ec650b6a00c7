"""Alarm events as they happen, in sight, by the book's numbers: one reader for however many streams."""

import threading
from collections import deque
from typing import Any, Final, NamedTuple

from rules.events import public_form
from tocsin.accounts.roles import Permission, Principal
from tocsin.book import BookReader
from tocsin.book.reader import BookedEvent
from tocsin.centre.alarms import reading
from tocsin.centre.board import Board
from tocsin.centre.grounds import Grounds
from tocsin.centre.sight import demand
from tocsin.records import Records

_KEPT: Final = 5000
_AT_ONCE: Final = 1000


class SeenEvent(NamedTuple):
    """An event in the published form (docs/reference/events.md). `seq` is its number in the book: 1, 2, 3, ..."""

    seq: int
    id: str
    enterprise: str
    form: dict[str, Any]


class Events(NamedTuple):
    """Those in sight among the events up to `upto`: go on from there."""

    events: list[SeenEvent]
    upto: int


class AlarmEvents:
    """Thread-safe. The newest events are kept at hand; who is further behind reads the book."""

    def __init__(self, records: Records, grounds: Grounds, board: Board) -> None:
        self._records = records
        self._grounds = grounds
        self._board = board
        self._lock = threading.Lock()
        self._kept: deque[SeenEvent] = deque(maxlen=_KEPT)
        self._last = 0

    @property
    def last_seq(self) -> int:
        """The newest event's number, as far as the board has looked: 0 until it has."""
        return self._board.last_seq

    def newest(self) -> int:
        """The newest event's number in the book. UnavailableError."""
        with reading(self._records) as db:
            return BookReader(db).last_seq

    def since(self, principal: Principal, after: int) -> Events:
        """Events with a number above `after`, at most a thousand looked at. UnavailableError."""
        demand(principal, Permission.VIEW)
        sight = self._grounds.now().sight(principal)
        found = self._after(after)
        upto = found[-1].seq if found else after
        return Events([e for e in found if sight.sees(e.enterprise)], upto)

    def _after(self, after: int) -> list[SeenEvent]:
        with self._lock:
            if self._board.last_seq < self._last:  # another book stands there
                self._kept.clear()
                self._last = 0
            if self._board.last_seq > self._last:
                self._follow()
            if self._kept and self._kept[0].seq <= after + 1:
                return [e for e in self._kept if e.seq > after][:_AT_ONCE]
            if after >= self._last:
                return []
        return self._read(after)

    def _follow(self) -> None:
        """Called with the lock."""
        begin = self._last or max(0, self._board.last_seq - _KEPT)
        while begin < self._board.last_seq:
            found = self._read(begin)
            if not found:
                break
            self._kept.extend(found)
            begin = found[-1].seq
        self._last = begin

    def _read(self, after: int) -> list[SeenEvent]:
        """Up to where the board has looked: what comes later wakes who waits when the board gets there."""
        last = self._board.last_seq
        with reading(self._records) as db:
            return [_seen(event) for event in BookReader(db).events(after, _AT_ONCE) if event.seq <= last]


def _seen(booked: BookedEvent) -> SeenEvent:
    event = booked.numbered.event
    return SeenEvent(booked.seq, booked.numbered.id, event.enterprise, public_form(event))
