"""What the notifier keeps in the alarm book's database, written with the commits that it belongs to.

`meta` holds what was reached beside the book (`steps.` and what it is); `step_origins` where each act was written.
"""

from collections.abc import Sequence
from typing import Final

from plant.entries import Position
from tocsin.book.audit import entry_at
from tocsin.database import Database, upsert
from tocsin.kafka.topics import Shard
from tocsin.notifier.projection import Origin, Piece, Reached

_VERSION: Final = "steps.version"
_CLOCK: Final = "steps.clock_ms"
LEADER: Final = "leader"
"""What a fence is checked against (tocsin.database)."""
_OFFSET: Final = "steps.offset."
"""And the shard: the last entry whose steps are in."""
_PART: Final = "steps.part."
"""And the shard: the last part of them that is in."""

_PUT: Final = upsert("meta", ("key",), ("value",))
_PUT_ORIGIN: Final = upsert("step_origins", ("shard", "entry"), ("position",))


def load_reached(db: Database) -> Reached:
    """What the last commit reached."""
    found = dict(db.execute("SELECT key, value FROM meta").fetchall())
    shards = [int(key.removeprefix(_OFFSET)) for key in found if key.startswith(_OFFSET)]
    marks = {shard: (found[f"{_OFFSET}{shard}"], found.get(f"{_PART}{shard}", 0)) for shard in shards}
    return Reached(found.get(_VERSION, 0), found.get(_CLOCK, 0), marks)


def save(before: Reached, piece: Piece, db: Database) -> None:
    """Within the transaction of the piece's commit."""
    was, now = _rows(before), _rows(piece.reached)
    db.executemany(_PUT, [(key, value) for key, value in now.items() if was.get(key) != value])
    db.executemany(_PUT_ORIGIN, piece.origins)


def save_anew(reached: Reached, origins: Sequence[Origin], leader: int, db: Database) -> None:
    """All of it into a book that was made anew. `leader` is the number of the last one that led."""
    db.executemany(_PUT, [*_rows(reached).items(), (LEADER, leader)])
    db.executemany(_PUT_ORIGIN, origins)


def last_leader(db: Database) -> int:
    """The number of the last one that led; 0 where none has."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (LEADER,)).fetchone()
    return 0 if row is None else int(row[0])


def next_leader(db: Database) -> int:
    """A higher number than any leader before had. Within a transaction."""
    number = last_leader(db) + 1
    db.execute(_PUT, (LEADER, number))
    return number


def answer(db: Database, shard: Shard, entry: Position) -> tuple[Position, str | None] | None:
    """(position, why it was refused or None) of an act that was written as this entry of a shard's log; None while the
    book does not know it.
    """
    row = db.execute("SELECT position FROM step_origins WHERE shard = ? AND entry = ?", (shard, entry)).fetchone()
    if row is None:
        return None
    audited = entry_at(db, row[0])
    return row[0], (audited.refused or None) if audited is not None else "the action is not in the book"


def _rows(reached: Reached) -> dict[str, int]:
    rows = {f"{_OFFSET}{shard}": at for shard, (at, _) in reached.marks.items()}
    rows |= {f"{_PART}{shard}": part for shard, (_, part) in reached.marks.items()}
    return rows | ({_VERSION: reached.version, _CLOCK: reached.clock_ms} if reached.version or reached.clock_ms else {})
