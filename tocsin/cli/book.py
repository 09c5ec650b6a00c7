"""`tocsin book`: the alarm book made anew, or brought up to date."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from alerts.targets import Target
from tocsin.book import BookReader, Commit, rebuild
from tocsin.book.schema import migrate
from tocsin.cli.options import DEFAULT_DATA, Data, existing, settings_for_a_command
from tocsin.cli.progress import bar
from tocsin.log.layout import BOOK, JOURNAL
from tocsin.log.lock import WriteLock
from tocsin.runtime.fold import in_groups
from tocsin.runtime.reading import fold_of_journal
from tocsin.settings import Settings, read_settings
from tocsin.settings.kafka import KafkaSettings

app = typer.Typer(help="The alarm book.")


@app.callback()
def _book() -> None:
    """The alarm book."""


@app.command(name="rebuild")
def rebuild_command(
    data: Data = DEFAULT_DATA,
    config: Annotated[
        Path | None, typer.Option("--config", help="The settings: where the kept book is lost, tell their webhooks.")
    ] = None,
) -> None:
    """Make the alarm book anew from the log, while no service runs. Says how it differs from the kept one.

    In a cluster, which the settings tell, the log is Kafka's topic `steps`, and no notifier may run.
    """
    settings = settings_for_a_command(config) if config is not None else None
    if settings is not None and settings.kafka is not None:
        return _rebuild_from_kafka(settings, settings.kafka)
    targets = [webhook.target for webhook in settings.webhook] if settings is not None else []
    lock = WriteLock(existing(data) / JOURNAL)
    try:
        first, end, differences = _rebuild(data, targets)
    finally:
        lock.release()
    _say(f"{data / BOOK}: made anew from entries {first} to {end}", differences)
    return None


@app.command(name="migrate")
def migrate_command(
    config: Annotated[Path, typer.Option("--config", help="The settings, with their [database].")],
) -> None:
    """Make the tables of the alarm book in PostgreSQL, or bring them up to date."""
    address = read_settings(config, os.environ).database
    if address is None:
        print(f"{config}: there is no [database]: the book is a file, which the service makes", file=sys.stderr)
        raise typer.Exit(2)
    changed = migrate(address.address())
    print(f"{address.url}: " + ("up to date now" if changed else "up to date already"))


def _rebuild_from_kafka(settings: Settings, kafka: KafkaSettings) -> None:
    from tocsin.kafka.client import need_kafka

    need_kafka()
    from tocsin.notifier.rebuilding import rebuild_from_steps

    targets = [webhook.target for webhook in settings.webhook]
    with bar("rebuilding") as advance:
        done = rebuild_from_steps(kafka, settings.book, targets, advance)
    for poison in done.poison:
        print(f"{poison.place.topic}: record {poison.offset} was passed over: {poison.reason}", file=sys.stderr)
    _say(f"{settings.book}: made anew from records {done.first} to {done.end}", done.differences)


def _say(what: str, differences: list[str]) -> None:
    for line in differences:
        print(line, file=sys.stderr)
    print(f"{what}, " + ("not " if differences else "") + "as kept")
    if differences:
        raise typer.Exit(1)


def _rebuild(data: Path, targets: list[Target]) -> tuple[int, int, list[str]]:
    """(first entry, end, differences)."""
    reader, fold, first = fold_of_journal(data)
    end = reader.end
    if not (data / BOOK).exists():
        if not targets:
            print(f"{data / BOOK}: not there, and no --config: nobody is told of its alarms again", file=sys.stderr)
    elif not targets:
        # What the kept book had not reached is owed to the webhooks: the service, which knows them, goes on there.
        end = min(end, max(first, _position(data / BOOK)))

    def commits() -> Iterator[Commit]:
        with bar("rebuilding") as advance:
            for group in in_groups(reader.read(first, end)):
                yield from fold.apply(group)
                advance(group[-1][0] - first, end - first)
        yield Commit(end, [], fold.ground)

    return first, end, rebuild(data / BOOK, commits(), targets, first)


def _position(book: Path) -> int:
    """How far a book has got, as a position of the log."""
    reader = BookReader.open_for_reading(book)
    try:
        return reader.position
    finally:
        reader.close()
