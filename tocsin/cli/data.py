"""`tocsin export`, `quarantine`, `backup`, `restore`."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ingest import quarantine_store
from ingest.feed import Feed, feed_of_batch, write_feed
from plant.entries import Entry, Readings
from rules.events import event_json
from tocsin.book import BookReader
from tocsin.cli.options import DEFAULT_DATA, Config, Data, existing, records_at
from tocsin.cli.progress import bar
from tocsin.cli.times import window_ms
from tocsin.database import Place
from tocsin.log.backup import backup as make_backup
from tocsin.log.layout import QUARANTINE
from tocsin.log.restore import restore as restore_backup


class What(StrEnum):
    READINGS = "readings"
    EVENTS = "events"


Since = Annotated[str | None, typer.Option("--from", help="From this time on (ms or RFC 3339).")]
Until = Annotated[str | None, typer.Option("--to", help="Before this time.")]


def export(
    what: Annotated[What, typer.Argument(help="readings: a feed; events: JSON Lines.")],
    out: Annotated[Path, typer.Option("--out", help="The file to write.")],
    data: Data = DEFAULT_DATA,
    config: Config = None,
    since: Since = None,
    until: Until = None,
) -> None:
    """Write what the journal and the alarm book hold, also while the service runs. Readings go by received_at."""
    first_ms, end_ms = window_ms(since, until)
    records = records_at(data, config)
    if what is What.READINGS:
        with bar("export") as advance:
            # The registry after the log: what is in the log before has its number.
            feeds = _feeds(records.past(first_ms, end_ms, advance))
            count = write_feed(out, feeds, records.registry())
    else:
        count = _export_events(records.book, first_ms, end_ms, out)
    print(f"{count} {what} in {out}", file=sys.stderr)


def _feeds(entries: Iterator[Entry]) -> Iterator[Feed]:
    return (feed_of_batch(entry.received_at_ms, entry.batch) for entry in entries if isinstance(entry, Readings))


def _export_events(book: Place, first_ms: int | None, end_ms: int | None, out: Path) -> int:
    reader = BookReader.open_for_reading(book)
    count = after = 0
    try:
        with out.open("wb") as file:
            while booked := reader.events(after):
                after = booked[-1].seq
                for _, _, (_, event) in booked:
                    if (first_ms is None or event.at >= first_ms) and (end_ms is None or event.at < end_ms):
                        file.write(event_json(event) + b"\n")
                        count += 1
    finally:
        reader.close()
    return count


def quarantine(data: Data = DEFAULT_DATA) -> None:
    """Show what could not be read: by topic and reason, with the first bytes of the latest message."""
    saved = quarantine_store.load(existing(data) / QUARANTINE)
    if saved is None or not saved.entries:
        print("nothing was set aside", file=sys.stderr)
        return
    table = Table("count", "reason", "topic", "detail", "last seen (UTC)", "first bytes")
    for entry in saved.entries:
        seen = datetime.fromtimestamp(entry.last_seen_ms / 1000, UTC).isoformat(" ", "seconds").removesuffix("+00:00")
        sample = Text(repr(entry.first_bytes)[2:-1])
        table.add_row(str(entry.count), entry.reason, Text(entry.topic), Text(entry.detail), seen, sample)
    Console(width=None if sys.stdout.isatty() else 200).print(table)
    if saved.overflowed:
        print(f"{saved.overflowed} older entries had to make room; the counts by reason are whole", file=sys.stderr)


def backup(
    file: Annotated[Path, typer.Argument(help="The archive to write: .tar or .tar.gz.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Copy the data folder into one file, also while the service runs."""
    with bar("backup") as advance:
        manifest = make_backup(data, file, advance)
    print(f"{file}: {len(manifest.files)} files")


def restore(
    file: Annotated[Path, typer.Argument(help="An archive of `tocsin backup`.")],
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A new or empty folder.")],
) -> None:
    """Unpack a backup into an empty data folder, checking every file."""
    with bar("restore") as advance:
        manifest = restore_backup(file, data, advance)
    print(f"{data}: {len(manifest.files)} files")
