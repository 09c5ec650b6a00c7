"""How the channels of the outbox have done since a time, from the alarm book's file."""

from collections.abc import Collection
from typing import NamedTuple

from tocsin.database import AMONG, Database


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


_OF_THESE = f"EXISTS (SELECT 1 FROM alarms AS l WHERE l.alarm = o.alarm AND l.enterprise {AMONG})"  # noqa: S608
_TRIED = """
SELECT channel, count(*) FILTER (WHERE result = 'delivered'), count(*) FILTER (WHERE result = 'failed'),
    count(*) FILTER (WHERE result = 'throttled'), max(CASE WHEN result = 'delivered' THEN at END),
    max(CASE WHEN result = 'failed' THEN at END)
FROM attempts AS a WHERE at >= ?{only} GROUP BY channel
"""
_TRIED_OF_THESE = f"""
 AND EXISTS (SELECT 1 FROM attempt_rows AS r JOIN outbox AS o ON o.seq = r.row WHERE r.attempt = a.seq AND {_OF_THESE})
"""  # noqa: S608
_OWED = """
SELECT channel, count(*) FILTER (WHERE state IN ('due', 'sending')),
    min(CASE WHEN state IN ('due', 'sending') THEN queued_at END),
    count(*) FILTER (WHERE state = 'dead'), count(*) FILTER (WHERE state = 'held')
FROM outbox AS o WHERE state IN ('held', 'due', 'sending', 'dead'){only} GROUP BY channel
"""


def channel_records(db: Database, since_ms: int, enterprises: Collection[str] | None = None) -> list[ChannelRecord]:
    """By channel, in order of their names; of alarms of these enterprises alone, if they are given."""
    tried, owed, only = "", "", []
    if enterprises is not None:
        tried, owed, only = _TRIED_OF_THESE, f" AND {_OF_THESE}", [db.listed(sorted(enterprises))]
    found: dict[str, ChannelRecord] = {}
    for row in db.execute(_TRIED.format(only=tried), [since_ms, *only]):
        found[row[0]] = ChannelRecord(*row)
    for channel, due, oldest_ms, dead, held in db.execute(_OWED.format(only=owed), only):
        before = found.get(channel, ChannelRecord(channel))
        found[channel] = before._replace(due=due, oldest_due_ms=oldest_ms, dead=dead, held=held)
    for channel, record in found.items():
        if record.last_failed_ms is not None and enterprises is None:
            (error,) = db.execute(
                "SELECT coalesce(nullif(error, ''), answer) FROM attempts WHERE channel = ? AND at = ?"
                " AND result = 'failed' LIMIT 1",
                (channel, record.last_failed_ms),
            ).fetchone()
            found[channel] = record._replace(last_error=error)
    return [found[channel] for channel in sorted(found)]
