"""Receipts: what a provider tells later of a message that it had taken."""

from typing import NamedTuple

from alerts.channels.port import Receipt
from tocsin.book.outbox_rows import COLUMNS, Owed, owed
from tocsin.database import Database


class Pending(NamedTuple):
    """A message, or a part of one, of which the provider will tell more."""

    provider_id: str
    contact: str
    sent_at_ms: int


def pending(db: Database, channel: str, since_ms: int, limit: int) -> list[Pending]:
    """The oldest of those that were sent after `since_ms`."""
    rows = db.execute(
        "SELECT provider_id, contact, sent_at FROM receipts WHERE channel = ? AND came_at IS NULL AND sent_at > ?"
        " ORDER BY sent_at LIMIT ?",
        (channel, since_ms, limit),
    )
    return [Pending(*row) for row in rows]


def note(db: Database, channel: str, receipt: Receipt) -> list[Owed]:
    """Write a receipt to its attempt, once; returns the rows of a message that did not reach the person after all.

    A message is confirmed when all its parts are, and undelivered when one is not. Within the caller's transaction. A
    receipt of a message that nobody knows, or that has its receipt, changes nothing.
    """
    row = db.execute(
        "SELECT attempt FROM receipts WHERE channel = ? AND provider_id = ? AND came_at IS NULL"
        " ORDER BY attempt DESC LIMIT 1",
        (channel, receipt.provider_id),
    ).fetchone()
    if row is None:
        return []
    (attempt,) = row
    db.execute(
        "UPDATE receipts SET came_at = ?, delivered = ? WHERE channel = ? AND provider_id = ? AND attempt = ?",
        (receipt.at_ms, receipt.delivered, channel, receipt.provider_id, attempt),
    )
    if receipt.delivered:
        db.execute(
            "UPDATE attempts SET receipt = 'confirmed', receipt_at = ?2, receipt_text = ?3 WHERE seq = ?1"
            " AND receipt = 'pending'"
            " AND NOT EXISTS (SELECT 1 FROM receipts WHERE attempt = ?1 AND (delivered IS NULL OR delivered <> 1))",
            (attempt, receipt.at_ms, receipt.text[:200]),
        )
        return []
    first = db.execute(
        "UPDATE attempts SET receipt = 'undelivered', receipt_at = ?2, receipt_text = ?3 WHERE seq = ?1"
        " AND receipt <> 'undelivered'",
        (attempt, receipt.at_ms, receipt.text[:200]),
    ).rowcount
    if not first:
        return []
    return [
        owed(columns)
        for columns in db.execute(
            f"SELECT {COLUMNS} FROM attempt_rows AS r JOIN outbox AS o ON o.seq = r.row"  # noqa: S608
            " WHERE r.attempt = ? AND o.state = 'delivered' AND o.ways <> ''",
            (attempt,),
        )
    ]
