"""Disposals in the alarm book's file: each as it stands, and every step of it (alerts/disposal is what they mean)."""

from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

import msgspec

from alerts.disposal.disposals import Disposals
from alerts.disposal.machine import DisposalState
from alerts.disposal.record import Disposal, DisposalChanged, DisposalStep
from alerts.kept import Kept
from tocsin.database import AMONG, Database, upsert

DISPOSAL_TABLES: Final = (
    """
CREATE TABLE disposals (
    alarm TEXT NOT NULL, opened_at INTEGER NOT NULL, latest TEXT NOT NULL, state TEXT NOT NULL, severity TEXT NOT NULL,
    enterprise TEXT NOT NULL, overdue TEXT NOT NULL, next_at INTEGER, closed_at INTEGER, record TEXT NOT NULL,
    PRIMARY KEY (alarm, opened_at)
) WITHOUT ROWID""",
    "CREATE INDEX disposals_by_time ON disposals (opened_at)",
    "CREATE INDEX disposals_under_way ON disposals (opened_at) WHERE state <> 'closed'",
    "CREATE INDEX disposals_by_latest ON disposals (latest)",
    "CREATE INDEX disposals_next ON disposals (next_at) WHERE next_at IS NOT NULL",
    """
CREATE TABLE disposal_steps (
    alarm TEXT NOT NULL, opened_at INTEGER NOT NULL, n INTEGER NOT NULL, name TEXT NOT NULL, by TEXT NOT NULL,
    at INTEGER NOT NULL, fields TEXT NOT NULL, PRIMARY KEY (alarm, opened_at, n)
) WITHOUT ROWID""",
)
"""Statements, one by one."""

_PUT: Final = upsert(
    "disposals",
    ("alarm", "opened_at"),
    ("latest", "state", "severity", "enterprise", "overdue", "next_at", "closed_at", "record"),
)

UNDER_WAY: Final = frozenset(DisposalState) - {DisposalState.NONE, DisposalState.CLOSED}


class EvidenceOf(NamedTuple):
    """A piece of evidence and the disposal it belongs to."""

    alarm: str
    at: int
    by: str
    name: str
    sha256: str
    bytes: int


def write_disposals(db: Database, changes: Iterable[DisposalChanged]) -> None:
    """Put down steps and what they made of their disposals, within the caller's transaction."""
    changed = list(changes)
    latest = {(record.alarm, record.opened_at): record for record, _ in changed}
    db.executemany(
        _PUT,
        [
            (
                r.alarm,
                r.opened_at,
                r.latest,
                r.state,
                r.severity,
                r.enterprise,
                r.overdue,
                r.next_at,
                r.closed_at,
                msgspec.json.encode(r).decode(),
            )
            for r in latest.values()
        ],
    )
    db.executemany(
        "INSERT INTO disposal_steps (alarm, opened_at, n, name, by, at, fields) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (r.alarm, r.opened_at, n, name, by, at, msgspec.json.encode(fields, order="sorted").decode())
            for r, (n, name, by, at, fields) in changed
        ],
    )


def load_disposals(db: Database) -> Disposals:
    """The disposals that are under way at the end of the last commit, or may still be reopened."""
    rows = db.execute(
        "SELECT record FROM disposals WHERE state <> 'closed'"
        " UNION ALL SELECT record FROM disposals WHERE state = 'closed' AND next_at IS NOT NULL"
    )
    records = (msgspec.json.decode(row, type=Disposal) for (row,) in rows)
    return Disposals(Kept({record.alarm: record for record in records}))


def disposals(
    db: Database,
    states: Collection[DisposalState] = UNDER_WAY,
    enterprise: str | None = None,
    limit: int = 1000,
    *,
    enterprises: Collection[str] | None = None,
    overdue: bool = False,
) -> list[Disposal]:
    """Those in any of these states, the newest first; of these enterprises, overdue ones alone."""
    given = {
        "state <> 'closed'": None if DisposalState.CLOSED in states else (),
        f"state {AMONG}": None if frozenset(states) == UNDER_WAY else (db.listed(sorted(states)),),
        "enterprise = ?": None if enterprise is None else (enterprise,),
        f"enterprise {AMONG}": None if enterprises is None else (db.listed(sorted(enterprises)),),
        "overdue <> ''": () if overdue else None,
    }
    asked = {clause: values for clause, values in given.items() if values is not None}
    # Keys first: an index has them, and what is put in order is small.
    rows = db.execute(
        "SELECT d.record FROM (SELECT alarm, opened_at FROM disposals"  # noqa: S608 - clauses of ours
        f" WHERE {' AND '.join(asked) or '1 = 1'} ORDER BY opened_at DESC, alarm LIMIT ?) AS k"
        " JOIN disposals AS d ON d.alarm = k.alarm AND d.opened_at = k.opened_at ORDER BY d.opened_at DESC, d.alarm",
        (*(value for values in asked.values() for value in values), limit),
    )
    return [msgspec.json.decode(row, type=Disposal) for (row,) in rows]


def disposals_of(db: Database, alarm: str) -> list[Disposal]:
    """Those that an alarm opened or that were about it last, the newest first."""
    rows = db.execute("SELECT record FROM disposals WHERE alarm = ?1 OR latest = ?1 ORDER BY opened_at DESC", (alarm,))
    return [msgspec.json.decode(row, type=Disposal) for (row,) in rows]


def steps_of(db: Database, record: Disposal) -> list[DisposalStep]:
    """Every step of a disposal, in order."""
    rows = db.execute(
        "SELECT n, name, by, at, fields FROM disposal_steps WHERE alarm = ? AND opened_at = ? ORDER BY n",
        (record.alarm, record.opened_at),
    )
    return [DisposalStep(n, name, by, at, msgspec.json.decode(fields)) for n, name, by, at, fields in rows]


def evidence_of(db: Database) -> list[EvidenceOf]:
    """All evidence that was ever filed, in order."""
    rows = db.execute("SELECT alarm, at, by, fields FROM disposal_steps WHERE name = 'evidence' ORDER BY at, alarm, n")
    found = []
    for alarm, at, by, text in rows:
        fields = msgspec.json.decode(text, type=dict[str, str])
        found.append(EvidenceOf(alarm, at, by, fields["name"], fields["sha256"], int(fields["bytes"])))
    return found
