"""What can be asked of the alarm book, by its writer and by other processes."""

from collections.abc import Collection
from typing import NamedTuple, Self

import msgspec

from alerts.machine import OPEN, State
from alerts.record import AlarmRecord, NumberedEvent
from plant.entries import OperatorAction, Position
from rules.events import AlarmEvent
from tocsin.book.schema import BookPlace, open_reader
from tocsin.database import AMONG, Database

_ALARMS = f"""
SELECT record FROM alarms WHERE state {AMONG}
ORDER BY raised_at DESC, alarm LIMIT ? OFFSET ?
"""  # noqa: S608
_OPEN_ALARMS = f"""
SELECT record FROM alarms WHERE state <> 'closed' AND state {AMONG}
ORDER BY raised_at DESC, alarm LIMIT ? OFFSET ?
"""  # noqa: S608


class BookedEvent(NamedTuple):
    """An event as it stands in the book. `seq` (1, 2, ...) is the cursor of followers."""

    seq: int
    position: Position
    numbered: NumberedEvent


class BookedAction(NamedTuple):
    """An operator's action, and why it was refused (None: it was taken)."""

    position: Position
    action: OperatorAction
    refused: str | None


class RefusedEvent(NamedTuple):
    """An event of the engine that did not fit its alarm's state: kept aside, with the reason."""

    position: Position
    form: bytes
    reason: str


class BookReader:
    """Read-only queries. Use one in one thread at a time. All lists are bounded by `limit`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @classmethod
    def open_for_reading(cls, place: BookPlace) -> Self:
        """Open an existing book read-only, also while another process writes it. BookError if there is none."""
        return cls(open_reader(place))

    def close(self) -> None:
        self._db.close()

    @property
    def position(self) -> Position:
        """All log entries before this position are in."""
        return int(self._db.execute("SELECT value FROM meta WHERE key = 'position'").fetchone()[0])

    def alarm(self, alarm: str) -> AlarmRecord | None:
        row = self._db.execute("SELECT record FROM alarms WHERE alarm = ?", (alarm,)).fetchone()
        return msgspec.json.decode(row[0], type=AlarmRecord) if row else None

    def alarms(self, states: Collection[State] = OPEN, limit: int = 1000, offset: int = 0) -> list[AlarmRecord]:
        """Alarms in any of these states, the newest first."""
        rows = self._db.execute(
            _ALARMS if State.CLOSED in states else _OPEN_ALARMS,
            (self._db.listed(sorted(states)), limit, offset),
        )
        return [msgspec.json.decode(record, type=AlarmRecord) for (record,) in rows]

    def open_counts(self) -> dict[tuple[State, str], int]:
        """How many alarms are open, by (state, severity)."""
        rows = self._db.execute(
            "SELECT state, severity, count(*) FROM alarms WHERE state <> 'closed' GROUP BY state, severity"
        )
        return {(State(state), severity): count for state, severity, count in rows}

    def events(self, after: int = 0, limit: int = 1000) -> list[BookedEvent]:
        """Events with `seq` greater than `after`, in order."""
        return self._events("SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?", after, limit)

    def events_since(self, cursor: int, limit: int) -> list[tuple[int, AlarmEvent, int]]:
        """The same for followers: (`seq`, event, its number within its alarm)."""
        return [(seq, numbered.event, numbered.n) for seq, _, numbered in self.events(cursor, limit)]

    def events_of(self, alarm: str, limit: int = 1000) -> list[BookedEvent]:
        """The events of one alarm, in order."""
        return self._events("SELECT * FROM events WHERE alarm = ? ORDER BY n LIMIT ?", alarm, limit)

    def _events(self, query: str, *parameters: object) -> list[BookedEvent]:
        columns = "seq, position, n, form, readings, raised_at, received_at"
        rows = self._db.execute(query.replace("*", columns, 1), parameters)
        return [BookedEvent(seq, position, NumberedEvent(n, decode_event(*rest))) for seq, position, n, *rest in rows]

    @property
    def last_seq(self) -> int:
        """The newest event's `seq`, 0 where there is none."""
        return int(self._db.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0])

    def actions(self, alarm: str | None = None, limit: int = 1000) -> list[BookedAction]:
        """What operators did, the newest first; to one alarm, where it is given. Refused actions are in it."""
        rows = self._db.execute(
            "SELECT position, received_at, action, alarm, by, comment, until, refused FROM actions"
            " WHERE CAST(?1 AS TEXT) IS NULL OR alarm = ?1 ORDER BY seq DESC LIMIT ?2",
            (alarm, limit),
        )
        return [BookedAction(position, OperatorAction(*rest), refused) for position, *rest, refused in rows]

    def action_at(self, position: Position) -> BookedAction | None:
        """The action that stands in the log at `position`: the answer for who asked for it."""
        row = self._db.execute(
            "SELECT received_at, action, alarm, by, comment, until, refused FROM actions WHERE position = ?",
            (position,),
        ).fetchone()
        return BookedAction(position, OperatorAction(*row[:-1]), row[-1]) if row else None

    def refused_events(self, limit: int = 1000) -> list[RefusedEvent]:
        """Events of the engine that did not fit, the newest first."""
        rows = self._db.execute("SELECT position, form, reason FROM refused_events ORDER BY seq DESC LIMIT ?", (limit,))
        return [RefusedEvent(position, form.encode(), reason) for position, form, reason in rows]


def decode_event(form: str, readings: str, raised_at: int, received_at: int) -> AlarmEvent:
    """The event from its columns."""
    fields = msgspec.json.decode(form)
    fields.update(readings=msgspec.json.decode(readings), raised_at=raised_at, received_at=received_at)
    return msgspec.convert(fields, type=AlarmEvent)
