"""What a commit of the log does to the outbox, within its transaction: calls are owed, withdrawn, approved.

What has been sent is not the log's to decide. So a commit that is done again for a book made anew (the rows are
carried over) must not queue or withdraw; `settle` may be done again and answers as it did.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from alerts.call import Call, Way, Withdrawal
from plant.entries import NoticeAction
from tocsin.book.outbox_tables import DIGEST, NAMED, OTHER, URGENT
from tocsin.database import Database, add_rows, among

OUTBOX: Final = "outbox"
"""`by` of a NoticeAction that the outbox itself made."""


class WebhookRow(NamedTuple):
    """An event that a target of `[[webhook]]` is told of. `at` is the engine's clock (ms)."""

    channel: str
    alarm: str
    n: int
    at: int


_CALL: Final = (
    *("key", "channel", "contact", "ways", "alarm", "n", "purpose", "route", "rung", "urgent", "named", "bundle"),
    *("approvers", "queued_at", "not_before", "state", "haste", "next_at"),
)
_WEBHOOK: Final = ("key", "channel", "alarm", "n", "queued_at", "reported")

_OPENS_AT = (
    "CASE ?3 WHEN 0 THEN lanes.named_at WHEN 1 THEN lanes.urgent_at WHEN 2 THEN lanes.other_at"
    " WHEN 3 THEN lanes.digest_at ELSE 0 END"
)
_LANE = f"""
INSERT INTO lanes (channel, contact, ready_at) VALUES (?1, ?2, ?4)
ON CONFLICT (channel, contact) DO UPDATE SET ready_at = CASE
    WHEN lanes.ready_at <= ?4 OR lanes.ready_at <= {_OPENS_AT} THEN lanes.ready_at
    WHEN {_OPENS_AT} <= ?4 THEN ?4 ELSE {_OPENS_AT} END
"""  # noqa: S608

_WITHDRAWN = f"""
UPDATE outbox SET
    unwanted = ?1,
    error = CASE WHEN state = 'sending' THEN error ELSE ?1 END,
    ended_at = CASE WHEN state = 'sending' THEN NULL ELSE ?2 END,
    state = CASE WHEN state = 'sending' THEN state ELSE 'withdrawn' END
WHERE alarm = ?3 AND ways <> '' AND state IN ('held', 'due', 'sending') AND queued_at <= ?2
    AND purpose {among(4)} AND (CAST(?5 AS TEXT) IS NULL OR route = ?5) AND (?6 = 0 OR state = 'held')
"""  # noqa: S608


def queue(db: Database, calls: Iterable[Call], webhooks: Iterable[WebhookRow] = ()) -> int:
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
    new = add_rows(db, "outbox", _CALL, rows, once=True)
    db.executemany(_LANE, [(*lane, not_before) for lane, not_before in lanes.items()])
    events = [(f"{w.channel}/{w.alarm}.{w.n}", *w, 1) for w in webhooks]
    return new + add_rows(db, "outbox", _WEBHOOK, events, once=True)


def withdraw(db: Database, withdrawal: Withdrawal) -> int:
    """Owe these no more; returns how many. One that is on its way arrives, but is not tried again if it fails."""
    return db.execute(
        _WITHDRAWN,
        (
            withdrawal.reason or "withdrawn",
            withdrawal.at,
            withdrawal.alarm,
            db.listed(withdrawal.purposes),
            withdrawal.route,
            withdrawal.held,
        ),
    ).rowcount


def settle(db: Database, action: NoticeAction) -> str | None:
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


def wake_lane(db: Database, channel: str, contact: str, haste: int, at_ms: int) -> None:
    """Have a recipient looked at, once a row of this haste that may go from `at_ms` on is let through by the pace."""
    db.execute(_LANE, (channel, contact, haste, at_ms))


def _haste(call: Call) -> int:
    return NAMED if call.named else URGENT if call.urgent else DIGEST if call.bundle else OTHER


def _json(value: tuple[Way, ...] | tuple[str, ...]) -> str:
    return msgspec.json.encode(value).decode()
