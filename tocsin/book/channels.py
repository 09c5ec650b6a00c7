"""How the channels of the outbox have done since a time, from the alarm book's file."""

import sqlite3
from collections.abc import Collection
from typing import NamedTuple

import msgspec


class ChannelRecord(NamedTuple):
    """Of one channel. Times are ms since the epoch; None: there was none. `due` is owed now, `held` waits."""

    channel: str
    delivered: int = 0
    failed: int = 0
    throttled: int = 0
    last_delivered_ms: int | None = None
    last_failed_ms: int | None = None
    last_error: str = ""
    due: int = 0
    oldest_due_ms: int | None = None
    dead: int = 0
    held: int = 0

    @property
    def failing(self) -> bool:
        """Its last attempt failed, or nothing but failures is known of it."""
        return self.last_failed_ms is not None and self.last_failed_ms >= (self.last_delivered_ms or 0)


_OF_THESE = (
    "(?1 IS NULL OR (SELECT enterprise FROM alarms WHERE alarms.alarm = o.alarm) IN (SELECT value FROM json_each(?1)))"
)
_TRIED = f"""
SELECT channel, sum(result = 'delivered'), sum(result = 'failed'), sum(result = 'throttled'),
    max(iif(result = 'delivered', at, NULL)), max(iif(result = 'failed', at, NULL))
FROM attempts AS a
WHERE at >= ?2 AND (?1 IS NULL OR EXISTS (
    SELECT 1 FROM attempt_rows AS r JOIN outbox AS o ON o.seq = r.row WHERE r.attempt = a.seq AND {_OF_THESE}))
GROUP BY channel
"""  # noqa: S608 - nothing but what stands here
_OWED = f"""
SELECT channel, sum(state IN ('due', 'sending')), min(iif(state IN ('due', 'sending'), queued_at, NULL)),
    sum(state = 'dead'), sum(state = 'held')
FROM outbox AS o WHERE state IN ('held', 'due', 'sending', 'dead') AND {_OF_THESE} GROUP BY channel
"""  # noqa: S608 - nothing but what stands here


def channel_records(
    db: sqlite3.Connection, since_ms: int, enterprises: Collection[str] | None = None
) -> list[ChannelRecord]:
    """By channel, in order of their names; of alarms of these enterprises alone, if they are given."""
    only = None if enterprises is None else msgspec.json.encode(sorted(enterprises)).decode()
    found: dict[str, ChannelRecord] = {}
    for channel, delivered, failed, throttled, good_ms, bad_ms in db.execute(_TRIED, (only, since_ms)):
        found[channel] = ChannelRecord(channel, delivered, failed, throttled, good_ms, bad_ms)
    for channel, due, oldest_ms, dead, held in db.execute(_OWED, (only,)):
        before = found.get(channel, ChannelRecord(channel))
        found[channel] = before._replace(due=due, oldest_due_ms=oldest_ms, dead=dead, held=held)
    for channel, record in found.items():
        if record.last_failed_ms is not None and only is None:
            (error,) = db.execute(
                "SELECT coalesce(nullif(error, ''), answer) FROM attempts WHERE channel = ? AND at = ?"
                " AND result = 'failed' LIMIT 1",
                (channel, record.last_failed_ms),
            ).fetchone()
            found[channel] = record._replace(last_error=error)
    return [found[channel] for channel in sorted(found)]
