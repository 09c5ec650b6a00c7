"""`tocsin alarms`: the alarm book."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from alerts.machine import OPEN, State
from alerts.severity import severity_rank
from tocsin.book import BookReader
from tocsin.cli.colours import SEVERITY_STYLES
from tocsin.cli.options import DEFAULT_DATA, Data, existing
from tocsin.log.layout import BOOK

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
