"""Which recipient of a channel is to be told now, and of what: calls become messages."""

from typing import Final, NamedTuple

from alerts.pacing import KINDS, Gap, Kind, Pace
from tocsin.book.outbox_rows import COLUMNS, Message, Owed, owed
from tocsin.book.outbox_tables import AGAIN, DIGEST, HASTE_OF_ROW
from tocsin.database import AMONG, Database, upsert

MOST_COVERED: Final = 2000
"""No more rows go with one message, so that writing that down does not hold up who writes alarms."""

_NEVER_MS: Final = 1 << 62

_GATHER: Final = f"""
SELECT {COLUMNS}, (
    SELECT max(p.next_at) FROM outbox AS p
    WHERE p.channel = o.channel AND p.contact = o.contact AND p.alarm = o.alarm AND p.state = 'due' AND p.seq < o.seq
        AND p.next_at > ?3 AND p.first_at IS NOT NULL AND p.urgent >= o.urgent
)
FROM outbox AS o LEFT JOIN alarms AS a ON a.alarm = o.alarm
WHERE o.channel = ?1 AND o.contact = ?2 AND o.state = 'due' AND o.haste < {AGAIN} AND o.next_at <= ?3 AND o.bundle = ?4
ORDER BY o.named DESC, o.urgent DESC,
    CASE a.peak_severity WHEN 'red' THEN 0 WHEN 'orange' THEN 1 WHEN 'yellow' THEN 2 ELSE 3 END, o.seq
LIMIT {MOST_COVERED}
"""  # noqa: S608
_OF_MESSAGE: Final = f"""
SELECT {COLUMNS}, o.listed FROM outbox AS o
WHERE o.message = ? AND o.message <> '' AND o.state IN ('due', 'sending') AND o.state = 'due' ORDER BY o.listed, o.seq
"""  # noqa: S608

_PUT: Final = upsert(
    "lanes",
    ("channel", "contact"),
    ("ready_at", *(f"{kind}_{what}" for kind in KINDS for what in ("at", "gap")), "throttles"),
)
_SENDING: Final = "message <> '' AND state IN ('due', 'sending') AND state = 'sending'"
"""In words that the index of messages knows."""


class Lane(NamedTuple):
    """A recipient on a channel: when it may be told of what, and how often in a row the provider put it off."""

    channel: str
    contact: str
    pace: Pace
    throttles: int


def ready(db: Database, channel: str, now_ms: int, limit: int) -> list[str]:
    """Contacts for whom something may be due, the longest waiting first."""
    rows = db.execute(
        "SELECT contact FROM lanes WHERE channel = ? AND ready_at <= ? ORDER BY ready_at LIMIT ?",
        (channel, now_ms, limit),
    )
    return [contact for (contact,) in rows]


def next_ready(db: Database, channel: str, now_ms: int) -> int | None:
    """When the next recipient who is not ready becomes so, None if nobody waits."""
    (at,) = db.execute(
        "SELECT min(ready_at) FROM lanes WHERE channel = ? AND ready_at > ?", (channel, now_ms)
    ).fetchone()
    return None if at is None or at >= _NEVER_MS else int(at)


def load(db: Database, channel: str, contact: str) -> Lane:
    row = (
        db.execute(
            "SELECT named_at, named_gap, urgent_at, urgent_gap, other_at, other_gap, digest_at, digest_gap, throttles"
            " FROM lanes WHERE channel = ? AND contact = ?",
            (channel, contact),
        ).fetchone()
        or (0,) * 9
    )
    return Lane(channel, contact, Pace(*(Gap(*row[i : i + 2]) for i in range(0, 8, 2))), row[8])


def save(db: Database, lane: Lane) -> None:
    """Keep it, and look at it again when something of it may go. Within the caller's transaction."""
    db.execute(
        _PUT,
        (
            lane.channel,
            lane.contact,
            _ready_at(db, lane),
            *(figure for kind in KINDS for figure in lane.pace.of(kind)),
            lane.throttles,
        ),
    )


def compose(db: Database, lane: Lane, now_ms: int, most_items: int) -> Message | None:
    """What this recipient is to be told now, None if nothing. Within the caller's transaction.

    A message that failed goes again as it was. Else all that is due goes together, once the pace lets any of it go;
    what is of one bundle goes by itself. Of more than `most_items` those of never-suppress levels come first, then
    red, then the most severe; what is left is counted, but for those of never-suppress levels: they wait for the next
    message. A row waits for an earlier one of its alarm that is to be tried again, but none that is urgent for one
    that is not.
    """
    again = _again(db, lane, now_ms)
    if again is not None:
        return again
    bundle = _leading_bundle(db, lane, now_ms)
    if bundle is None:
        return None
    free: list[Owed] = []
    for *columns, waits_until in db.execute(_GATHER, (lane.channel, lane.contact, now_ms, bundle)).fetchall():
        row = owed(columns)
        if waits_until is None:
            free.append(row)
        else:
            db.execute("UPDATE outbox SET next_at = ? WHERE seq = ?", (waits_until, row.seq))
    if not free:
        return None
    rest = tuple(row for row in free[most_items:] if not row.named)
    return Message(lane.channel, lane.contact, tuple(free[:most_items]), rest)


def begin(db: Database, message: Message) -> None:
    """Write down what the message is made of, before it is sent. Within the transaction that composed it."""
    name = message.id
    rows = [(name, listed, row.seq) for listed, row in enumerate(message.rows, 1)]
    rows += [(name, 0, row.seq) for row in message.covered]
    db.executemany("UPDATE outbox SET state = 'sending', message = ?, listed = ? WHERE seq = ?", rows)


def kinds(message: Message) -> frozenset[Kind]:
    """The kinds of notices that a message carries, for the pace; none where it goes again."""
    return frozenset(KINDS[row.haste] for row in message.all if row.haste <= DIGEST)


def put_off(db: Database, lane: Lane, message: Message, until_ms: int) -> Lane:
    """The lane where a limit lets such a message through only then: one that is not urgent holds no urgent one up."""
    if message.again:
        seqs = db.listed([row.seq for row in message.all])
        db.execute(f"UPDATE outbox SET next_at = ? WHERE seq {AMONG}", (until_ms, seqs))  # noqa: S608
        return lane
    return lane._replace(pace=lane.pace.put_off(until_ms, KINDS if message.urgent else ("other", "digest")))


def fails_already(db: Database, message: Message) -> bool:
    """Whether another message to this recipient waits to be tried again."""
    found = db.execute(
        "SELECT 1 FROM outbox WHERE channel = ? AND contact = ? AND haste = ? AND state = 'due' AND message <> ?"
        " LIMIT 1",
        (message.channel, message.contact, AGAIN, message.id),
    )
    return found.fetchone() is not None


def recover(db: Database) -> int:
    """What was on its way when the process ended goes again, as it was; returns how many rows."""
    lanes = db.execute(f"SELECT DISTINCT channel, contact FROM outbox WHERE {_SENDING}").fetchall()  # noqa: S608
    rows = db.execute(f"UPDATE outbox SET state = 'due', haste = ?, next_at = 0 WHERE {_SENDING}", (AGAIN,)).rowcount  # noqa: S608
    db.executemany("UPDATE lanes SET ready_at = 0 WHERE channel = ? AND contact = ?", lanes)
    return rows


def _again(db: Database, lane: Lane, now_ms: int) -> Message | None:
    while True:
        row = db.execute(
            "SELECT message FROM outbox WHERE channel = ? AND contact = ? AND haste = ? AND state = 'due'"
            " AND next_at <= ? ORDER BY next_at, seq LIMIT 1",
            (lane.channel, lane.contact, AGAIN, now_ms),
        ).fetchone()
        if row is None:
            return None
        rows = [(owed(columns), listed) for *columns, listed in db.execute(_OF_MESSAGE, row)]
        listed = tuple(one for one, place in rows if place)
        if listed:
            return Message(lane.channel, lane.contact, listed, tuple(one for one, place in rows if not place), True)
        # All that it named was withdrawn: what it only counted is told by itself.
        db.execute(
            f"UPDATE outbox SET message = '', haste = {HASTE_OF_ROW} WHERE seq {AMONG}",  # noqa: S608
            (db.listed([one.seq for one, _ in rows]),),
        )


def _leading_bundle(db: Database, lane: Lane, now_ms: int) -> str | None:
    """The bundle of the first row that may go."""
    for haste, kind in enumerate(KINDS):
        if lane.pace.of(kind).opens_at_ms <= now_ms:
            row = db.execute(
                "SELECT bundle FROM outbox WHERE channel = ? AND contact = ? AND haste = ? AND state = 'due'"
                " AND next_at <= ? ORDER BY next_at, seq LIMIT 1",
                (lane.channel, lane.contact, haste, now_ms),
            ).fetchone()
            if row is not None:
                return str(row[0])
    return None


def _ready_at(db: Database, lane: Lane) -> int:
    at = _NEVER_MS
    for haste in (*range(len(KINDS)), AGAIN):
        (due,) = db.execute(
            "SELECT min(next_at) FROM outbox WHERE channel = ? AND contact = ? AND haste = ? AND state = 'due'",
            (lane.channel, lane.contact, haste),
        ).fetchone()
        if due is not None:
            at = min(at, due if haste == AGAIN else max(due, lane.pace.of(KINDS[haste]).opens_at_ms))
    return at
