"""Every alarm in few numbers, for lists and reports: a row of fixed length each, in chunks that are read at once.

Which alarm a row is of stands in `facts`, what its numbers are the names of in `fact_names`. A chunk of rows is one
BLOB; `fact_spans` says what is in it, so that others are not read. A row is written in the commit that changes its
alarm, and nowhere else.
"""

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from alerts.machine import ACTIVE, UNACKNOWLEDGED, State
from alerts.record import AlarmRecord
from alerts.severity import severity_rank
from plant.entries import OperatorAction
from tocsin.book.results import Results
from tocsin.database import AMONG, Database, next_number, upsert

NEVER: Final = -1
"""The time of what has not happened."""

STATES: Final = tuple(State)
FACT: Final = np.dtype(
    [
        ("raised_at", "<i8"),
        ("received_at", "<i8"),
        ("cleared_at", "<i8"),
        ("acknowledged_at", "<i8"),
        ("answered_at", "<i8"),
        ("source", "<u4"),
        ("rule", "<u4"),
        ("enterprise", "<u4"),
        ("severity", "u1"),
        ("now", "u1"),
        ("state", "u1"),
        ("flags", "u1"),
        ("spare", "<u4", 2),
    ]
)
"""Times are ms since the epoch; rule and enterprise are numbers of `fact_names`.

received_at      the engine's clock when it came to be known
cleared_at       when its condition ended
acknowledged_at  the first acknowledgement that counts; `answered_at` is the first by the enterprise while it was red
source           rule, subject and side together
severity, now    the worst since it was raised, and what it has now, as severity_rank has it
state            index into STATES
"""

HISTORICAL, EXERCISE, BY_ENTERPRISE = 1, 2, 4
"""Flags. The last one: the enterprise acknowledged, not the centre."""

ROWS: Final = 512
SEPARATOR: Final = "\x1f"

FACT_TABLES: Final = (
    "CREATE TABLE facts (slot INTEGER PRIMARY KEY, alarm TEXT NOT NULL UNIQUE)",
    "CREATE TABLE fact_names (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    "CREATE TABLE fact_chunks (chunk INTEGER PRIMARY KEY, data BLOB NOT NULL)",
    """
CREATE TABLE fact_spans (
    chunk INTEGER PRIMARY KEY, rows INTEGER NOT NULL, open INTEGER NOT NULL, first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL, off_at INTEGER NOT NULL
)""",
    "CREATE INDEX IF NOT EXISTS outbox_by_time ON outbox (queued_at)",
    "CREATE INDEX IF NOT EXISTS attempts_at ON attempts (at)",
    "CREATE INDEX IF NOT EXISTS overrides_by_time ON overrides (kind, since)",
)
"""Statements, one by one; the indexes are what reports look by.

fact_spans  rows in use, how many are open, raised from when to when, the last clearing
"""

_OPEN: Final = np.array([state is not State.CLOSED for state in STATES])
_AT_ONCE: Final = 20_000
_PUT_SPAN: Final = upsert("fact_spans", ("chunk",), ("rows", "open", "first_at", "last_at", "off_at"))
_LAST_SIGN: Final = chr(0x10FFFF)


class _First(NamedTuple):
    """What happened to an alarm for the first time; NEVER for what did not, or did before."""

    received_at: int = NEVER
    acknowledged_at: int = NEVER
    by_enterprise: bool = False
    answered_at: int = NEVER


class Facts:
    """Rows as columns, in the order in which their alarms came to be known."""

    def __init__(self, chunks: Iterable[tuple[int, int, bytes]]) -> None:
        """`chunks` are (chunk, rows in use, rows)."""
        parts = [(chunk, np.frombuffer(data, FACT, count)) for chunk, count, data in chunks]
        self._rows = [rows for _, rows in parts]
        self._columns: dict[str, NDArray[Any]] = {}
        slots = [np.arange(chunk * ROWS, chunk * ROWS + len(rows), dtype=np.int64) for chunk, rows in parts]
        self.slot: NDArray[np.int64] = np.concatenate([np.zeros(0, dtype=np.int64), *slots])
        """Where each row stands."""

    def __len__(self) -> int:
        return len(self.slot)

    def __getitem__(self, name: str) -> NDArray[Any]:
        """A column of FACT. Only what is asked for is copied: whole rows would take five times as long."""
        if name not in self._columns:
            self._columns[name] = np.concatenate([np.zeros(0, dtype=FACT[name]), *(rows[name] for rows in self._rows)])
        return self._columns[name]


def write_facts(db: Database, results: Results) -> None:
    """Bring the rows of all alarms that a commit changed up to date, within its transaction."""
    if results.changed:
        _write(db, list(results.changed.values()), _firsts(results))


def fill_facts(db: Database) -> None:
    """Make the tables, and the rows of all alarms that the book has, within the caller's transaction."""
    for statement in FACT_TABLES:
        db.execute(statement)
    heard = dict(db.execute("SELECT alarm, min(received_at) FROM events GROUP BY alarm"))
    acknowledged = dict(
        db.execute("SELECT alarm, min(received_at) FROM events WHERE name = 'acknowledged' GROUP BY alarm")
    )
    rows = db.execute("SELECT record FROM alarms ORDER BY raised_at, alarm")
    while some := rows.fetchmany(_AT_ONCE):
        records = [msgspec.json.decode(record, type=AlarmRecord) for (record,) in some]
        firsts = {
            r.alarm: _First(heard.get(r.alarm, r.raised_at), acknowledged.get(r.alarm, NEVER), False, NEVER)
            for r in records
        }
        _write(db, records, firsts)


def has_facts(db: Database) -> bool:
    """Whether the book has these tables: one that an earlier version wrote has not."""
    return db.has_table("fact_spans")


def read_facts(
    db: Database, first_ms: int | None = None, end_ms: int | None = None, *, only_open: bool = False
) -> Facts:
    """The rows of alarms, at least of all raised in [first_ms, end_ms) or on at some time in it; others may be there.

    `only_open` leaves out chunks without an open alarm.
    """
    which, given = "1 = 1", []
    if first_ms is not None:
        which += " AND (last_at >= ? OR off_at >= ? OR open > 0)"
        given += [first_ms, first_ms]
    if end_ms is not None:
        which += " AND first_at < ?"
        given.append(end_ms)
    if only_open:
        which += " AND open > 0"
    return Facts(
        db.execute(
            f"SELECT chunk, rows, data FROM fact_spans JOIN fact_chunks USING (chunk) WHERE {which} ORDER BY chunk",  # noqa: S608
            given,
        )
    )


def read_names(db: Database, numbers: Iterable[int]) -> dict[int, str]:
    """The names of numbers."""
    query = f"SELECT number, name FROM fact_names WHERE number {AMONG}"  # noqa: S608
    return dict(db.execute(query, (db.listed(sorted(set(numbers))),)))


def numbers_of(db: Database, names: Iterable[str]) -> dict[str, int]:
    """The numbers of those names that have one."""
    query = f"SELECT name, number FROM fact_names WHERE name {AMONG}"  # noqa: S608
    return dict(db.execute(query, (db.listed(sorted(set(names))),)))


def names_holding(db: Database, text: str) -> dict[int, str]:
    """The names in which the text stands, whatever the case of its ASCII letters."""
    return dict(db.execute("SELECT number, name FROM fact_names WHERE instr(lower(name), lower(?)) > 0", (text,)))


def numbers_beginning(db: Database, prefix: str) -> list[int]:
    """The numbers of names that begin so."""
    rows = db.execute("SELECT number FROM fact_names WHERE name >= ? AND name < ?", (prefix, prefix + _LAST_SIGN))
    return [number for (number,) in rows]


def alarms_at(db: Database, slots: Iterable[int]) -> dict[int, str]:
    """The alarms whose rows stand there, by place."""
    query = f"SELECT slot, alarm FROM facts WHERE slot {AMONG}"  # noqa: S608
    return dict(db.execute(query, (db.listed(slots),)))


def _firsts(results: Results) -> dict[str, _First]:
    """What the told events of a commit are the first of, as far as the commit goes."""
    tiers = {audit.position: audit.entry.tier for audit in results.audits if isinstance(audit.entry, OperatorAction)}
    firsts: dict[str, _First] = {}
    for position, (_, event), record in results.told:
        first = firsts.get(event.alarm) or _First(event.received_at)
        if event.event == "acknowledged":
            if record.state in UNACKNOWLEDGED:
                if first.answered_at == NEVER:
                    first = first._replace(answered_at=event.received_at)
            elif first.acknowledged_at == NEVER:
                by_enterprise = tiers.get(position) == "enterprise"
                first = first._replace(acknowledged_at=event.received_at, by_enterprise=by_enterprise)
        firsts[event.alarm] = first
    return firsts


def _write(db: Database, records: list[AlarmRecord], firsts: Mapping[str, _First]) -> None:
    slots, fresh = _slots(db, records)
    numbers = _numbers(db, {name for r in records for name in (r.rule, r.enterprise, _source(r))})
    of_chunk: dict[int, list[AlarmRecord]] = {}
    for record in records:
        of_chunk.setdefault(slots[record.alarm] // ROWS, []).append(record)
    for chunk, members in of_chunk.items():
        data = db.read_chunk("fact_chunks", chunk)
        if data is None:
            data = bytes(ROWS * FACT.itemsize)
            db.make_chunk("fact_chunks", chunk, len(data))
        rows = np.frombuffer(data, FACT).copy()
        used = [slots[r.alarm] % ROWS for r in members]
        for at, record in zip(used, members, strict=True):
            before = None if record.alarm in fresh else rows[at]
            rows[at] = _row(record, firsts.get(record.alarm, _First()), numbers, before)
        low, high = min(used), max(used) + 1
        db.write_chunk("fact_chunks", chunk, low * FACT.itemsize, rows[low:high].tobytes())
        _write_span(db, chunk, rows[rows["source"] != 0])  # numbers begin at 1: where it is 0 nobody has written yet


def _write_span(db: Database, chunk: int, rows: NDArray[Any]) -> None:
    raised = rows["raised_at"]
    span = (len(rows), _OPEN[rows["state"]].sum(), raised.min(), raised.max(), rows["cleared_at"].max())
    db.execute(_PUT_SPAN, (chunk, *map(int, span)))


def _row(record: AlarmRecord, first: _First, numbers: Mapping[str, int], before: Any | None) -> tuple[object, ...]:
    received_at, acknowledged_at, by_enterprise, answered_at = first
    if before is not None:
        received_at = int(before["received_at"])
        if before["acknowledged_at"] != NEVER:
            acknowledged_at, by_enterprise = int(before["acknowledged_at"]), bool(before["flags"] & BY_ENTERPRISE)
        if before["answered_at"] != NEVER:
            answered_at = int(before["answered_at"])
    flags = HISTORICAL * record.historical + EXERCISE * record.exercise + BY_ENTERPRISE * by_enterprise
    off = record.cleared_at if record.state not in ACTIVE and record.cleared_at is not None else NEVER
    return (
        record.raised_at,
        received_at,
        off,
        acknowledged_at,
        answered_at,
        numbers[_source(record)],
        numbers[record.rule],
        numbers[record.enterprise],
        severity_rank(record.worst_severity),
        severity_rank(record.severity),
        STATES.index(record.state),
        flags,
        (0, 0),
    )


def _source(record: AlarmRecord) -> str:
    return SEPARATOR.join((record.rule, record.subject, record.side))


def _slots(db: Database, records: Iterable[AlarmRecord]) -> tuple[dict[str, int], set[str]]:
    """(where each alarm's row stands, the alarms that had none)."""
    wanted = [record.alarm for record in records]
    query = f"SELECT alarm, slot FROM facts WHERE alarm {AMONG}"  # noqa: S608
    slots: dict[str, int] = dict(db.execute(query, (db.listed(wanted),)))
    fresh = [alarm for alarm in wanted if alarm not in slots]
    if fresh:
        (begin,) = db.execute("SELECT coalesce(max(slot) + 1, 0) FROM facts").fetchone()
        slots |= {alarm: begin + i for i, alarm in enumerate(fresh)}
        db.executemany("INSERT INTO facts (slot, alarm) VALUES (?, ?)", [(slots[alarm], alarm) for alarm in fresh])
    return slots, set(fresh)


def _numbers(db: Database, names: set[str]) -> dict[str, int]:
    found = numbers_of(db, names)
    if len(found) < len(names):
        new = dict(zip(sorted(names - found.keys()), count(next_number(db, "fact_names", "number"))))
        db.executemany("INSERT INTO fact_names (name, number) VALUES (?, ?)", new.items())
        found |= new
    return found
