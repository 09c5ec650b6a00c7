"""The board's rows in one language, made once for all who look; each gets what it sees, and then what changes."""

import secrets
import threading
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from alerts.record import AlarmRecord
from alerts.severity import severity_rank
from tocsin.centre.board import Board
from tocsin.centre.centre import Centre
from tocsin.centre.errors import UnavailableError
from tocsin.centre.grounds import Grounded
from tocsin.centre.marks import Mark
from tocsin.centre.sight import Sight
from tocsin.console.rows import Row, row_of
from tocsin.console.words import Language

_MARKS_S: Final = 1.0
"""Incidents are looked up no more often than this."""
_GONE_KEPT: Final = 20_000
_CACHED: Final = 64


class Counts(NamedTuple):
    """Of what is in sight: by severity (how many call, how many are open), and the turn when the newest call came."""

    open: dict[str, tuple[int, int]]
    newest: dict[str, int]


@dataclass(slots=True)
class _Kept:
    row: Row
    form: bytes
    turn: int
    called: int
    """The turn at which it began to call; 0: it does not."""


@dataclass(slots=True)
class _Source:
    board: Board
    turn: int = 0
    alarms: dict[str, AlarmRecord] = field(default_factory=dict)


class BoardFeed:
    """Thread-safe. `update` may block for a moment, for a second or so at the first time with 10,000 alarms."""

    def __init__(self, centre: Centre, language: Language) -> None:
        self.epoch = secrets.token_hex(4)
        """Turns of another epoch mean nothing."""
        self.turn = 0
        self._centre = centre
        self._language: Language = language
        self._lock = threading.Lock()
        self._sources = (_Source(centre.watch.board), _Source(centre.watch.exercise_board))
        self._grounded: Grounded | None = None
        self._marks: dict[str, Mark] = {}
        self._marks_due_s = 0.0
        self._marks_stale = False
        self._kept: dict[str, _Kept] = {}
        self._gone: dict[str, tuple[int, str]] = {}
        self._oldest_gone = 0
        self._messages: dict[tuple[Sight, int], str] = {}
        self._counts: dict[Sight, Counts] = {}

    def update(self) -> bool:
        """Take what has changed; whether anything has. UnavailableError while there is no configuration to be read."""
        grounded = self._centre.grounds.now()
        with self._lock:
            again: set[str] = set()
            for source in self._sources:
                again |= self._take(source)
            if grounded is not self._grounded:
                self._grounded = grounded
                again.update(*(source.alarms for source in self._sources))
            again |= self._look_up_marks(bool(again))
            return self._make(grounded, again)

    def rows(self, sight: Sight, after: int, epoch: str) -> str | None:
        """The message for a browser that stands at `after`; None: it has everything."""
        with self._lock:
            whole = epoch != self.epoch or after < self._oldest_gone or after > self.turn
            after = -1 if whole else after
            if after == self.turn:
                return None
            known = self._messages.get((sight, after))
            if known is None:
                if len(self._messages) >= _CACHED:
                    self._messages.clear()
                known = self._messages[sight, after] = self._message(sight, after)
            return known

    def counts(self, sight: Sight) -> Counts:
        """For the header, and for what is heard."""
        with self._lock:
            known = self._counts.get(sight)
            if known is None:
                known = self._counts[sight] = self._count(sight)
            return known

    def _take(self, source: _Source) -> set[str]:
        changes = source.board.changes(source.turn)
        if changes.turn == source.turn:
            return set()
        source.turn = changes.turn
        gone = set(changes.gone)
        if changes.all:
            gone |= source.alarms.keys() - {record.alarm for record in changes.changed}
        for alarm in gone:
            source.alarms.pop(alarm, None)
        source.alarms.update({record.alarm: record for record in changes.changed})
        return gone | {record.alarm for record in changes.changed}

    def _look_up_marks(self, changed: bool) -> set[str]:
        """Alarms whose mark is another one now."""
        self._marks_stale |= changed
        now_s = self._centre.clock.monotonic_s()
        if not self._marks_stale or now_s < self._marks_due_s:
            return set()
        try:
            found = self._centre.marks.of(self._sources[0].alarms.keys())
        except UnavailableError:
            return set()
        self._marks_due_s, self._marks_stale = now_s + _MARKS_S, False
        before, self._marks = self._marks, found
        return {alarm for alarm in before.keys() | found.keys() if before.get(alarm) != found.get(alarm)}

    def _make(self, grounded: Grounded, again: set[str]) -> bool:
        turn, any_new = self.turn + 1, False
        for alarm in again:
            record = next((s.alarms[alarm] for s in self._sources if alarm in s.alarms), None)
            kept = self._kept.get(alarm)
            if record is None:
                if kept is not None:
                    del self._kept[alarm]
                    self._gone[alarm] = (turn, kept.row.enterprise)
                    any_new = True
                continue
            place = grounded.places.of(record.subject, record.enterprise)
            facts = self._centre.alarms.facts(record)
            row = row_of(record, facts, place, self._marks.get(alarm), self._language)
            form = msgspec.json.encode(row)
            if kept is not None and kept.form == form:
                continue
            any_new = True
            called = 0 if not row.calls else self._called(kept, row) or turn
            self._kept[alarm] = _Kept(row, form, turn, called)
            self._gone.pop(alarm, None)
        if any_new:
            self.turn = turn
            while len(self._gone) > _GONE_KEPT:
                self._oldest_gone = self._gone.pop(next(iter(self._gone)))[0]
            self._messages.clear()
            self._counts.clear()
        return any_new

    @staticmethod
    def _called(kept: _Kept | None, row: Row) -> int:
        """Since when it has called; one that has become worse calls anew."""
        if kept is None or severity_rank(row.severity) > severity_rank(kept.row.severity):
            return 0
        return kept.called

    def _message(self, sight: Sight, after: int) -> str:
        rows = [k.form for k in self._kept.values() if k.turn > after and sight.sees(k.row.enterprise)]
        gone = [a for a, (turn, enterprise) in self._gone.items() if turn > after and sight.sees(enterprise)]
        head = msgspec.json.encode(
            {"t": "rows", "turn": self.turn, "epoch": self.epoch, "all": after < 0, "gone": [] if after < 0 else gone}
        )
        return (head[:-1] + b',"rows":[' + b",".join(rows) + b"]}").decode()

    def _count(self, sight: Sight) -> Counts:
        found: dict[str, tuple[int, int]] = {}
        newest: dict[str, int] = {}
        for kept in self._kept.values():
            row = kept.row
            if row.aside or row.exercise or not sight.sees(row.enterprise):
                continue
            calls, every = found.get(row.severity, (0, 0))
            found[row.severity] = (calls + row.calls, every + 1)
            newest[row.severity] = max(newest.get(row.severity, 0), kept.called)
        return Counts(found, newest)
