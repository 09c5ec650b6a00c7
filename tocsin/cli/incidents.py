"""`tocsin incidents`: alarms that belong together, and which came first."""

import sys
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tocsin.book.incidents import incidents as of_book
from tocsin.book.schema import open_reader
from tocsin.cli.colours import SEVERITY_STYLES
from tocsin.cli.options import DEFAULT_DATA, Data, existing
from tocsin.cli.shown import shown_time
from tocsin.log.layout import BOOK

_SHOWN = 5


def incidents(
    data: Data = DEFAULT_DATA,
    every: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List incidents, the newest first: alarms of one unit that were raised close together, and the first-out."""
    db = open_reader(existing(data) / BOOK)
    try:
        found = of_book(db, limit, every=every)
    finally:
        db.close()
    if as_json:
        for one in found:
            shown = {**msgspec.to_builtins(one.incident), "open": one.open, "in_it": one.alarms}
            print(msgspec.json.encode(shown).decode())
        return
    if not found:
        print("no incidents" if every else "no open incidents", file=sys.stderr)
        return
    table = Table("incident", "severity", "of", "first-out", "alarms", "on", "from (UTC)", "last alarm", "others")
    for incident, alarms, is_open in found:
        others = [alarm for alarm in alarms if alarm != incident.first_out]
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        table.add_row(
            incident.id,
            Text(f" {incident.worst_severity} ", style=SEVERITY_STYLES.get(incident.worst_severity, "")),
            incident.unit or incident.enterprise,
            incident.first_out,
            str(incident.alarms),
            str(incident.on) if is_open else "ended",
            shown_time(incident.opened_at),
            shown_time(incident.last_at),
            " ".join(others[:_SHOWN]) + more,
        )
    Console(width=None if sys.stdout.isatty() else 200, markup=False).print(table)
