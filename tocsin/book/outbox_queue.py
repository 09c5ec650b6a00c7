"""What a commit of the log does to the outbox, within its transaction: calls are owed, withdrawn, approved.

What has been sent is not the log's to decide. So a commit that is done again for a book made anew (the rows are
carried over) must not queue or withdraw; `settle` may be done again and answers as it did.
"""

import sqlite3
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from alerts.call import Call, Way, Withdrawal
from plant.entries import NoticeAction
from tocsin.book.outbox_tables import DIGEST, NAMED, OTHER, URGENT

OUTBOX: Final = "outbox"
"""`by` of a NoticeAction that the outbox itself made."""


class WebhookRow(NamedTuple):
    """An event that a target of `[[webhook]]` is told of. `at` is the engine's clock (ms)."""

    channel: str
    alarm: str
    n: int
    at: int


_CALL = """
INSERT OR IGNORE INTO outbox (key, channel, contact, ways, alarm, n, purpose, route, rung, urgent, named, bundle,
    approvers, queued_at, not_before, state, haste, next_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_WEBHOOK = "INSERT OR IGNORE INTO outbox (key, channel, alarm, n, queued_at, reported) VALUES (?, ?, ?, ?, ?, 1)"

_LANE = """
INSERT INTO lanes (channel, contact, ready_at) VALUES (?1, ?2, ?4)
ON CONFLICT (channel, contact) DO UPDATE SET ready_at = min(ready_at, max(?4,
    CASE ?3 WHEN 0 THEN named_at WHEN 1 THEN urgent_at WHEN 2 THEN other_at WHEN 3 THEN digest_at ELSE 0 END))
"""

_WITHDRAWN = """
UPDATE outbox SET
    unwanted = ?1,
    error = iif(state = 'sending', error, ?1),
    ended_at = iif(state = 'sending', NULL, ?2),
    state = iif(state = 'sending', state, 'withdrawn')
WHERE alarm = ?3 AND ways <> '' AND state IN ('held', 'due', 'sending') AND queued_at <= ?2
    AND purpose IN (SELECT value FROM json_each(?4)) AND (?5 IS NULL OR route = ?5) AND (NOT ?6 OR state = 'held')
"""


def queue(db: sqlite3.Connection, calls: Iterable[Call], webhooks: Iterable[WebhookRow] = ()) -> int:
    """Owe these; what is owed or was owed already, by its key, stays as it is. Returns how many are new."""
    rows: list[tuple[object, ...]] = []
    lanes: dict[tuple[str, str, int], int] = {}
    for call in calls:
        haste, (contact, channel) = _haste(call), call.ways[0]
        rows.append(
            (
                call.key,
                channel,
                contact,
                _json(call.ways),
                call.alarm,
                call.n,
                call.purpose,
                call.route,
                call.rung,
                call.urgent,
                call.named,
                call.bundle,
                _json(call.approvers) if call.approvers else "",
                call.at,
                call.not_before,
                "held" if call.approvers else "due",
                haste,
                call.not_before,
            )
        )
        if not call.approvers:
            lane = channel, contact, haste
            lanes[lane] = min(lanes.get(lane, call.not_before), call.not_before)
    new = db.executemany(_CALL, rows).rowcount if rows else 0
    db.executemany(_LANE, [(*lane, not_before) for lane, not_before in lanes.items()])
    events = [(f"{w.channel}/{w.alarm}.{w.n}", *w) for w in webhooks]
    return new + (db.executemany(_WEBHOOK, events).rowcount if events else 0)


def withdraw(db: sqlite3.Connection, withdrawal: Withdrawal) -> int:
    """Owe these no more; returns how many. One that is on its way arrives, but is not tried again if it fails."""
    return db.execute(
        _WITHDRAWN,
        (
            withdrawal.reason or "withdrawn",
            withdrawal.at,
            withdrawal.alarm,
            _json(withdrawal.purposes),
            withdrawal.route,
            withdrawal.held,
        ),
    ).rowcount


def settle(db: sqlite3.Connection, action: NoticeAction) -> str | None:
    """Let a held call go, or reject it; returns why not, where it is refused. `failed` is not the outbox's to take."""
    if action.action == "failed":
        return None
    row = db.execute(
        "SELECT approvers, settled, state, error, channel, contact, haste, not_before FROM outbox WHERE key = ?",
        (action.call,),
    ).fetchone()
    if row is None:
        return "no such call"
    approvers, settled, state, error, channel, contact, haste, not_before = row
    if not approvers:
        return "the call needs no approval"
    named = msgspec.json.decode(approvers, type=tuple[str, ...])
    if action.by not in named:
        return f"{action.by} is none of its approvers, which are {', '.join(named)}"
    verdict = f"{action.action} by {action.by} at {action.received_at_ms}"
    if settled == verdict:
        return None  # taken before, by the book that this one is made from
    if settled:
        return f"settled already: {settled.rpartition(' at ')[0]}"
    if state != "held":
        return f"{state}: {error}"
    approved = action.action == "approve"
    db.execute(
        "UPDATE outbox SET settled = ?, state = ?, ended_at = ?, error = ? WHERE key = ?",
        (
            verdict,
            "due" if approved else "rejected",
            None if approved else action.received_at_ms,
            "" if approved else f"rejected by {action.by}",
            action.call,
        ),
    )
    if approved:
        wake_lane(db, channel, contact, haste, not_before)
    return None


def wake_lane(db: sqlite3.Connection, channel: str, contact: str, haste: int, at_ms: int) -> None:
    """Have a recipient looked at, once a row of this haste that may go from `at_ms` on is let through by the pace."""
    db.execute(_LANE, (channel, contact, haste, at_ms))


def _haste(call: Call) -> int:
    return NAMED if call.named else URGENT if call.urgent else DIGEST if call.bundle else OTHER


def _json(value: tuple[Way, ...] | tuple[str, ...]) -> str:
    return msgspec.json.encode(value).decode()
