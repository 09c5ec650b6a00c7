"""`tocsin rules apply`: other rules and points put into force, with who and why, while the service goes on."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.rules_diff import Lang, Language, configured_of

if TYPE_CHECKING:
    from tocsin.change.difference import Difference
    from tocsin.configuration import Configured
    from tocsin.database import Place

DataOption = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="The data folder of the service.")]
_ALARMS_LOOKED_AT = 100_000


def apply(
    site: Annotated[Path, typer.Option("--site", metavar="NEWDIR", help="The site folder as it shall be.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who answers for the change.")],
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="What for.")],
    config: Annotated[
        Path | None, typer.Option("--config", help="The settings file: it names the data folder, or the cluster.")
    ] = None,
    data: DataOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the difference and change nothing.")] = False,
    lang: Lang = Language.EN,
) -> None:
    """Check a site folder, show what would change, and put it into force at one entry of the log (of each, in a
    cluster).
    """
    from tocsin.change.difference import difference
    from tocsin.cli.rules_targets import target_of

    for option, text in (("--by", by), ("--why", why)):
        if not text.strip() or not text.isprintable():
            raise typer.BadParameter(f"{option} is empty or holds line breaks: one line that says it")
    if by.strip() == "signal":
        raise typer.BadParameter("--by is signal: that stands for SIGHUP, give a name")
    target = target_of(config, data)
    after = configured_of(site)
    for warning in after.warnings:
        print(warning, file=sys.stderr)
    before = target.in_force()
    if before is not None and before.digest == after.digest:
        print(f"{site} is in force already (version {before.digest[:12]})")
        return
    if before is not None:
        _show(difference(before, after), target.book, after, lang)
    else:
        print(f"{site} would be the first version: {len(after.rules)} rules, {len(after.site.points)} points")
    if dry_run:
        print("nothing was changed (--dry-run)", file=sys.stderr)
        return
    if not yes:
        if not sys.stdin.isatty():
            raise typer.BadParameter("there is no terminal to ask on: --yes does not ask")
        typer.confirm("Put this into force?", abort=True)
    target.put(after, by.strip(), why.strip())


def _show(found: "Difference", book: "Place", after: "Configured", lang: Language) -> None:
    from tocsin.book import BookError, BookReader
    from tocsin.change.difference import ending
    from tocsin.change.shown import difference_lines
    from tocsin.database import ServerError

    for line in difference_lines(found, lang.value):
        print(line)
    if found.unversioned:
        ids = ", ".join(found.unversioned[:10]) + (" ..." if found.unversioned[10:] else "")
        print(f"changed under the same version, raise it so that events tell them apart: {ids}", file=sys.stderr)
    try:
        reader = BookReader.open_for_reading(book)
    except (BookError, ServerError):
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
