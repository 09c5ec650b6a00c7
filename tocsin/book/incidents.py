"""What the alarm book knows of incidents (alerts/incidents.py is what they mean)."""

import sqlite3
from collections.abc import Collection
from typing import NamedTuple

import msgspec

from alerts.incidents import Incident


class BookedIncident(NamedTuple):
    """An incident as it stands, the alarms in it in the order in which they were raised, and whether it goes on."""

    incident: Incident
    alarms: tuple[str, ...]
    open: bool


def incidents(db: sqlite3.Connection, limit: int, *, every: bool = False) -> list[BookedIncident]:
    """Those that go on (`every`: also those that have ended), the newest first."""
    rows = db.execute(
        "SELECT incident, record, incident IN (SELECT key FROM kept WHERE part = 'incidents') AS on_ FROM incidents"
        " WHERE ?1 OR on_ ORDER BY opened_at DESC, incident LIMIT ?2",
        (every, limit),
    ).fetchall()
    members = _members(db, [name for name, _, _ in rows])
    return [
        BookedIncident(msgspec.json.decode(form, type=Incident), tuple(members.get(name, ())), bool(goes_on))
        for name, form, goes_on in rows
    ]


def incidents_of(db: sqlite3.Connection, alarms: Collection[str]) -> dict[str, Incident]:
    """The incident of each of these alarms that is in one."""
    rows = db.execute(
        "SELECT m.alarm, i.record FROM incident_alarms m JOIN incidents i USING (incident)"
        " WHERE m.alarm IN (SELECT value FROM json_each(?))",
        (msgspec.json.encode(sorted(alarms)).decode(),),
    )
    return {alarm: msgspec.json.decode(form, type=Incident) for alarm, form in rows}


def _members(db: sqlite3.Connection, names: Collection[str]) -> dict[str, list[str]]:
    rows = db.execute(
        "SELECT m.incident, m.alarm FROM incident_alarms m JOIN alarms a USING (alarm)"
        " WHERE m.incident IN (SELECT value FROM json_each(?)) ORDER BY a.raised_at, m.alarm",
        (msgspec.json.encode(sorted(names)).decode(),),
    )
    found: dict[str, list[str]] = {}
    for incident, alarm in rows:
        found.setdefault(incident, []).append(alarm)
    return found
