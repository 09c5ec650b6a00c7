"""What a book made anew takes over from the kept one: history that the log has dropped, and the notices."""

import sqlite3
from pathlib import Path

from alerts.fold import Step, fold
from alerts.record import AlarmRecord, Policy
from plant.entries import OperatorAction, Position
from tocsin.book.outbox_tables import CARRIED
from tocsin.book.reader import decode_event
from tocsin.book.schema import open_reader, open_writer, transaction
from tocsin.book.writer import AlarmBook, write_alarms

_HISTORY = ("events", "actions", "refused_events")

_KEPT_STEPS = """
SELECT alarm, position, seq, 'event', latching, form, readings, raised_at, received_at, NULL FROM events
WHERE position < :first AND name IN ('raised', 'upgraded', 'downgraded', 'cleared')
UNION ALL
SELECT alarm, position, seq, 'action', received_at, action, alarm, by, comment, until FROM actions
WHERE position < :first AND refused IS NULL
ORDER BY 1, 2, 3
"""


def take_over(book: AlarmBook, kept: Path, first: Position) -> None:
    """Fill an empty book from the kept one: all notices, and what came of the entries before `first`."""
    open_writer(kept).close()  # brought up to date, where it is of an earlier version
    source = open_reader(kept)
    try:
        records = _records_before(source, first) if first else []
    finally:
        source.close()
    db = book.connection
    db.execute("ATTACH DATABASE ? AS kept", (f"{kept.absolute().as_uri()}?mode=ro",))
    with transaction(db):
        for table in CARRIED:
            db.execute(f"INSERT INTO {table} SELECT * FROM kept.{table}")  # noqa: S608
        for table in _HISTORY:
            db.execute(f"INSERT INTO {table} SELECT * FROM kept.{table} WHERE position < ? ORDER BY seq", (first,))  # noqa: S608
        write_alarms(db, records)
        db.execute("UPDATE meta SET value = ? WHERE key = 'position'", (first,))
    db.execute("DETACH DATABASE kept")


def _records_before(kept: sqlite3.Connection, first: Position) -> list[AlarmRecord]:
    """Every alarm as it stood just before entry `first`, folded from what the kept book holds of it."""
    records: dict[str, AlarmRecord] = {}
    for alarm, _, _, kind, *columns in kept.execute(_KEPT_STEPS, {"first": first}):
        step: Step
        if kind == "event":
            latching, form, readings, raised_at, received_at, _ = columns
            step = decode_event(form, readings, raised_at, received_at)
            policy = _decided_then(bool(latching))
        else:
            step, policy = OperatorAction(*columns), Policy()
        record = fold(records.get(alarm), step, policy).record
        if record is not None:
            records[alarm] = record
    return list(records.values())


def _decided_then(latching: bool) -> Policy:
    return Policy(latches=lambda _rule, _level: latching)
