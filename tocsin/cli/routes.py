"""`tocsin routes`: who would be told of an alarm and why, and who is on duty when. Nothing is sent."""

import json
import sys
from datetime import datetime, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tocsin.cli.options import existing
from tocsin.cli.rules_diff import Lang, Language
from tocsin.cli.times import time_ms
from tocsin.clock import SystemClock

if TYPE_CHECKING:
    from alerts.place import Places
    from alerts.record import AlarmRecord
    from rules.schema.base import AnyLevel
    from tocsin.configuration import Configured

app = typer.Typer(help="Routes: who would be told, and who is on duty.", no_args_is_help=True)

_DAY_MS = 86_400_000

Site = Annotated[Path, typer.Option("--site", metavar="DIR", help="The site folder, with routes.yaml in it.")]
At = Annotated[str | None, typer.Option("--at", help="ms since the epoch or RFC 3339 with an offset; left out: now.")]
Json = Annotated[bool, typer.Option("--json", help="As one JSON object.")]


class _Severity(StrEnum):
    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    BLUE = "blue"


class _Level(StrEnum):
    LL = "ll"
    L = "l"
    H = "h"
    HH = "hh"
    ON = "on"


@app.command("test")
def dry_run_of(
    site: Site,
    alarm: Annotated[str | None, typer.Option("--alarm", metavar="ID", help="An alarm of the book (--data).")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="The data folder that holds the alarm.")] = None,
    severity: Annotated[_Severity | None, typer.Option("--severity", help="Or an alarm of this severity ...")] = None,
    subject: Annotated[str | None, typer.Option("--subject", help="... at this point, unit or enterprise.")] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="Of this rule; left out: one that fits.")] = None,
    level: Annotated[_Level | None, typer.Option("--level", help="At this level; left out: one that fits.")] = None,
    at: At = None,
    historical: Annotated[bool, typer.Option("--historical", help="A late one.")] = False,
    exercise: Annotated[bool, typer.Option("--exercise", help="One of an exercise.")] = False,
    lang: Lang = Language.EN,
    as_json: Json = False,
) -> None:
    """Show who would be told of an alarm, when, over what and why, if nobody answered. Exit 1: nobody is told."""
    from alerts.place import Places
    from alerts.routes.routing import Routing
    from tocsin.configuration import read_configuration
    from tocsin.dry_run.telling import dry_run
    from tocsin.dry_run.timeline import Timeline
    from tocsin.dry_run.timeline import as_json as form

    configured = read_configuration(site)
    places = Places(configured.site)
    if alarm is not None:
        if data is None or any(x is not None for x in (severity, subject, rule, level, at)) or historical or exercise:
            raise typer.BadParameter("--alarm goes with --data, and with nothing else that describes an alarm")
        record = _booked(data, alarm)
    else:
        if severity is None or subject is None or data is not None:
            raise typer.BadParameter("give either --alarm with --data, or --severity with --subject")
        record = _supposed(configured, places, severity, subject, rule, level, at, historical, exercise)
    routing = Routing(configured.routes, configured.site, places)
    place = places.of(record.subject, record.enterprise)
    run = dry_run(record, place, routing, configured.policy.never_suppress)
    if as_json:
        print(json.dumps(form(run, routing), ensure_ascii=False, indent=1))
    else:
        print(*Timeline(run, routing, lang.value).lines(), sep="\n")
    if not run.calls:
        raise typer.Exit(1)


def _booked(data: Path, alarm: str) -> "AlarmRecord":
    from tocsin.book import BookReader
    from tocsin.dry_run.alarm import raised_again
    from tocsin.log.layout import BOOK

    reader = BookReader.open_for_reading(existing(data) / BOOK)
    try:
        found = reader.alarm(alarm)
    finally:
        reader.close()
    if found is None:
        raise LookupError(f"no alarm {alarm} in {data}")
    return raised_again(found)


def _supposed(
    configured: "Configured",
    places: "Places",
    severity: _Severity,
    subject: str,
    rule: str | None,
    level: _Level | None,
    at: str | None,
    historical: bool,
    exercise: bool,
) -> "AlarmRecord":
    from tocsin.dry_run.alarm import Supposed, supposed_alarm

    place = places.of(subject)
    if not place.enterprise and subject != "site":
        raise LookupError(f"{subject} is no point, unit, device or enterprise of the site")
    given = time_ms(at, "--at")
    at_ms = SystemClock().now_ms() if given is None else given
    words: AnyLevel | None = level.value if level is not None else None
    supposed = Supposed(subject, severity.value, at_ms, rule, words, historical, exercise)
    return supposed_alarm(supposed, place, configured.rules, configured.site)


@app.command()
def duty(
    site: Site,
    at: At = None,
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="For so many days.")] = 7,
    lang: Lang = Language.EN,
    as_json: Json = False,
) -> None:
    """Show who of each roster is on duty when. Exit 1: there are hours in which nobody is."""
    from alerts.routes.duty import Duty
    from tocsin.configuration import read_configuration
    from tocsin.dry_run.words import WORDS

    configured = read_configuration(site)
    given = time_ms(at, "--at")
    since = SystemClock().now_ms() if given is None else given
    said, gaps = WORDS[lang.value], False
    shown: list[dict[str, Any]] = []
    for roster in configured.routes.rosters:
        table = Duty(roster, configured.site)
        spans = list(table.spans(since, since + days * _DAY_MS))
        gaps = gaps or any(not span.contacts for span in spans)
        shown.append({"roster": roster.id, "zone": str(table.zone), "spans": [span._asdict() for span in spans]})
        if as_json:
            continue
        print(said["roster"].format(roster=roster.id, zone=table.zone))
        for span in spans:
            start, end = (_clock(ms, table.zone, said["days"]) for ms in (span.since, span.until))
            names = said["list"].join(configured.site.contacts[contact].name for contact in span.contacts)
            note = f"  ({said['otherwise']})" if span.otherwise and span.contacts else ""
            print(f"  {start}  -  {end}  {names or said['gap']}{note}")
    if as_json:
        print(json.dumps(shown, ensure_ascii=False, indent=1))
    elif not shown:
        print(said["no_rosters"], file=sys.stderr)
    if gaps:
        raise typer.Exit(1)


def _clock(ms: int, zone: tzinfo, days: str) -> str:
    at = datetime.fromtimestamp(ms / 1000, zone)
    return f"{days.split()[at.weekday()]} {at:%Y-%m-%d %H:%M}"
