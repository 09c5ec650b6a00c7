"""What came of a commit, written into the book's tables within the caller's transaction."""

from collections.abc import Iterable
from typing import Final

import msgspec

from alerts.call import Call, Withdrawal
from alerts.incidents import Joined
from alerts.record import AlarmRecord, NumberedEvent
from alerts.suppression import Release
from alerts.targets import Target
from plant.entries import OperatorAction, Position
from rules.events import AlarmEvent, event_json
from tocsin.book import audit
from tocsin.book.disposals import write_disposals
from tocsin.book.facts import write_facts
from tocsin.book.outbox_queue import WebhookRow, queue, withdraw
from tocsin.book.quiet import write_override
from tocsin.book.results import Refusal, Results
from tocsin.database import Database, add_rows, upsert

_PUT_ALARM: Final = upsert(
    "alarms", ("alarm",), ("state", "severity", "peak_severity", "enterprise", "raised_at", "record")
)
_PUT_OVERRIDE: Final = upsert("override_facts", ("override",), ("kind", "since", "ended_at", "form"))
_PUT_INCIDENT: Final = upsert("incidents", ("incident",), ("unit", "enterprise", "opened_at", "ends_at", "record"))
_PUT_MEMBER: Final = upsert("incident_alarms", ("alarm",), ("incident",))


def write_results(db: Database, results: Results, *, again: bool) -> None:
    """Everything but what is owed to people; with `again`, events and acts are in the book already."""
    write_alarms(db, results.changed.values())
    write_facts(db, results)
    for effect in results.suppressions:
        write_override(db, effect)
    if not again:
        _write_events(db, results.told)
        _write_actions(db, results)
        _write_refused_events(db, results.refused)
        audit.append(db, results.audits)
    _write_incidents(db, results)
    db.executemany(
        _PUT_OVERRIDE,
        [(o.id, o.kind, o.since, o.ended_at, msgspec.json.encode(o).decode()) for o in results.overrides],
    )
    add_rows(
        db,
        "risk_history",
        ("at", "kind", "id", "before", "colour", "because", "overdue"),
        [(at, *c.node, c.before, c.colour, c.because, c.overdue) for at, c in results.risks],
    )
    write_disposals(db, results.disposals)


def write_owed(db: Database, results: Results, targets: Iterable[Target]) -> int:
    """Queue and withdraw, in the order in which it was decided; returns how many notices are new."""
    queued = 0
    calls: list[Call] = []
    for effect in results.outbox:
        if isinstance(effect, Withdrawal):
            queued += queue(db, calls)
            calls = []
            withdraw(db, effect)
        else:
            calls.append(effect)
    return queued + queue(db, calls, _webhook_rows(db, results, list(targets)))


def write_alarms(db: Database, records: Iterable[AlarmRecord]) -> None:
    """Put the records in place of what the book says of their alarms, within the caller's transaction."""
    db.executemany(
        _PUT_ALARM,
        [
            (
                r.alarm,
                r.state,
                r.severity,
                r.peak_severity,
                r.enterprise,
                r.raised_at,
                msgspec.json.encode(r).decode(),
            )
            for r in records
        ],
    )


def _write_events(db: Database, told: Iterable[tuple[Position, NumberedEvent, AlarmRecord]]) -> None:
    add_rows(
        db,
        "events",
        ("alarm", "n", "position", "name", "at", "received_at", "raised_at", "latching", "form", "readings"),
        [
            (
                event.alarm,
                n,
                position,
                event.event,
                event.at,
                event.received_at,
                event.raised_at,
                record.latching,
                event_json(event).decode(),
                msgspec.json.encode(event.readings).decode(),
            )
            for position, (n, event), record in told
        ],
    )


def _write_actions(db: Database, results: Results) -> None:
    """What operators did to alarms, with the reason where it was refused; the audit trail has every act."""
    add_rows(
        db,
        "actions",
        ("position", "received_at", "action", "alarm", "by", "comment", "until", "refused"),
        [
            (at, a.received_at_ms, a.action, a.alarm, a.by, a.comment, a.until_ms, refused or None)
            for at, a, refused in results.audits
            if isinstance(a, OperatorAction)
        ],
    )


def _write_refused_events(db: Database, refused: Iterable[Refusal]) -> None:
    add_rows(
        db,
        "refused_events",
        ("position", "alarm", "form", "reason"),
        [(at, step.alarm, event_json(step).decode(), why) for at, step, why in refused if isinstance(step, AlarmEvent)],
    )


def _write_incidents(db: Database, results: Results) -> None:
    latest = {effect.incident.id: effect.incident for effect in results.incidents}
    db.executemany(
        _PUT_INCIDENT,
        [
            (i.id, i.unit, i.enterprise, i.opened_at, i.ends_at, msgspec.json.encode(i).decode())
            for i in latest.values()
        ],
    )
    joined = [(effect.alarm, effect.incident.id) for effect in results.incidents if isinstance(effect, Joined)]
    db.executemany(_PUT_MEMBER, joined)


def _webhook_rows(db: Database, results: Results, targets: list[Target]) -> list[WebhookRow]:
    rows: list[WebhookRow] = []
    for notice in results.webhooks if targets else ():
        if isinstance(notice, Release):
            record, numbers, at = results.changed.get(notice.alarm), _numbers_of(db, notice), notice.at
            if record is None:
                row = db.execute("SELECT record FROM alarms WHERE alarm = ?", (notice.alarm,)).fetchone()
                record = msgspec.json.decode(row[0], type=AlarmRecord) if row else None
        else:
            (n, event), record = notice
            numbers, at = [n], event.received_at
        if record is not None:
            rows += [WebhookRow(t.name, record.alarm, n, at) for n in numbers for t in targets if t.wants(record)]
    return rows


def _numbers_of(db: Database, release: Release) -> list[int]:
    """The events of a released alarm up to then."""
    rows = db.execute(
        "SELECT n FROM events WHERE alarm = ? AND received_at <= ? ORDER BY n", (release.alarm, release.at)
    )
    return [n for (n,) in rows]
