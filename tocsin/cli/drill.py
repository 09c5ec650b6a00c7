"""`tocsin drill`: scenarios through the rules, and how well they did."""

import os
import sys
import threading
from enum import StrEnum
from pathlib import Path
from signal import SIGINT, SIGTERM, signal
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.progress import Advance, bar
from tocsin.cli.simulate import FASTEST
from tocsin.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.drill.compare import Comparison
    from tocsin.drill.library import Stage
    from tocsin.drill.report import Drill
    from tocsin.drill.run import Run
    from tocsin.settings import Settings


class FailOn(StrEnum):
    """What makes the exit code 1."""

    MISSED = "missed"
    """An incident of which nobody spoke at any of its points."""
    POINT = "point"
    """An incident of which nobody spoke at one of its points."""
    LATE = "late"
    """A first alarm after the scenario's `within_s`."""
    FALSE = "false"
    """A process alarm that nothing explains."""
    FAULT = "fault"
    """A sensor's fault that nobody named."""
    MISTAKEN = "mistaken"
    """A sensor's fault taken for real."""
    WORSE = "worse"
    """A figure that got worse, with --compare."""
    NOTHING = "nothing"


class Language(StrEnum):
    EN = "en"
    ZH = "zh"


def drill(
    scenarios: Annotated[
        list[str] | None, typer.Argument(metavar="[SCENARIO]...", help="Files or names; left out: all that come along.")
    ] = None,
    site: Annotated[
        Path | None, typer.Option("--site", help="The site folder; left out: each scenario's own fleet.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="The first seed; left out: the scenario's.")] = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, max=10_000, help="So many seeds, counting up.")] = 1,
    json: Annotated[Path | None, typer.Option("--json", help="Write the outcome here.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write a report to look at here.")] = None,
    lang: Annotated[Language, typer.Option("--lang", help="The report's language.")] = Language.EN,
    compare: Annotated[Path | None, typer.Option("--compare", help="An older outcome: what got worse.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=0, help="Processes; 0: as many as processors.")] = 0,
    fail_on: Annotated[
        list[FailOn] | None, typer.Option("--fail-on", help="What makes the exit code 1; may be repeated.")
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="Rehearse the running service, on exercise topics.")] = False,
    config: Annotated[Path, typer.Option("--config", help="With --live: the service's settings.")] = Path(
        "tocsin.toml"
    ),
    speed: Annotated[float, typer.Option("--speed", help="With --live: seconds of the scenario in one second.")] = 1.0,
) -> None:
    """Rehearse: play scenarios through a site's rules and score what they said against what really happened."""
    from rich.console import Console

    from tocsin.drill.compare import compare as compare_drills
    from tocsin.drill.library import programme
    from tocsin.drill.report import drill_of, read_json, write_json
    from tocsin.drill.screen import show, show_comparison
    from tocsin.drill.suite import play

    asked = set(fail_on or [FailOn.MISSED])
    if FailOn.WORSE in asked and compare is None:
        raise typer.BadParameter("--fail-on worse needs --compare")
    older = read_json(compare) if compare is not None else None
    settings = None
    if live:
        settings = _live_settings(config, scenarios, site, seeds, speed)
        site = settings.site
    with TemporaryDirectory(prefix="tocsin-drill-") as workplace:
        given = programme(scenarios or [], site.resolve() if site is not None else None, Path(workplace))
        with bar("drill") as advance:
            if settings is None:
                played = play(given.stages, seed, seeds, _processes(jobs), advance)
            else:
                played = _rehearse(settings, given.stages, seed, speed, advance)
        outcome = drill_of(given.stages, played, given.left_out, live=live)
        if json is not None:
            write_json(outcome, json)
        if html is not None:
            from tocsin.drill.page import report_page

            html.write_text(report_page(outcome, given.stages, played, lang.value, older), encoding="utf-8")
    console = Console(width=None if sys.stdout.isatty() else 170)
    show(console, outcome)
    comparison = compare_drills(older, outcome) if older is not None else None
    if comparison is not None:
        show_comparison(console, comparison)
    if _failed(asked, outcome, comparison):
        raise typer.Exit(1)


def _live_settings(
    config: Path, scenarios: list[str] | None, site: Path | None, seeds: int, speed: float
) -> "Settings":
    from tocsin.settings import read_settings

    if not scenarios:
        raise typer.BadParameter("--live plays in real time: name the scenarios")
    if site is not None or seeds != 1:
        raise typer.BadParameter("--live takes the service's own site, and one seed")
    if not 1.0 <= speed <= FASTEST:
        raise typer.BadParameter(f"--speed is {speed:g}, allowed is 1 to {FASTEST:g}")
    settings = read_settings(config, os.environ)
    if not settings.mqtt:
        raise typer.BadParameter(f"{config} names no broker")
    return settings


def _rehearse(
    settings: "Settings", stages: "Sequence[Stage]", seed: int | None, speed: float, advance: Advance
) -> "list[list[Run]]":
    """One scenario after the other on exercise topics, until all are played or Ctrl-C."""
    from simulators import BrokerAwayError
    from tocsin.drill.live import rehearse

    stop = threading.Event()
    clock = SystemClock()
    for number in (SIGINT, SIGTERM):
        signal(number, lambda *_: stop.set())
    played = []
    for stage in stages:
        try:
            played.append([rehearse(settings, stage, seed, speed, clock.now_ms, stop, advance)])
        except BrokerAwayError as error:
            print(f"tocsin: {error}", file=sys.stderr)
            raise typer.Exit(1) from None
        if stop.is_set():
            raise typer.Abort
    return played


def _processes(jobs: int) -> int:
    return jobs or os.cpu_count() or 1


def _failed(asked: set[FailOn], drill: "Drill", comparison: "Comparison | None") -> bool:
    total = drill.total
    found = {
        FailOn.MISSED: total.incidents_missed > 0,
        FailOn.POINT: total.misses > 0,
        FailOn.LATE: total.late > 0,
        FailOn.FALSE: total.false_alarms > 0,
        FailOn.FAULT: total.faults_unnamed > 0,
        FailOn.MISTAKEN: total.mistaken > 0,
        FailOn.WORSE: comparison is not None and bool(comparison.worse or comparison.newly_missed),
    }
    return any(found.get(what, False) for what in asked)
