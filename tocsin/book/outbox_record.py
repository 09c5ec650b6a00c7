"""What came of a message is written down: the attempt, and what becomes of every row it carried."""

from collections.abc import Iterable, Mapping

from alerts.channels.port import ANSWER_BYTES, Outcome
from tocsin.book.outbox_queue import wake_lane
from tocsin.book.outbox_rows import Again, Fate, Message, Owed, PassOn
from tocsin.book.outbox_tables import AGAIN, HASTE_OF_ROW
from tocsin.database import AMONG, Database, among, next_number

_DELIVERED = f"""
UPDATE outbox SET state = 'delivered', attempts = attempts + 1, first_at = coalesce(first_at, ?), ended_at = ?,
    error = '' WHERE seq {AMONG}
"""  # noqa: S608
_AGAIN = f"""
UPDATE outbox SET state = CASE WHEN unwanted = '' THEN 'due' ELSE 'withdrawn' END,
    ended_at = CASE WHEN unwanted = '' THEN NULL ELSE ?1 END,
    attempts = attempts + ?2, first_at = coalesce(first_at, ?1), next_at = ?3, error = ?4,
    haste = CASE WHEN ways = '' THEN haste WHEN ?5 = 1 THEN {AGAIN} ELSE {HASTE_OF_ROW} END,
    message = CASE WHEN ?5 = 1 THEN message ELSE '' END, listed = CASE WHEN ?5 = 1 THEN listed ELSE 0 END
WHERE state IN ('due', 'sending') AND seq {among(6)}
"""  # noqa: S608
_PASSED_ON = f"""
UPDATE outbox SET state = CASE WHEN unwanted = '' THEN 'due' ELSE 'withdrawn' END,
    ended_at = CASE WHEN unwanted = '' THEN NULL ELSE ?1 END,
    way = ?2, channel = ?3, contact = ?4, next_at = ?5, error = ?6, attempts = 0, first_at = NULL,
    haste = {HASTE_OF_ROW}, message = '', listed = 0
WHERE state IN ('due', 'sending', 'delivered') AND seq = ?7 RETURNING haste
"""  # noqa: S608
_DEAD = f"""
UPDATE outbox SET state = CASE WHEN unwanted = '' THEN 'dead' ELSE 'withdrawn' END, attempts = attempts + 1,
    first_at = coalesce(first_at, ?), ended_at = ?, error = ?, reported = CASE WHEN ways = '' THEN 1 ELSE 0 END
WHERE state IN ('due', 'sending', 'delivered') AND seq {AMONG}
"""  # noqa: S608


def add_attempt(db: Database, message: Message, outcome: Outcome, at_ms: int, result: str = "") -> int:
    """Note an attempt that was made at `at_ms`; returns its number."""
    result = result or ("delivered" if outcome.delivered else "throttled" if outcome.throttled else "failed")
    attempt = next_number(db, "attempts")
    db.execute(
        "INSERT INTO attempts (seq, message, channel, contact, at, result, status, provider_id, answer, error, receipt)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            attempt,
            message.id,
            message.channel,
            message.contact,
            at_ms,
            result,
            outcome.status,
            outcome.provider_id,
            outcome.answer.encode("utf-8", "replace")[:ANSWER_BYTES].decode("utf-8", "ignore"),
            outcome.error,
            outcome.receipt,
        ),
    )
    if outcome.delivered and outcome.receipt == "pending":
        parts = [part for part in outcome.provider_id.split(",") if part]
        db.executemany(
            "INSERT INTO receipts (channel, provider_id, attempt, contact, sent_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            [(message.channel, part, attempt, message.contact, at_ms) for part in parts],
        )
    db.executemany("INSERT INTO attempt_rows (row, attempt) VALUES (?, ?)", [(row.seq, attempt) for row in message.all])
    return attempt


def delivered(db: Database, rows: Iterable[Owed], at_ms: int) -> None:
    """These rows are done with."""
    db.execute(_DELIVERED, (at_ms, at_ms, _seqs(db, rows)))


def apply_fates(db: Database, fates: Mapping[Owed, Fate], error: str, at_ms: int) -> None:
    """These rows were not delivered at `at_ms`, or could not be sent at all."""
    again: dict[Again, list[Owed]] = {}
    dead: list[Owed] = []
    for row, fate in fates.items():
        if isinstance(fate, Again):
            again.setdefault(fate, []).append(row)
        elif isinstance(fate, PassOn):
            _pass_on(db, row, fate, error, at_ms)
        else:
            dead.append(row)
    for fate, rows in again.items():
        db.execute(_AGAIN, (at_ms, fate.counted, fate.at_ms, error, fate.whole, _seqs(db, rows)))
        for row in rows:
            if not row.ways:
                # What waits behind it in the same alarm need not be looked at before.
                db.execute(
                    "UPDATE outbox SET next_at = ? WHERE channel = ? AND contact = '' AND alarm = ? AND state = 'due'",
                    (fate.at_ms, row.channel, row.alarm),
                )
    if dead:
        db.execute(_DEAD, (at_ms, at_ms, error, _seqs(db, dead)))


def _pass_on(db: Database, row: Owed, fate: PassOn, error: str, at_ms: int) -> None:
    way = row.ways[fate.way]
    moved = db.execute(_PASSED_ON, (at_ms, fate.way, way.channel, way.contact, fate.at_ms, error, row.seq)).fetchone()
    if moved is not None:
        wake_lane(db, way.channel, way.contact, moved[0], fate.at_ms)


def _seqs(db: Database, rows: Iterable[Owed]) -> object:
    return db.listed([row.seq for row in rows])
