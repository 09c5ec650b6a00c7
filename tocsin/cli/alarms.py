"""`tocsin alarms`: the alarm book."""

import sys
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.effective import effective_state
from alerts.incidents import Incident
from alerts.machine import OPEN, State
from alerts.record import AlarmRecord
from alerts.severity import severity_rank
from tocsin.book import BookReader
from tocsin.book.incidents import incidents_of
from tocsin.book.schema import open_reader
from tocsin.cli.colours import SEVERITY_STYLES
from tocsin.cli.options import DEFAULT_DATA, Data, existing
from tocsin.cli.shown import shown_text, shown_time
from tocsin.log.layout import BOOK

_LOOKED_AT = 100_000


def alarms(
    data: Data = DEFAULT_DATA,
    state: Annotated[list[State] | None, typer.Option("--state", help="Only these states; may be repeated.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List alarms, the most severe first, then the newest: those that are open, unless --state says otherwise."""
    db = open_reader(existing(data) / BOOK)
    try:
        # Many silent points must not push a red alarm off the list.
        newest = BookReader(db).alarms(state or OPEN, max(limit, _LOOKED_AT))
        found = sorted(newest, key=lambda a: -severity_rank(a.severity))[:limit]
        together = incidents_of(db, [a.alarm for a in found])
    finally:
        db.close()
    if as_json:
        for a in found:
            print(_json(a, together.get(a.alarm)))
        return
    if not found:
        print("no alarms" if state else "no open alarms", file=sys.stderr)
        return
    table = Table(
        "alarm", "severity", "state", "rule", "subject", "level", "value", "limit", "raised at (UTC)", "incident"
    )
    for a in found:
        value, limit_text = ("" if x is None else f"{x:g}" for x in (a.value, a.limit))
        severity = Text(f" {a.severity} ", style=SEVERITY_STYLES.get(a.severity, ""))
        state_text, incident = shown_text(_state(a)), _incident(a, together.get(a.alarm))
        at = shown_time(a.raised_at)
        table.add_row(a.alarm, severity, state_text, a.rule, a.subject, a.level, value, limit_text, at, incident)
    Console(width=None if sys.stdout.isatty() else 180, markup=False).print(table)


def _json(record: AlarmRecord, incident: Incident | None) -> str:
    shown = msgspec.to_builtins(record)
    shown["effective_state"] = effective_state(record)
    shown["incident"] = incident.id if incident is not None else None
    shown["first_out"] = incident.first_out if incident is not None else None
    return msgspec.json.encode(shown).decode()


def _state(a: AlarmRecord) -> str:
    """The machine's state, what lies over it, and who has answered."""
    parts = [str(a.state)]
    if a.historical:
        parts.append("late")
    if a.exercise:
        parts.append("exercise")
    if a.shelved_until is not None:
        parts.append(f"shelved by {a.shelved_by} until {shown_time(a.shelved_until)}")
    if a.override_kind is not None and a.override_kind != "shelved":
        parts.append(f"{a.override_kind.replace('_', ' ')} by {a.override}")
    if a.suppressed_by is not None:
        parts.append(f"suppressed by {a.suppressed_by}")
    if a.answered_by is not None and a.acknowledged_by is None:
        parts.append(f"answered by {a.answered_by} for the enterprise")
    return ", ".join(parts)


def _incident(a: AlarmRecord, incident: Incident | None) -> str:
    """Which alarm came first, where there are several."""
    if incident is None or incident.alarms < 2:
        return ""
    return f"first-out of {incident.alarms}" if incident.first_out == a.alarm else f"after {incident.first_out}"
