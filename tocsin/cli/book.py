"""`tocsin book`: the alarm book as a file."""

import sys
from collections.abc import Iterator

import typer

from tocsin.book import Commit, rebuild
from tocsin.cli.options import DEFAULT_DATA, Data
from tocsin.cli.progress import bar
from tocsin.log.lock import WriteLock
from tocsin.runtime.core import BOOK, JOURNAL
from tocsin.runtime.fold import in_groups
from tocsin.runtime.reading import fold_of_journal

app = typer.Typer(help="The alarm book.", no_args_is_help=True)


@app.callback()
def _book() -> None:
    """The alarm book."""


@app.command(name="rebuild")
def rebuild_command(data: Data = DEFAULT_DATA) -> None:
    """Make the alarm book anew from the log, while no service runs. Says how it differs from the kept one."""
    lock = WriteLock(data / JOURNAL)
    try:
        reader, fold, first = fold_of_journal(data)

        def commits() -> Iterator[Commit]:
            with bar("rebuilding") as advance:
                for group in in_groups(reader.read(first)):
                    yield from fold.apply(group)
                    advance(group[-1][0] - first, reader.end - first)
            yield Commit(reader.end, [], fold.policy)

        differences = rebuild(data / BOOK, commits(), first=first)
    finally:
        lock.release()
    for line in differences:
        print(line, file=sys.stderr)
    print(
        f"{data / BOOK}: made anew from entries {first} to {reader.end}, " + ("not " if differences else "") + "as kept"
    )
    if differences:
        raise typer.Exit(1)
