"""What a book made anew takes over from the kept one: the notices, and what came of entries the log has dropped."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

from alerts.audit import entry_of
from alerts.ground import Ground
from alerts.record import Policy
from plant.entries import OperatorAction, Position
from tocsin.book.audit import entries, take_over_audit
from tocsin.book.outbox_tables import CARRIED
from tocsin.book.reader import decode_event
from tocsin.book.results import BookStep
from tocsin.book.schema import BookPlace, open_reader
from tocsin.book.writer import AlarmBook
from tocsin.database import Database

_OWN = "tocsin."

_EVENTS = """
SELECT position, latching, form, readings, raised_at, received_at FROM events
WHERE position < ? AND name IN ('raised', 'upgraded', 'downgraded', 'cleared') ORDER BY seq
"""
_ACTIONS = """
SELECT position, received_at, action, alarm, by, comment, until FROM actions
WHERE position < ? AND refused IS NULL AND position NOT IN (SELECT position FROM audit) ORDER BY seq
"""
_HISTORY = ("events", "actions", "refused_events")


class _Kept(NamedTuple):
    position: Position
    kind: int
    """Events come before an act of the same entry."""
    step: BookStep
    latching: bool


def take_over(book: AlarmBook, kept: BookPlace, first: Position, ground: Ground | Policy) -> None:
    """Fill an empty book from the kept one: all notices, and what came of the entries before `first`.

    The kept book is of this version. Events, acts and the audit trail are copied; what follows from them is folded
    again, under `ground`.
    """
    db = book.connection
    with db.beside(kept) as (_, other), db.transaction():
        for table in CARRIED:
            db.execute(f"INSERT INTO {table} SELECT * FROM {other}.{table}")  # noqa: S608
        take_over_audit(db, other, first)
        for table in _HISTORY:
            db.execute(f"INSERT INTO {table} SELECT * FROM {other}.{table} WHERE position < ? ORDER BY seq", (first,))  # noqa: S608
    source = open_reader(kept)
    ground = ground if isinstance(ground, Ground) else Ground(ground)
    then = {latching: _latching(ground, latching) for latching in (False, True)}
    try:
        for latching, group in groupby(_steps_before(source, first) if first else (), key=lambda kept: kept.latching):
            steps = [(kept.position, kept.step) for kept in group]
            book.commit(steps[-1][0] + 1, steps, then[latching], queue=False, again=True)
        book.commit(first, [], ground, queue=False)
    finally:
        source.close()


def _steps_before(kept: Database, first: Position) -> Iterator[_Kept]:
    """What changed alarms, in the order of the log."""
    steps: list[_Kept] = []
    for position, latching, form, readings, raised_at, received_at in kept.execute(_EVENTS, (first,)):
        event = decode_event(form, readings, raised_at, received_at)
        if not event.rule.startswith(_OWN):  # its OwnCondition brings it about again
            steps.append(_Kept(position, 0, event, bool(latching)))
    for row in kept.execute(_ACTIONS, (first,)):
        steps.append(_Kept(row[0], 1, OperatorAction(*row[1:]), False))
    for entry in entries(kept):
        if entry.position >= first:
            break
        if not entry.refused:
            steps.append(_Kept(entry.position, 1, entry_of(entry), False))
    return iter(sorted(steps, key=lambda kept_step: kept_step[:2]))


def _latching(ground: Ground, latching: bool) -> Ground:
    """The ground under which an event latches as it did then."""
    return replace(ground, policy=replace(ground.policy, latches=lambda _rule, _level: latching))
