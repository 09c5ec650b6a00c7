"""What the alarm book knows of incidents (alerts/incidents.py is what they mean)."""

from collections.abc import Collection
from typing import NamedTuple

import msgspec

from alerts.incidents import Incident
from tocsin.database import AMONG, Database


class BookedIncident(NamedTuple):
    """An incident as it stands, the alarms in it in the order in which they were raised, and whether it goes on."""

    incident: Incident
    alarms: tuple[str, ...]
    open: bool


def incidents(db: Database, limit: int, *, every: bool = False) -> list[BookedIncident]:
    """Those that go on (`every`: also those that have ended), the newest first."""
    rows = db.execute(
        "SELECT i.incident, i.record, k.key IS NOT NULL FROM incidents AS i"
        " LEFT JOIN kept AS k ON k.part = 'incidents' AND k.key = i.incident"
        " WHERE ?1 = 1 OR k.key IS NOT NULL ORDER BY i.opened_at DESC, i.incident LIMIT ?2",
        (every, limit),
    ).fetchall()
    members = _members(db, [name for name, _, _ in rows])
    return [
        BookedIncident(msgspec.json.decode(form, type=Incident), tuple(members.get(name, ())), bool(goes_on))
        for name, form, goes_on in rows
    ]


def incidents_of(db: Database, alarms: Collection[str]) -> dict[str, Incident]:
    """The incident of each of these alarms that is in one."""
    rows = db.execute(
        f"SELECT m.alarm, i.record FROM incident_alarms m JOIN incidents i USING (incident) WHERE m.alarm {AMONG}",  # noqa: S608
        (db.listed(sorted(alarms)),),
    )
    return {alarm: msgspec.json.decode(form, type=Incident) for alarm, form in rows}


def _members(db: Database, names: Collection[str]) -> dict[str, list[str]]:
    rows = db.execute(
        "SELECT m.incident, m.alarm FROM incident_alarms m JOIN alarms a USING (alarm)"  # noqa: S608
        f" WHERE m.incident {AMONG} ORDER BY a.raised_at, m.alarm",
        (db.listed(sorted(names)),),
    )
    found: dict[str, list[str]] = {}
    for incident, alarm in rows:
        found.setdefault(incident, []).append(alarm)
    return found
