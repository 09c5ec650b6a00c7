"""What the alarm book says of a test alarm: raised, queued, delivered, confirmed, closed."""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from alerts.machine import OPEN, State
from alerts.record import AlarmRecord
from tocsin.book.outbox_reader import OutboxReader, OwedCall, Proof
from tocsin.book.reader import BookReader
from tocsin.book.schema import open_reader
from tocsin.database import Place
from tocsin.selftest.target import RULE

_ALL: Final = 1 << 31
_FAILED: Final = ("dead", "withdrawn", "rejected")


class Told(NamedTuple):
    """How far word of a test alarm has got. `failed` says what can't come right any more, `waits` for what it waits."""

    queued: bool
    delivered: bool
    confirmed: bool | None
    """None where no channel gives receipts."""
    over: tuple[str, ...]
    failed: str = ""
    waits: str = ""


class Evidence:
    """Reads the book while the service writes it. BookError if there is none. For one thread at a time."""

    def __init__(self, book: Place, point: str) -> None:
        self._db = open_reader(book)
        self._book, self._outbox = BookReader(self._db), OutboxReader(self._db)
        self._point = point
        self._seq = self._book.last_seq

    def close(self) -> None:
        self._db.close()

    def raised(self) -> str | None:
        """The test alarm that was raised since this was made, or last asked."""
        while booked := self._book.events(self._seq):
            self._seq = booked[-1].seq
            for event in (one.numbered.event for one in booked):
                if (event.rule, event.subject, event.event) == (RULE, self._point, "raised"):
                    return event.alarm
        return None

    def alarm(self, alarm: str) -> AlarmRecord | None:
        """The alarm as it stands; None if it is not in the book."""
        return self._book.alarm(alarm)

    def left(self) -> list[str]:
        """Test alarms that are not closed. Looks through all open alarms: not to be asked again and again."""
        found = self._book.alarms(OPEN, _ALL)
        return [alarm.alarm for alarm in found if (alarm.rule, alarm.subject) == (RULE, self._point)]

    def any_in(self, alarms: Collection[str], states: Collection[State]) -> list[str]:
        """Those of the alarms that are in one of the states."""
        records = (self.alarm(alarm) for alarm in alarms)
        return [record.alarm for record in records if record is not None and record.state in states]

    def told(self, alarm: str, over: Collection[str]) -> Told:
        """What has become of the notices of its being raised."""
        return judge(self._outbox.calls(alarm), self._outbox.proof(alarm), over)


def judge(calls: Sequence[OwedCall], proof: Sequence[Proof], over: Collection[str]) -> Told:
    """How far word of an alarm's first event has got, over each of the channels named (none: over all there are)."""
    rows = [call for call in calls if call.n == 1]
    chosen = [row for row in rows if not over or row.channel in over]
    missing = sorted(set(over) - {row.channel for row in rows})
    passed = tuple(sorted({row.channel for row in chosen if row.state == "delivered"}))
    if missing or not chosen:
        where = f" over {', '.join(missing)}" if missing else ""
        moved = [f"{row.contact or row.channel} was told over {row.channel} instead" for row in rows if not chosen]
        return Told(False, False, None, passed, waits="; ".join([f"nobody is to be told{where}", *moved]))
    failed = [
        f"the word {_of(row)} is {row.state}: {row.error or row.settled}" for row in chosen if row.state in _FAILED
    ]
    waiting = [f"the word {_of(row)} is {_how(row)}" for row in chosen if row.state not in ("delivered", *_FAILED)]
    if failed or waiting:
        return Told(True, False, None, passed, "; ".join(failed), "; ".join(waiting))
    last = {one.key: one for one in proof if one.result == "delivered"}
    receipts = {row.key: last[row.key].receipt for row in chosen if row.key in last}
    asked = [row for row in chosen if receipts.get(row.key, "none") != "none"]
    if not asked:
        return Told(True, True, None, passed)
    refused = [
        f"the receipt {_of(row)} says {receipts[row.key]}" for row in asked if receipts[row.key] == "undelivered"
    ]
    pending = [f"the receipt {_of(row)} has not come" for row in asked if receipts[row.key] == "pending"]
    return Told(True, True, not (refused or pending), passed, "; ".join(refused), "; ".join(pending))


def _of(row: OwedCall) -> str:
    return f"to {row.contact} over {row.channel}" if row.contact else f"over {row.channel}"


def _how(row: OwedCall) -> str:
    if row.state == "held":
        return "held for an approval"
    if not row.attempts and row.not_before > row.queued_at:
        return "put off, by quiet hours or a digest"
    return f"{row.state} after {row.attempts} attempts: {row.error}" if row.attempts else row.state
