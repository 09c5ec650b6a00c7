"""`tocsin alarms`: the alarm book."""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.effective import effective_state
from alerts.incidents import Incident
from alerts.machine import OPEN, State
from alerts.record import AlarmRecord
from tocsin.book.incidents import incidents_of
from tocsin.book.listing import Wanted, list_alarms
from tocsin.book.schema import open_reader
from tocsin.cli.colours import SEVERITY_STYLES
from tocsin.cli.options import DEFAULT_DATA, Config, Data, records_at
from tocsin.cli.shown import shown_text, shown_time
from tocsin.cli.times import window_ms

if TYPE_CHECKING:
    from tocsin.records import Records


class Severity(StrEnum):
    """What can be asked for."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    BLUE = "blue"


def alarms(
    data: Data = DEFAULT_DATA,
    config: Config = None,
    state: Annotated[list[State] | None, typer.Option("--state", help="Only these states; may be repeated.")] = None,
    severity: Annotated[
        list[Severity] | None, typer.Option("--severity", help="Only these severities; may be repeated.")
    ] = None,
    enterprise: Annotated[
        list[str] | None, typer.Option("--enterprise", help="Only this one's; may be repeated.")
    ] = None,
    region: Annotated[str | None, typer.Option("--region", help="Only this region's, with those below it.")] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="Only this rule's.")] = None,
    text: Annotated[str, typer.Option("--text", help="Stands in the rule, the subject or the enterprise.")] = "",
    since: Annotated[str | None, typer.Option("--from", help="Raised from this time on (ms or RFC 3339).")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Raised before this time.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 100,
    after: Annotated[str | None, typer.Option("--after", help="The cursor that the page before ended with.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List alarms, the most severe first, then the newest: those that are open, unless --state says otherwise."""
    first_ms, end_ms = window_ms(since, until)
    records = records_at(data, config)
    wanted = Wanted(
        states=state or OPEN,
        severities=severity,
        enterprises=_chosen(records, enterprise, region),
        rule=rule,
        first_ms=first_ms,
        end_ms=end_ms,
        text=text,
        after=after,
    )
    db = open_reader(records.book)
    try:
        found, more = list_alarms(db, wanted, limit)
        together = incidents_of(db, [a.alarm for a in found])
    finally:
        db.close()
    if more is not None:
        print(f"there are more: --after {more}", file=sys.stderr)
    if as_json:
        for a in found:
            print(_json(a, together.get(a.alarm)))
        return
    if not found:
        print("no open alarms" if wanted == Wanted() else "no alarms", file=sys.stderr)
        return
    table = Table(
        "alarm", "severity", "state", "rule", "subject", "level", "value", "limit", "raised at (UTC)", "incident"
    )
    for a in found:
        value, limit_text = ("" if x is None else f"{x:g}" for x in (a.value, a.limit))
        coloured = Text(f" {a.severity} ", style=SEVERITY_STYLES.get(a.severity, ""))
        state_text, incident = shown_text(_state(a)), _incident(a, together.get(a.alarm))
        at = shown_time(a.raised_at)
        table.add_row(a.alarm, coloured, state_text, a.rule, a.subject, a.level, value, limit_text, at, incident)
    Console(width=None if sys.stdout.isatty() else 220, markup=False).print(table)


def _chosen(records: "Records", enterprises: list[str] | None, region: str | None) -> frozenset[str] | None:
    """The enterprises that a call asks for; None: all, and what is about none."""
    chosen = frozenset(enterprises) if enterprises else None
    if region is not None:
        from tocsin.inventory.regions import chosen_enterprises, regions_of

        there = chosen_enterprises(regions_of(records.configured().site), None, region)
        chosen = there if chosen is None else chosen & there
    return chosen


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
