"""What came of a message is written down: the attempt, and what becomes of every row it carried."""

import sqlite3
from collections.abc import Iterable, Mapping

import msgspec

from alerts.channels.port import ANSWER_BYTES, Outcome
from tocsin.book.outbox_queue import wake_lane
from tocsin.book.outbox_rows import Again, Fate, Message, Owed, PassOn
from tocsin.book.outbox_tables import AGAIN, HASTE_OF_ROW

_AMONG = "seq IN (SELECT value FROM json_each(?))"

_DELIVERED = f"""
UPDATE outbox SET state = 'delivered', attempts = attempts + 1, first_at = coalesce(first_at, ?), ended_at = ?,
    error = '' WHERE {_AMONG}
"""  # noqa: S608
_AGAIN = f"""
UPDATE outbox SET state = iif(unwanted = '', 'due', 'withdrawn'), ended_at = iif(unwanted = '', NULL, ?1),
    attempts = attempts + ?2, first_at = coalesce(first_at, ?1), next_at = ?3, error = ?4,
    haste = iif(ways = '', haste, iif(?5, {AGAIN}, {HASTE_OF_ROW})),
    message = iif(?5, message, ''), listed = iif(?5, listed, 0)
WHERE state IN ('due', 'sending') AND seq IN (SELECT value FROM json_each(?6))
"""  # noqa: S608
_PASSED_ON = f"""
UPDATE outbox SET state = iif(unwanted = '', 'due', 'withdrawn'), ended_at = iif(unwanted = '', NULL, ?1),
    way = ?2, channel = ?3, contact = ?4, next_at = ?5, error = ?6, attempts = 0, first_at = NULL,
    haste = {HASTE_OF_ROW}, message = '', listed = 0
WHERE state IN ('due', 'sending', 'delivered') AND seq = ?7 RETURNING haste
"""  # noqa: S608
_DEAD = f"""
UPDATE outbox SET state = iif(unwanted = '', 'dead', 'withdrawn'), attempts = attempts + 1,
    first_at = coalesce(first_at, ?), ended_at = ?, error = ?, reported = iif(ways = '', 1, 0)
WHERE state IN ('due', 'sending', 'delivered') AND {_AMONG}
"""  # noqa: S608


def add_attempt(db: sqlite3.Connection, message: Message, outcome: Outcome, at_ms: int, result: str = "") -> int:
    """Note an attempt that was made at `at_ms`; returns its number."""
    result = result or ("delivered" if outcome.delivered else "throttled" if outcome.throttled else "failed")
    attempt = db.execute(
        "INSERT INTO attempts (message, channel, contact, at, result, status, provider_id, answer, error, receipt)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
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
    ).lastrowid
    if outcome.delivered and outcome.receipt == "pending":
        parts = [part for part in outcome.provider_id.split(",") if part]
        db.executemany(
            "INSERT OR IGNORE INTO receipts (channel, provider_id, attempt, contact, sent_at) VALUES (?, ?, ?, ?, ?)",
            [(message.channel, part, attempt, message.contact, at_ms) for part in parts],
        )
    db.executemany("INSERT INTO attempt_rows (row, attempt) VALUES (?, ?)", [(row.seq, attempt) for row in message.all])
    return int(attempt or 0)


def delivered(db: sqlite3.Connection, rows: Iterable[Owed], at_ms: int) -> None:
    """These rows are done with."""
    db.execute(_DELIVERED, (at_ms, at_ms, _seqs(rows)))


def apply_fates(db: sqlite3.Connection, fates: Mapping[Owed, Fate], error: str, at_ms: int) -> None:
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
        db.execute(_AGAIN, (at_ms, fate.counted, fate.at_ms, error, fate.whole, _seqs(rows)))
        for row in rows:
            if not row.ways:
                # What waits behind it in the same alarm need not be looked at before.
                db.execute(
                    "UPDATE outbox SET next_at = ? WHERE channel = ? AND contact = '' AND alarm = ? AND state = 'due'",
                    (fate.at_ms, row.channel, row.alarm),
                )
    if dead:
        db.execute(_DEAD, (at_ms, at_ms, error, _seqs(dead)))


def _pass_on(db: sqlite3.Connection, row: Owed, fate: PassOn, error: str, at_ms: int) -> None:
    way = row.ways[fate.way]
    moved = db.execute(_PASSED_ON, (at_ms, fate.way, way.channel, way.contact, fate.at_ms, error, row.seq)).fetchone()
    if moved is not None:
        wake_lane(db, way.channel, way.contact, moved[0], fate.at_ms)


def _seqs(rows: Iterable[Owed]) -> str:
    return msgspec.json.encode([row.seq for row in rows]).decode()
