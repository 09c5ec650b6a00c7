"""`tocsin rules suggest`: settings that would have calmed alarms that wear people out."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.rules_diff import (
    Feed,
    Journal,
    Lang,
    Language,
    SkipUnknown,
    check_source,
    configured_of,
    open_recording,
)


def suggest(
    feed: Feed = None,
    journal: Journal = None,
    site: Annotated[
        Path | None, typer.Option("--site", help="The site folder; of a journal, what is in force if left out.")
    ] = None,
    as_json: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write it as JSON.")] = None,
    lang: Lang = Language.EN,
    skip_unknown: SkipUnknown = False,
) -> None:
    """Find alarms that chatter, repeat or stand too long, and the deadband or delay that would have calmed them."""
    from rich.console import Console

    from tocsin.cli.options import existing
    from tocsin.cli.progress import bar
    from tocsin.clock import SystemClock
    from tocsin.runtime.reading import configuration_in_force
    from tocsin.whatif.suggest import run_suggest
    from tocsin.whatif.suggest_json import suggest_form
    from tocsin.whatif.suggest_table import print_advices

    check_source(feed, journal, skip_unknown)
    if site is None and journal is None:
        raise typer.BadParameter("--feed needs --site")
    configured = configured_of(site) if site is not None else configuration_in_force(existing(journal or Path()))
    clock = SystemClock()
    with bar("rules suggest") as advance:
        began_s = clock.monotonic_s()
        recording = open_recording(feed, journal, [configured.site], skip_unknown, advance)
        found = run_suggest(recording, configured, advance)
        took_s = clock.monotonic_s() - began_s
    print_advices(found, Console(width=None if sys.stdout.isatty() else 200), lang.value)
    if as_json is not None:
        as_json.write_text(json.dumps(suggest_form(found), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    tried = sum(len(advice.trials) for advice in found.advices)
    skipped = f", {recording.skipped} rows of unknown points left out" if recording.skipped else ""
    print(
        f"{found.readings} readings, {len(found.advices)} alarms found, {tried} settings tried in {took_s:.2f} s"
        + skipped,
        file=sys.stderr,
    )
