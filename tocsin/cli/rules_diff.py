"""`tocsin rules diff`: what a change of rules would have changed."""

import json
import sys
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from plant.site import Site
    from tocsin.cli.progress import Advance
    from tocsin.configuration import Configured
    from tocsin.whatif.diff import Diff
    from tocsin.whatif.recording import Recording

Feed = Annotated[Path | None, typer.Option("--feed", metavar="FEED", help="A recorded feed (CSV, .gz, Parquet).")]
Journal = Annotated[Path | None, typer.Option("--journal", metavar="DATA", help="A data folder, instead of a feed.")]
SkipUnknown = Annotated[bool, typer.Option("--skip-unknown", help="Leave rows of unknown points out.")]


class Language(StrEnum):
    ZH = "zh"
    EN = "en"


Lang = Annotated[Language, typer.Option("--lang", help="The language of tables and pages.")]


def diff(
    site: Annotated[Path, typer.Option("--site", metavar="A", help="The site folder as it is.")],
    against: Annotated[Path, typer.Option("--against", metavar="B", help="The site folder as it would be.")],
    feed: Feed = None,
    journal: Journal = None,
    since: Annotated[str | None, typer.Option("--from", help="Alarms from this time (ms or RFC 3339).")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Alarms before this time.")] = None,
    as_json: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write it as JSON.")] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page.")] = None,
    lang: Lang = Language.EN,
    skip_unknown: SkipUnknown = False,
) -> None:
    """Decide the same readings under the rules of A and of B: what would be new, gone, earlier, later, louder."""
    from rich.console import Console

    from tocsin.cli.progress import bar
    from tocsin.cli.times import window_ms
    from tocsin.clock import SystemClock
    from tocsin.whatif.diff import run_diff
    from tocsin.whatif.diff_json import diff_form
    from tocsin.whatif.diff_table import print_diff

    check_source(feed, journal, skip_unknown)
    window = window_ms(since, until)
    before, after = configured_of(site), configured_of(against)
    clock = SystemClock()
    with bar("rules diff") as advance:
        began_s = clock.monotonic_s()
        recording = open_recording(feed, journal, [before.site, after.site], skip_unknown, advance)
        found = run_diff(recording, before, after, window, advance)
        took_s = clock.monotonic_s() - began_s
    print_diff(found, Console(width=None if sys.stdout.isatty() else 160), lang.value)
    if as_json is not None:
        as_json.write_text(json.dumps(diff_form(found), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if html is not None:
        html.write_text(_page(found, recording, lang), encoding="utf-8")
    _say(found, recording, took_s)


def configured_of(folder: Path) -> "Configured":
    """A site folder, read. InputError whose mistakes name the folder too: there are two of them."""
    from plant.mistakes import InputError
    from tocsin.configuration import read_configuration

    try:
        return read_configuration(folder)
    except InputError as error:
        named = [
            replace(m, file=m.file if m.file.startswith(str(folder)) else f"{folder}: {m.file}") for m in error.mistakes
        ]
        raise InputError(named) from None


def check_source(feed: Path | None, journal: Path | None, skip_unknown: bool) -> None:
    """A mistake in the call where not exactly one recording is named."""
    if (feed is None) == (journal is None):
        raise typer.BadParameter("give either --feed or --journal")
    if journal is not None and skip_unknown:
        raise typer.BadParameter("--skip-unknown belongs to --feed")


def open_recording(
    feed: Path | None, journal: Path | None, sites: "list[Site]", skip_unknown: bool, advance: "Advance"
) -> "Recording":
    """The feed, or the journal of the data folder."""
    from tocsin.cli.options import existing
    from tocsin.whatif.recording import FeedRecording, JournalRecording

    if feed is not None:
        return FeedRecording(feed, sites, skip_unknown, advance)
    return JournalRecording(existing(journal or Path()), sites)


def _page(found: "Diff", recording: "Recording", lang: Language) -> str:
    from tocsin.whatif.diff_page import diff_page

    return diff_page(found, recording, lang.value)


def _say(found: "Diff", recording: "Recording", took_s: float) -> None:
    if found.unheard:
        shown = ", ".join(found.unheard[:5]) + (f" and {len(found.unheard) - 5} more" if found.unheard[5:] else "")
        print(f"no readings of points that only one side has, left out: {shown}", file=sys.stderr)
    skipped = f", {recording.skipped} rows of unknown points left out" if recording.skipped else ""
    print(
        f"{found.readings} readings under both rule sets in {took_s:.2f} s:"
        f" {found.readings / max(took_s, 1e-9):,.0f} readings/s{skipped}",
        file=sys.stderr,
    )
