"""What the alarm book knows of overrides (alerts/overrides is what they mean)."""

from typing import NamedTuple

import msgspec

from alerts.overrides import Override
from tocsin.database import Database


class BookedOverride(NamedTuple):
    """An override, and over how many open alarms it is the first one."""

    override: Override
    alarms: int


def overrides(db: Database, limit: int, *, every: bool = False) -> list[BookedOverride]:
    """Those in force (`every`: also those that have ended), the newest first."""
    rows = db.execute(
        "SELECT form FROM override_facts WHERE ?1 = 1 OR ended_at IS NULL ORDER BY since DESC, override LIMIT ?2",
        (every, limit),
    )
    found = [msgspec.json.decode(form, type=Override) for (form,) in rows]
    over: dict[str, int] = dict(
        db.execute(
            "SELECT first, count(*) FROM"
            " (SELECT json_extract(record, '$.override') AS first FROM alarms WHERE state <> 'closed') AS one"
            " WHERE first IS NOT NULL GROUP BY first"
        )
    )
    return [BookedOverride(override, over.get(override.id, 0)) for override in found]
