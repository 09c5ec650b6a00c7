"""Receipts: what a provider tells later of a message that it had taken."""

import sqlite3
from typing import NamedTuple

from alerts.channels.port import Receipt
from tocsin.book.outbox_rows import COLUMNS, Owed, owed


class Pending(NamedTuple):
    """A message of which the provider will tell more."""

    provider_id: str
    contact: str
    sent_at_ms: int


def pending(db: sqlite3.Connection, channel: str, since_ms: int, limit: int) -> list[Pending]:
    """The oldest of those that were sent after `since_ms`."""
    rows = db.execute(
        "SELECT provider_id, contact, at FROM attempts WHERE channel = ? AND receipt = 'pending' AND at > ?"
        " AND provider_id <> '' ORDER BY at LIMIT ?",
        (channel, since_ms, limit),
    )
    return [Pending(*row) for row in rows]


def note(db: sqlite3.Connection, channel: str, receipt: Receipt) -> list[Owed]:
    """Write a receipt to its attempt, once; returns the rows of a message that did not reach the person after all.

    Within the caller's transaction. A receipt of a message that nobody knows, or that has its receipt, changes nothing.
    """
    row = db.execute(
        "SELECT seq, receipt FROM attempts WHERE channel = ? AND provider_id = ? AND provider_id <> ''"
        " ORDER BY seq DESC LIMIT 1",
        (channel, receipt.provider_id),
    ).fetchone()
    if row is None or row[1] in ("confirmed", "undelivered"):
        return []
    attempt = row[0]
    db.execute(
        "UPDATE attempts SET receipt = ?, receipt_at = ?, receipt_text = ? WHERE seq = ?",
        ("confirmed" if receipt.delivered else "undelivered", receipt.at_ms, receipt.text[:200], attempt),
    )
    if receipt.delivered:
        return []
    return [
        owed(columns)
        for columns in db.execute(
            f"SELECT {COLUMNS} FROM attempt_rows AS r JOIN outbox AS o ON o.seq = r.row"  # noqa: S608
            " WHERE r.attempt = ? AND o.state = 'delivered' AND o.ways <> ''",
            (attempt,),
        )
    ]
