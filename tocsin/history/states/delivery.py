"""Attempts to tell somebody, and what channels owe."""

from collections.abc import Iterable, Sequence
from typing import Final

from tocsin.book.outbox_reader import OutboxReader
from tocsin.database import AMONG, Database
from tocsin.history.states.line import NS_PER_MS, line

_AT_ONCE: Final = 5_000
_WAITED_FOR: Final = 20_000
"""So many of the newest attempts are looked at for receipts that came since."""

_ATTEMPTS: Final = """
SELECT seq, at, channel, result, contact, message, error, receipt, receipt_at, together, queued_at, alarm, purpose,
    enterprise
FROM (
    SELECT a.*, o.queued_at, o.alarm, o.purpose, l.enterprise, count(o.seq) OVER (PARTITION BY a.seq) AS together,
        row_number() OVER (PARTITION BY a.seq ORDER BY o.queued_at, o.seq) AS nth
    FROM (SELECT * FROM attempts AS a WHERE {which} ORDER BY a.seq LIMIT {limit}) AS a
    LEFT JOIN attempt_rows AS r ON r.attempt = a.seq LEFT JOIN outbox AS o ON o.seq = r.row
    LEFT JOIN alarms AS l ON l.alarm = o.alarm
) AS one WHERE nth = 1 ORDER BY seq
"""
"""Each with the oldest of what it carried."""
_NEW: Final = _ATTEMPTS.format(which="a.seq > ?", limit=_AT_ONCE)
_SOME: Final = _ATTEMPTS.format(which=f"a.seq {AMONG}", limit=_AT_ONCE)
_PENDING: Final = "SELECT seq FROM attempts WHERE seq > ? AND seq <= ? AND receipt = 'pending'"
_SETTLED: Final = f"SELECT seq FROM attempts WHERE seq {AMONG} AND receipt <> 'pending'"  # noqa: S608


class AttemptStates:
    """Goes through attempts in their order, and comes back to those that waited for a receipt."""

    def __init__(self, cursor: int) -> None:
        """Attempts up to the number `cursor` are written."""
        self.cursor = cursor
        self._waiting: set[int] | None = None

    def changed(self, db: Database) -> list[str]:
        """The lines of new attempts and of those whose receipt came. `cursor` moves on."""
        if self._waiting is None:
            span = (self.cursor - _WAITED_FOR, self.cursor)
            self._waiting = {seq for (seq,) in db.execute(_PENDING, span)}
        (newest,) = db.execute("SELECT coalesce(max(seq), 0) FROM attempts").fetchone()
        if newest < self.cursor:  # a book made anew without its outbox
            self.cursor = 0
        rows = db.execute(_NEW, (self.cursor,)).fetchall()
        settled = [seq for (seq,) in db.execute(_SETTLED, (db.listed(sorted(self._waiting)),))] if self._waiting else []
        again = db.execute(_SOME, (db.listed(settled[:_AT_ONCE]),)).fetchall() if settled else []
        self._waiting.difference_update(row[0] for row in again)
        self._waiting.update(row[0] for row in rows if row[7] == "pending")
        if len(self._waiting) > _WAITED_FOR:
            self._waiting = set(sorted(self._waiting)[-_WAITED_FOR:])
        if rows:
            self.cursor = rows[-1][0]
        return [_line(*row) for row in [*rows, *again]]


def _line(
    seq: int,
    at: int,
    channel: str,
    result: str,
    contact: str,
    message: str,
    error: str,
    receipt: str,
    receipt_at: int | None,
    together: int,
    queued_at: int | None,
    alarm: str | None,
    purpose: str | None,
    enterprise: str | None,
) -> str:
    return line(
        "attempt",
        {"channel": channel, "result": result},
        {
            "contact": contact,
            "alarm": alarm or "",
            "enterprise": enterprise or "",
            "purpose": purpose or "",
            "together": together,
            "message": message,
            "error": error,
            "wait_s": None if queued_at is None else (at - queued_at) / 1000,
            "receipt": receipt,
            "receipt_s": None if receipt_at is None else (receipt_at - at) / 1000,
        },
        at * NS_PER_MS + seq % NS_PER_MS,
    )


def delivery_lines(db: Database, channels: Sequence[str], now_ms: int, at_ns: int) -> Iterable[str]:
    """What each channel owes now."""
    backlog = OutboxReader(db).backlog()
    for channel in sorted({*channels, *backlog}):
        due, dead, oldest_ms = backlog.get(channel) or (0, 0, None)
        yield line(
            "delivery",
            {"channel": channel},
            {
                "due": due,
                "dead": dead,
                "oldest_due_s": 0.0 if oldest_ms is None else max(0.0, (now_ms - oldest_ms) / 1000),
            },
            at_ns,
        )
