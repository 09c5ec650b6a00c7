"""The tables of the book that came with version 3."""

from typing import Final

from tocsin.book.audit import AUDIT_TABLES
from tocsin.book.disposals import DISPOSAL_TABLES
from tocsin.book.kept import TABLE as KEPT

TABLES: Final[tuple[str, ...]] = (
    KEPT,
    """
CREATE TABLE incidents (
    incident TEXT PRIMARY KEY, unit TEXT NOT NULL, enterprise TEXT NOT NULL, opened_at INTEGER NOT NULL,
    ends_at INTEGER, record TEXT NOT NULL
) WITHOUT ROWID""",
    "CREATE INDEX incidents_by_time ON incidents (opened_at)",
    "CREATE TABLE incident_alarms (alarm TEXT PRIMARY KEY, incident TEXT NOT NULL) WITHOUT ROWID",
    "CREATE INDEX incident_alarms_of ON incident_alarms (incident)",
    """
CREATE TABLE risk_history (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, before TEXT NOT NULL,
    colour TEXT NOT NULL, because TEXT NOT NULL, overdue INTEGER NOT NULL
)""",
    "CREATE INDEX risk_history_of ON risk_history (kind, id, at)",
    """
CREATE TABLE override_facts (
    override TEXT PRIMARY KEY, kind TEXT NOT NULL, since INTEGER NOT NULL, ended_at INTEGER, form TEXT NOT NULL
) WITHOUT ROWID""",
    "CREATE INDEX override_facts_by_time ON override_facts (since)",
    *DISPOSAL_TABLES,
    *AUDIT_TABLES,
    """
CREATE TABLE step_origins (
    shard INTEGER, entry INTEGER, position INTEGER NOT NULL, PRIMARY KEY (shard, entry)
) WITHOUT ROWID""",
)
"""Statements, one by one: triggers have semicolons in them.

override_facts  every disabling, taking out of service and shelving; those suppressed by design stand in `overrides`
risk_history    when which place had which colour, and what gave it
step_origins    in cluster mode: where in a shard's log each act was written, and where it stands in the book's
"""

PROJECTIONS: Final = (
    "incidents",
    "incident_alarms",
    "risk_history",
    "override_facts",
    "disposals",
    "disposal_steps",
    "audit",
)
"""Those that the log alone decides."""
