"""The follower that writes how things stand: every minute, and within seconds where alarms or disposals changed."""

import contextlib
import random
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Protocol

import msgspec

from alerts.ground import Ground
from alerts.record import AlarmRecord
from alerts.risk import Inherent, Node
from plant.entries import Position
from tocsin.book.schema import open_reader
from tocsin.clock import Clock
from tocsin.database import Database, Place
from tocsin.followers.backoff import Backoff
from tocsin.followers.cursor import CursorStore, replace_file
from tocsin.followers.influx.patience import PatientWriter
from tocsin.followers.influx.settings import InfluxSettings
from tocsin.followers.influx.sink import LineSink
from tocsin.followers.status import FollowerStatus
from tocsin.history.states.alarms import Slots, changed_alarms, open_alarms, span_line
from tocsin.history.states.delivery import AttemptStates, delivery_lines
from tocsin.history.states.disposals import DisposalStates
from tocsin.history.states.line import NS_PER_MS
from tocsin.history.states.own import Own, own_lines
from tocsin.history.states.risk import RiskStates
from tocsin.history.steady import Steady

_LOOK_S: Final = 1.0
_EVENTS_AT_ONCE: Final = 5_000
_LIMITS_MS: Final = 300_000
"""How often limits are written: they hardly change, and a line over a board has to have its points."""
_BACK_MS: Final = 90 * 86_400_000
"""Disposals that were opened longer ago than this are not looked for when they are closed while nobody looked."""


class Surroundings(Protocol):
    """What the follower is told of the running service. Asked from its thread."""

    def ground(self) -> Ground:
        """Of the configuration in force."""

    def inherent(self) -> Mapping[Node, Inherent]:
        """Inherent grades of places as of now."""

    def devices(self, at_ns: int) -> list[str]:
        """The lines of `device`, `online` and `coverage`."""

    def limits(self, at_ns: int) -> list[str]:
        """The lines of `limit`."""

    def own(self) -> Own: ...

    def channels(self) -> list[str]:
        """Every channel and webhook by name."""


class StateCursor(msgspec.Struct, frozen=True):
    """What is written: events and attempts by their numbers, disposals by when they were looked at."""

    event: int = 0
    attempt: int = 0
    looked_ms: int = 0


class StateFile:
    """Implements CursorStore[StateCursor] as a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> StateCursor | None:
        """None where there is no file, or none that can be read: then all is written again."""
        with contextlib.suppress(FileNotFoundError, msgspec.MsgspecError):
            return msgspec.json.decode(self._path.read_bytes(), type=StateCursor)
        return None

    def save(self, cursor: StateCursor) -> None:
        """OSError if there is no room; the old one then stays."""
        replace_file(self._path, msgspec.json.encode(cursor))


class StateFollower:
    """`start` and `stop` from the composition root; `status` from any thread."""

    name = "states"

    def __init__(
        self,
        book: Place,
        sink: LineSink,
        around: Surroundings,
        folder: Path,
        clock: Clock,
        settings: InfluxSettings,
        cursors: CursorStore[StateCursor] | None = None,
    ) -> None:
        """`folder` gets `states.rejected.jsonl`, if ever needed, and `states.cursor` unless `cursors` says where else
        the cursor is kept.
        """
        self._book = book
        self._sink = sink
        self._around = around
        self._cursors = cursors or StateFile(folder / "states.cursor")
        self._clock = clock
        self._settings = settings
        self._stopping = threading.Event()
        backoff = Backoff(settings.backoff_min_s, settings.backoff_max_s, random.Random())
        self._writer = PatientWriter(sink, backoff, self._stopping, folder / "states.rejected.jsonl")
        self._steady = Steady("states", self._step, self._begin, self._stopping, _LOOK_S)
        self._db: Database | None = None
        self._written = 0
        self._begin()

    @property
    def position(self) -> Position:
        """States are read from the book, not from the log: it may drop what it likes."""
        return 1 << 62

    def start(self) -> None:
        """Begin; returns at once."""
        self._steady.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Give up the present request. Changes of alarms, disposals and attempts are written at the next start."""
        self._steady.stop(timeout_s)
        self._sink.close()

    def status(self) -> FollowerStatus:
        """How it stands; `readings` counts lines written."""
        return FollowerStatus(
            position=0,
            event=self._cursor.event,
            lag_entries=0,
            lag_s=0.0,
            readings=self._written,
            events=0,
            rejected=self._writer.rejected.count,
            lost_entries=0,
            failures=self._writer.failures,
            refused=self._writer.refused,
            trouble=self._writer.trouble or self._steady.trouble,
        )

    def _begin(self) -> None:
        """Go back to what is known to be written."""
        if self._db is not None:
            self._db.close()
        self._db = None
        self._cursor = self._cursors.load() or StateCursor()
        self._next_ms = 0
        self._next_limits_ms = 0
        self._last = 0
        self._slots = Slots()
        self._risk: tuple[Ground, RiskStates] | None = None
        self._alarms: dict[str, AlarmRecord] | None = None
        self._attempts = AttemptStates(self._cursor.attempt)
        looked_ms = self._cursor.looked_ms
        self._disposals = DisposalStates(looked_ms, looked_ms - _BACK_MS)

    def _step(self) -> bool:
        if self._db is None:
            # Opened here: a connection stays in the thread that made it.
            self._db = open_reader(self._book)
        db, now_ms = self._db, self._clock.now_ms()
        every_ms = self._settings.status_s * 1000
        at_ms = now_ms // every_ms * every_ms if now_ms >= self._next_ms else now_ms
        whole = now_ms >= self._next_ms
        ground = self._around.ground()
        lines, event = self._of_alarms(db, ground, at_ms * NS_PER_MS, whole=whole)
        lines += self._disposals.changed(db, ground)
        lines += self._attempts.changed(db)
        if whole:
            lines += self._disposals.counts(ground, at_ms * NS_PER_MS)
            lines += delivery_lines(db, self._around.channels(), now_ms, at_ms * NS_PER_MS)
            lines += self._around.devices(at_ms * NS_PER_MS)
            lines += own_lines(self._around.own(), at_ms * NS_PER_MS)
            self._next_ms = at_ms + every_ms
            if now_ms >= self._next_limits_ms:
                lines += self._around.limits(at_ms * NS_PER_MS)
                self._next_limits_ms = at_ms // _LIMITS_MS * _LIMITS_MS + _LIMITS_MS
        self._write(lines)
        if lines:
            self._cursor = StateCursor(event, self._attempts.cursor, now_ms)
            self._cursors.save(self._cursor)
        return event < self._last

    def _of_alarms(self, db: Database, ground: Ground, at_ns: int, *, whole: bool) -> tuple[list[str], int]:
        """(lines of alarms and of risk, the last event that they take in)."""
        self._last = int(db.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0])
        after = self._cursor.event if self._cursor.event <= self._last else 0  # else the book was made anew
        event = min(self._last, after + _EVENTS_AT_ONCE)
        moved = event > after
        lines = [span_line(record, ground) for record in changed_alarms(db, after, event)] if moved else []
        if not (moved or whole):
            return lines, event
        alarms = open_alarms(db)
        if self._risk is None or self._risk[0] is not ground:
            self._risk = ground, RiskStates(ground)
        places = self._risk[1].take(db, alarms)
        if whole or places:
            lines += self._risk[1].lines(self._around.inherent(), at_ns, None if whole else places)
        if whole or alarms != self._alarms:
            lines += self._slots.lines(alarms, ground, at_ns)
        self._alarms = alarms
        return lines, event

    def _write(self, lines: Iterable[str]) -> None:
        some = [line for line in lines if line]
        for start in range(0, len(some), self._settings.batch_lines):
            self._writer.write(some[start : start + self._settings.batch_lines])
        self._written += len(some)
