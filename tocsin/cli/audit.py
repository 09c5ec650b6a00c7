"""`tocsin audit`: who did what, and whether the record of it is whole."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tocsin.book.audit import entries, newest_entries
from tocsin.book.audit_check import check_audit
from tocsin.book.schema import open_reader
from tocsin.cli.options import DEFAULT_DATA, Data, existing
from tocsin.cli.progress import bar
from tocsin.cli.shown import shown_text, shown_time
from tocsin.cli.times import window_ms
from tocsin.evidence import EvidenceStore
from tocsin.log.layout import BOOK, EVIDENCE, JOURNAL
from tocsin.log.reader import JournalReader

app = typer.Typer(help="Who did what, and whether the record of it is whole.")

Since = Annotated[str | None, typer.Option("--from", help="From this time on (ms or RFC 3339).")]
Until = Annotated[str | None, typer.Option("--to", help="Before this time.")]


@app.callback()
def _audit() -> None:
    """Who did what, and whether the record of it is whole."""


@app.command()
def verify(
    data: Data = DEFAULT_DATA,
    head: Annotated[
        list[str] | None, typer.Option("--head", help="A hash that must be in it; may be repeated.")
    ] = None,
) -> None:
    """Check the audit trail: its chain, against the journal, evidence, and heads that you know of."""
    heads = [text.strip().lower() for text in head or ()]
    for text in heads:
        if len(text) != 64 or set(text) - set("0123456789abcdef"):
            raise typer.BadParameter(f"--head is {text}, allowed are 64 hex digits")
    db = open_reader(existing(data) / BOOK)
    try:
        with bar("verifying") as advance:
            reader = JournalReader.open(data / JOURNAL)
            checked = check_audit(db, reader, EvidenceStore(data / EVIDENCE), heads, advance)
    finally:
        db.close()
    for mistake in checked.mistakes:
        print(shown_text(mistake), file=sys.stderr)
    if checked.mistakes:
        raise typer.Exit(1)
    until = f" up to {shown_time(checked.last_at)} UTC" if checked.last_at is not None else ""
    print(
        f"{checked.entries} entries{until} hold, {checked.compared} of them as the journal has them,"
        f" {checked.evidence} pieces of evidence; head {checked.head or 'none'}"
    )


@app.command(name="list")
def list_command(
    data: Data = DEFAULT_DATA,
    about: Annotated[str | None, typer.Option("--about", help="Only of this alarm, override, call or subject.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="Only what this person did.")] = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many: the newest.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, one object a line.")] = False,
) -> None:
    """List who did what, the oldest first."""
    first_ms, end_ms = window_ms(since, until)
    db = open_reader(existing(data) / BOOK)
    try:
        found = newest_entries(db, limit, about, by, first_ms, end_ms)
    finally:
        db.close()
    if as_json:
        for entry in found:
            print(msgspec.json.encode(entry).decode())
        return
    if not found:
        print("nothing was done", file=sys.stderr)
        return
    table = Table("entry", "at (UTC)", "who", "what", "about", "refused")
    for e in found:
        table.add_row(
            str(e.seq), shown_time(e.at), *(Text(shown_text(text)) for text in (e.who, e.what, e.about, e.refused))
        )
    Console(width=None if sys.stdout.isatty() else 160).print(table)


@app.command()
def export(
    out: Annotated[Path, typer.Option("--out", help="The file to write.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Write the whole trail as JSON Lines: whoever keeps it can check it later, and with it the trail itself."""
    db = open_reader(existing(data) / BOOK)
    count, head = 0, "none"
    try:
        with out.open("wb") as file:
            for entry in entries(db):
                file.write(msgspec.json.encode(entry) + b"\n")
                count, head = entry.seq, entry.hash
    finally:
        db.close()
    print(f"{out}: {count} entries, head {head}")
