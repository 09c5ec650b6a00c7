"""The outbox in the alarm book, open for the dispatcher: what is owed to whom, and what came of it.

It has a connection of its own, used in one thread, so that the alarm path never waits for a delivery. Its commits
are not synced one by one: a power cut may forget the last delivery, which is then sent again under its old id.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final, NamedTuple, Self

import msgspec

from alerts.channels.port import Outcome, Receipt
from alerts.pacing import Pace
from alerts.record import AlarmRecord
from tocsin.book import outbox_lanes, outbox_receipts, outbox_record
from tocsin.book.outbox_reader import Backlog, DeadLetter, Delivery, OutboxReader, OwedCall, Proof
from tocsin.book.outbox_receipts import Pending
from tocsin.book.outbox_rows import COLUMNS, Fate, Message, Owed, owed
from tocsin.book.outbox_tables import HASTE_OF_ROW
from tocsin.book.schema import BookPlace, open_writer
from tocsin.database import AMONG

_DUE: Final = f"""
SELECT {COLUMNS} FROM outbox AS o
WHERE o.channel = ?1 AND o.contact = ?2 AND o.haste = ?3 AND o.state = 'due' AND o.next_at <= ?4 AND NOT EXISTS (
    SELECT 1 FROM outbox AS p
    WHERE p.channel = o.channel AND p.contact = o.contact AND p.alarm = o.alarm AND p.state = 'due' AND p.seq < o.seq
        AND (p.next_at <= ?4 OR p.first_at IS NOT NULL)
)
ORDER BY o.next_at, o.seq LIMIT ?5
"""  # noqa: S608
_REQUEUE: Final = f"""
UPDATE outbox SET state = 'due', attempts = 0, first_at = NULL, next_at = 0, ended_at = NULL, error = '',
    message = '', listed = 0, way = 0,
    channel = CASE WHEN ways = '' THEN channel ELSE json_extract(ways, '$[0][1]') END,
    contact = CASE WHEN ways = '' THEN '' ELSE json_extract(ways, '$[0][0]') END,
    haste = CASE WHEN ways = '' THEN 0 ELSE {HASTE_OF_ROW} END
WHERE state = 'dead' AND (CAST(?1 AS TEXT) IS NULL OR channel = ?1) AND (CAST(?2 AS TEXT) IS NULL OR key = ?2)
RETURNING ways, channel, contact
"""  # noqa: S608
_HASTES: Final = range(4)


OpensAt = Callable[[Message], int]


class Begun(NamedTuple):
    """A message that is now on its way, or (`closed_until_ms`) that a quota holds until then."""

    message: Message
    closed_until_ms: int | None


class Content(NamedTuple):
    """The event of a row, and its alarm as it stands. `form` is the event's published JSON."""

    name: str
    at_ms: int
    form: str
    record: AlarmRecord | None


class Outbox(OutboxReader):
    """Use one in one thread at a time."""

    @classmethod
    def open_for_writing(cls, place: BookPlace) -> Self:
        """For the dispatcher, and for putting back dead letters. BookError if the file can't be used."""
        return cls(open_writer(place, durable=False))

    def check_fence(self) -> None:
        """FencedError once another process is the one that sends, where only one may."""
        self._db.check_fence()

    def recover(self) -> int:
        """Take up what was on its way when the last dispatcher ended; returns how many rows."""
        with self._db.transaction():
            return outbox_lanes.recover(self._db)

    # One event a message: webhooks, and calls over channels that do not bundle.

    def due(self, target: str, now_ms: int, limit: int) -> list[Message]:
        """Events to send now, at most one an alarm and contact: the oldest that is owed, so that order is kept."""
        found: list[Message] = []
        for contact in self.contacts(target):
            for haste in _HASTES if contact else (0,):
                rows = self._db.execute(_DUE, (target, contact, haste, now_ms, limit))
                found += [Message(target, contact, (owed(columns),)) for columns in rows]
        return found

    def next_at_ms(self, target: str, now_ms: int) -> int | None:
        """When the next event that waits becomes due, None if none waits."""
        waits = [
            row[0]
            for contact in self.contacts(target)
            for haste in (_HASTES if contact else (0,))
            for row in self._db.execute(
                "SELECT min(next_at) FROM outbox WHERE channel = ? AND contact = ? AND haste = ? AND state = 'due'"
                " AND next_at > ?",
                (target, contact, haste, now_ms),
            )
            if row[0] is not None
        ]
        return min(waits, default=None)

    def contacts(self, channel: str) -> list[str]:
        """Whom the channel may owe something: "" is the channel itself, as a webhook."""
        rows = self._db.execute("SELECT contact FROM lanes WHERE channel = ? AND contact <> ''", (channel,))
        return ["", *(contact for (contact,) in rows)]

    # Several events a message: a lane for each recipient.

    def ready(self, channel: str, now_ms: int, limit: int) -> list[str]:
        """Contacts for whom something may be due."""
        return outbox_lanes.ready(self._db, channel, now_ms, limit)

    def next_ready(self, channel: str, now_ms: int) -> int | None:
        """When the next recipient becomes so."""
        return outbox_lanes.next_ready(self._db, channel, now_ms)

    def begin(self, channel: str, contact: str, now_ms: int, most_items: int, opens_at: OpensAt) -> Begun | None:
        """Compose what a recipient is to be told now and write it down, before it is sent; None if nothing is due.

        `opens_at` says when a message may go by the channel's quotas; one that may not yet is left as it was.
        """
        db = self._db
        with db.transaction():
            lane = outbox_lanes.load(db, channel, contact)
            message = outbox_lanes.compose(db, lane, now_ms, most_items)
            if message is None:
                outbox_lanes.save(db, lane)
                return None
            until_ms = opens_at(message)
            if until_ms > now_ms:
                outbox_lanes.save(db, outbox_lanes.put_off(db, lane, message, until_ms))
                return Begun(message, until_ms)
            outbox_lanes.begin(db, message)
            outbox_lanes.save(db, lane._replace(pace=lane.pace.after(outbox_lanes.kinds(message), now_ms)))
        return Begun(message, None)

    def fails_already(self, message: Message) -> bool:
        """Whether another message to this recipient waits to be tried again."""
        return outbox_lanes.fails_already(self._db, message)

    def throttles(self, message: Message) -> int:
        """How often in a row the provider put off this recipient."""
        return outbox_lanes.load(self._db, message.channel, message.contact).throttles

    # What came of it.

    def record(
        self,
        message: Message,
        outcome: Outcome,
        at_ms: int,
        fates: Mapping[Owed, Fate],
        put_off_until_ms: int | None = None,
    ) -> None:
        """Write down an attempt that was begun at `at_ms`; `fates` say what becomes of rows that were not delivered.

        The recipient is told of nothing over this channel before `put_off_until_ms`, where a limit of the provider
        was met.
        """
        with self._db.transaction():
            outbox_record.add_attempt(self._db, message, outcome, at_ms)
            if outcome.delivered:
                outbox_record.delivered(self._db, message.all, at_ms)
            else:
                outbox_record.apply_fates(self._db, fates, outcome.error, at_ms)
            if message.contact:
                lane = outbox_lanes.load(self._db, message.channel, message.contact)
                if put_off_until_ms is not None:
                    lane = lane._replace(pace=lane.pace.put_off(put_off_until_ms), throttles=lane.throttles + 1)
                elif outcome.delivered:
                    lane = lane._replace(throttles=0)
                outbox_lanes.save(self._db, lane)

    def move(self, fates: Mapping[Owed, Fate], error: str, at_ms: int, *, skipped: bool = False) -> None:
        """Decide on rows without an attempt; `skipped` notes that the way they were at was not even tried, and why."""
        with self._db.transaction():
            for row in fates if skipped else ():
                message = Message(row.channel, row.contact, (row,))
                outbox_record.add_attempt(self._db, message, Outcome(False, error=error), at_ms, "skipped")
            outbox_record.apply_fates(self._db, fates, error, at_ms)
            for channel, contact in {(row.channel, row.contact) for row in fates if row.ways}:
                outbox_lanes.save(self._db, outbox_lanes.load(self._db, channel, contact))

    def contents(self, rows: Iterable[Owed]) -> list[Content | None]:
        """The events of these rows; None where the book has no such event."""
        found: list[Content | None] = []
        for row in rows:
            columns = self._db.execute(
                "SELECT e.name, e.at, e.form, a.record FROM events AS e LEFT JOIN alarms AS a ON a.alarm = e.alarm"
                " WHERE e.alarm = ? AND e.n = ?",
                (row.alarm, row.n),
            ).fetchone()
            if columns is None:
                found.append(None)
                continue
            name, at_ms, form, record = columns
            decoded = msgspec.json.decode(record, type=AlarmRecord) if record is not None and row.ways else None
            found.append(Content(name, at_ms, form, decoded))
        return found

    def pending_receipts(self, channel: str, since_ms: int, limit: int = 500) -> list[Pending]:
        """Messages of which the provider will tell more."""
        return outbox_receipts.pending(self._db, channel, since_ms, limit)

    def note_receipt(self, channel: str, receipt: Receipt) -> list[Owed]:
        """Write down a receipt; returns the rows that did not reach the person after all."""
        with self._db.transaction():
            return outbox_receipts.note(self._db, channel, receipt)

    def sent_since(self, channel: str, since_ms: int) -> list[tuple[str, int]]:
        """(contact, ms) of every message that counts against quotas, in order."""
        rows = self._db.execute(
            "SELECT contact, at FROM attempts WHERE channel = ? AND at > ? AND result IN ('delivered', 'failed')"
            " ORDER BY at",
            (channel, since_ms),
        )
        return rows.fetchall()

    # What is given up.

    def strays(self, channels: Collection[str], limit: int = 1000) -> list[Owed]:
        """Calls that are due over channels that are none of these."""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM lanes AS l CROSS JOIN outbox AS o"  # noqa: S608
            f" WHERE l.channel NOT {AMONG} AND o.channel = l.channel"
            " AND o.contact = l.contact AND o.state = 'due' AND o.ways <> '' LIMIT ?",
            (self._db.listed(sorted(channels)), limit),
        )
        return [owed(columns) for columns in rows]

    def give_up_unknown(self, targets: Collection[str], now_ms: int) -> int:
        """Dead-letter what is owed to webhooks that are no longer configured; returns how many."""
        with self._db.transaction():
            return self._db.execute(
                "UPDATE outbox SET state = 'dead', ended_at = ?, error = 'the target is no longer configured'"  # noqa: S608
                f" WHERE state = 'due' AND ways = '' AND channel NOT {AMONG}",
                (now_ms, self._db.listed(sorted(targets))),
            ).rowcount

    def unreported(self, limit: int = 1000) -> list[str]:
        """Keys of calls that were given up, which the log was not told of."""
        rows = self._db.execute(
            "SELECT key FROM outbox WHERE state = 'dead' AND reported = 0 ORDER BY seq LIMIT ?", (limit,)
        )
        return [key for (key,) in rows]

    def reported(self, key: str) -> None:
        """The log was told that this call was given up."""
        self._db.execute("UPDATE outbox SET reported = 1 WHERE key = ?", (key,))

    def requeue(self, target: str | None = None, key: str | None = None) -> int:
        """Put dead letters back, to be tried anew from their first way on: of a channel, or one; returns how many."""
        with self._db.transaction():
            rows = self._db.execute(_REQUEUE, (target, key)).fetchall()
            lanes = {(channel, contact) for ways, channel, contact in rows if ways}
            for channel, contact in sorted(lanes):
                outbox_lanes.save(self._db, outbox_lanes.Lane(channel, contact, Pace(), 0))  # at once
        return len(rows)


__all__ = [
    "Backlog",
    "Content",
    "DeadLetter",
    "Delivery",
    "Outbox",
    "OwedCall",
    "Proof",
]
