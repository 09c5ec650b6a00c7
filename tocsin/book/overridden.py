"""What the alarm book knows of overrides (alerts/overrides is what they mean)."""

import sqlite3
from typing import NamedTuple

import msgspec

from alerts.overrides import Override


class BookedOverride(NamedTuple):
    """An override, and over how many open alarms it is the first one."""

    override: Override
    alarms: int


def overrides(db: sqlite3.Connection, limit: int, *, every: bool = False) -> list[BookedOverride]:
    """Those in force (`every`: also those that have ended), the newest first."""
    rows = db.execute(
        "SELECT form FROM override_facts WHERE ?1 OR ended_at IS NULL ORDER BY since DESC, override LIMIT ?2",
        (every, limit),
    )
    found = [msgspec.json.decode(form, type=Override) for (form,) in rows]
    over: dict[str, int] = dict(
        db.execute(
            "SELECT json_extract(record, '$.override') AS first, count(*) FROM alarms"
            " WHERE state <> 'closed' AND first IS NOT NULL GROUP BY first"
        )
    )
    return [BookedOverride(override, over.get(override.id, 0)) for override in found]
