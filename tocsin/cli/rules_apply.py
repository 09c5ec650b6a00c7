"""`tocsin rules apply`: other rules and points put into force, with who and why, while the service goes on."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.rules_diff import Lang, Language, configured_of

if TYPE_CHECKING:
    from tocsin.change.difference import Difference
    from tocsin.configuration import Configured

DataOption = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="The data folder of the service.")]
_ALARMS_LOOKED_AT = 100_000


def apply(
    site: Annotated[Path, typer.Option("--site", metavar="NEWDIR", help="The site folder as it shall be.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who answers for the change.")],
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="What for.")],
    config: Annotated[Path | None, typer.Option("--config", help="The settings file, which names the data.")] = None,
    data: DataOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the difference and change nothing.")] = False,
    lang: Lang = Language.EN,
) -> None:
    """Check a site folder, show what would change, and put it into force at one entry of the log."""
    from tocsin.change.difference import difference
    from tocsin.cli.options import existing
    from tocsin.configuration import restore_configuration
    from tocsin.log.layout import CONFIGURATIONS
    from tocsin.log.snapshots import SnapshotStore
    from tocsin.runtime.reading import version_in_force

    for option, text in (("--by", by), ("--why", why)):
        if not text.strip() or not text.isprintable():
            raise typer.BadParameter(f"{option} is empty or holds line breaks: one line that says it")
    if by.strip() == "signal":
        raise typer.BadParameter("--by is signal: that stands for SIGHUP, give a name")
    folder = existing(data_folder(config, data))
    after = configured_of(site)
    for warning in after.warnings:
        print(warning, file=sys.stderr)
    now = version_in_force(folder)
    if now.digest == after.digest:
        print(f"{site} is in force already (version {now.digest[:12]})")
        return
    before = restore_configuration(SnapshotStore(folder / CONFIGURATIONS).get(now.digest))
    found = difference(before, after)
    _show(found, folder, after, lang)
    if dry_run:
        print("nothing was changed (--dry-run)", file=sys.stderr)
        return
    if not yes:
        if not sys.stdin.isatty():
            raise typer.BadParameter("there is no terminal to ask on: --yes does not ask")
        typer.confirm("Put this into force?", abort=True)
    _put(folder, after, before, by.strip(), why.strip())


def data_folder(config: Path | None, data: Path | None) -> Path:
    """--data, else what the settings say, else `data`."""
    import os

    from tocsin.cli.options import DEFAULT_DATA
    from tocsin.cli.run import DEFAULT_CONFIG
    from tocsin.settings import read_settings

    if data is not None:
        return data
    if config is None and not DEFAULT_CONFIG.exists():
        return DEFAULT_DATA
    return read_settings(config or DEFAULT_CONFIG, os.environ).data


def _show(found: "Difference", data: Path, after: "Configured", lang: Language) -> None:
    from tocsin.book import BookError, BookReader
    from tocsin.change.difference import ending
    from tocsin.change.shown import difference_lines
    from tocsin.log.layout import BOOK

    for line in difference_lines(found, lang.value):
        print(line)
    if found.unversioned:
        ids = ", ".join(found.unversioned[:10]) + (" ..." if found.unversioned[10:] else "")
        print(f"changed under the same version, raise it so that events tell them apart: {ids}", file=sys.stderr)
    try:
        reader = BookReader.open_for_reading(data / BOOK)
    except BookError:
        return
    try:
        lost = ending(reader.alarms(limit=_ALARMS_LOOKED_AT), after)
    finally:
        reader.close()
    for record in lost[:20]:
        print(f"this alarm would end, for its rule goes: {record.alarm} {record.severity} {record.rule}", end="")
        print(f" on {record.subject}")
    if len(lost) > 20:
        print(f"... and {len(lost) - 20} more")


def _put(data: Path, after: "Configured", before: "Configured", by: str, why: str) -> None:
    from tocsin.change.into_log import write_into_log
    from tocsin.clock import SystemClock
    from tocsin.configuration import kind_of
    from tocsin.log.layout import CONFIGURATIONS
    from tocsin.log.snapshots import SnapshotStore
    from tocsin.runtime.control import ApplyRequest, NotRunningError, ask

    # What was shown is what is applied: the service takes these bytes, not the folder, which may change meanwhile.
    digest = SnapshotStore(data / CONFIGURATIONS).put(after.stored)
    try:
        answer = ask(data, ApplyRequest(digest, before.digest, by, why))
    except NotRunningError:
        now_ms = SystemClock().now_ms()
        position = write_into_log(data, after, kind_of(before, after), by, why, now_ms, before.digest)
        print(f"version {digest[:12]} by {by} stands in the log at entry {position}: in force when the service starts")
        return
    except (TimeoutError, ConnectionError) as error:
        print(f"not known whether it is in force: {error}; `tocsin rules history` tells", file=sys.stderr)
        raise typer.Exit(1) from None
    if answer.refused or answer.error:
        print(f"not applied: {answer.refused or answer.error}", file=sys.stderr)
        raise typer.Exit(1)
    print(f"version {digest[:12]} by {by} is in force from entry {answer.position} on")
