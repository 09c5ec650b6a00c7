"""`tocsin alarms`, `ack`, `reset`: the alarm book, and acting on it."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from alerts.fold import fold
from alerts.machine import OPEN, State
from alerts.severity import severity_rank
from plant.entries import OperatorAction, OperatorActionName
from tocsin.book import BookReader
from tocsin.cli.colours import SEVERITY_STYLES
from tocsin.cli.options import DEFAULT_DATA, Data, existing
from tocsin.clock import SystemClock
from tocsin.log.journal import Journal
from tocsin.log.layout import BOOK, JOURNAL
from tocsin.runtime.control import NotRunningError, Request, ask
from tocsin.runtime.reading import configuration_in_force

_LOOKED_AT = 100_000


def alarms(
    data: Data = DEFAULT_DATA,
    state: Annotated[list[State] | None, typer.Option("--state", help="Only these states; may be repeated.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List alarms, the most severe first, then the newest: those that are open, unless --state says otherwise."""
    reader = BookReader.open_for_reading(existing(data) / BOOK)
    try:
        # Many silent points must not push a red alarm off the list.
        newest = reader.alarms(state or OPEN, max(limit, _LOOKED_AT))
    finally:
        reader.close()
    found = sorted(newest, key=lambda a: -severity_rank(a.severity))[:limit]
    if as_json:
        for record in found:
            print(msgspec.json.encode(record).decode())
        return
    if not found:
        print("no alarms" if state else "no open alarms", file=sys.stderr)
        return
    table = Table("alarm", "severity", "state", "rule", "subject", "level", "value", "limit", "raised at (UTC)")
    for a in found:
        at = datetime.fromtimestamp(a.raised_at / 1000, UTC).isoformat(" ", "seconds").removesuffix("+00:00")
        value, limit_text = ("" if x is None else f"{x:g}" for x in (a.value, a.limit))
        severity = f"[{SEVERITY_STYLES[a.severity]}] {a.severity} [/]"
        state_text = a.state if a.suppressed_by is None else f"{a.state}, suppressed by {a.suppressed_by}"
        table.add_row(a.alarm, severity, state_text, a.rule, a.subject, a.level, value, limit_text, at)
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def ack(
    alarm: Annotated[str, typer.Argument(help="The alarm's id.")],
    by: Annotated[str, typer.Option("--by", help="Who acknowledges.")],
    comment: Annotated[str, typer.Option("--comment")] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Acknowledge an alarm: through the running service, or straight to the log when none runs."""
    _act(data, "acknowledge", alarm, by, comment)


def reset(
    alarm: Annotated[str, typer.Argument(help="The alarm's id.")],
    by: Annotated[str, typer.Option("--by", help="Who resets.")],
    comment: Annotated[str, typer.Option("--comment")] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Reset a latched alarm, after what raised it has ended."""
    _act(data, "reset", alarm, by, comment)


def _act(data: Path, action: OperatorActionName, alarm: str, by: str, comment: str) -> None:
    if not by.strip():
        raise typer.BadParameter("--by is empty: who does it?")
    request = Request(action, alarm, by, comment)
    try:
        answer = ask(existing(data), request)
        refused, when = answer.refused or answer.error, ""
    except NotRunningError:
        refused, when = _straight_to_the_log(data, request), "; the alarm book takes it when the service starts"
    if refused:
        print(f"{alarm}: {refused}", file=sys.stderr)
        raise typer.Exit(1)
    print(f"{alarm}: {action} by {by}{when}")


def _straight_to_the_log(data: Path, request: Request) -> str | None:
    """Write the action to the log; returns why the alarm would not take it, if so.

    Only to the log: the alarm book and the notices owed are the service's, which knows whom to tell.
    """
    journal = Journal.open(data / JOURNAL)
    try:
        now_ms = max(SystemClock().now_ms(), (journal.last_received_at_ms or 0) + 1)  # times tell entries apart
        action = OperatorAction(
            now_ms,
            request.action,
            request.alarm,
            request.by,
            request.comment,
            request.until_ms,
            request.tier,
            request.one_shot,
        )
        refused = _why_refused(data, journal, action)
        if refused is None:
            journal.append([action])
        return refused
    finally:
        journal.close()


def _why_refused(data: Path, journal: Journal, action: OperatorAction) -> str | None:
    """What the alarm as it stands in the book, and what was done to it since, make of an action."""
    policy = configuration_in_force(data).policy
    reader = BookReader.open_for_reading(data / BOOK)
    try:
        record, position = reader.alarm(action.alarm), max(reader.position, journal.first)
    finally:
        reader.close()
    for _, entry in journal.read(position):
        if isinstance(entry, OperatorAction) and entry.alarm == action.alarm:
            record = fold(record, entry, policy).record
    return fold(record, action, policy).refused
