"""The state of the pure parts in the alarm book's file: rows of (part, key, JSON)."""

from typing import Final, TypeVar

import msgspec

from alerts.kept import Kept
from tocsin.database import Database, upsert

TABLE = """
CREATE TABLE kept (part TEXT, key TEXT, form TEXT NOT NULL, PRIMARY KEY (part, key)) WITHOUT ROWID;
"""

PUT: Final = upsert("kept", ("part", "key"), ("form",))

T = TypeVar("T", bound=msgspec.Struct)


def load_kept(db: Database, part: str, kind: type[T]) -> Kept[T]:
    """What a part knew at the end of the last commit, in the order of its keys."""
    rows = db.execute("SELECT key, form FROM kept WHERE part = ? ORDER BY key", (part,))
    return Kept({key: msgspec.json.decode(form, type=kind) for key, form in rows})


def save_kept(db: Database, part: str, kept: Kept[T]) -> None:
    """Write what has changed, within the caller's transaction."""
    if not kept.changed:
        return
    gone = [(part, key) for key in kept.changed if key not in kept]
    there = [
        (part, key, msgspec.json.encode(row).decode()) for key in kept.changed if (row := kept.get(key)) is not None
    ]
    db.executemany("DELETE FROM kept WHERE part = ? AND key = ?", gone)
    db.executemany(PUT, there)
    kept.changed.clear()
