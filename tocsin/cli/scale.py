"""`tocsin scale`: how large a cluster must be, its topics, and a recorded feed or an embedded site brought into it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from plant.mistakes import InputError, Mistake
from tocsin.cli.options import settings_for_a_command

if TYPE_CHECKING:
    from tocsin.scale.load import Load
    from tocsin.settings import Settings
    from tocsin.settings.kafka import KafkaSettings

app = typer.Typer(help="How large a cluster must be; its topics; bringing a feed or an embedded site into it.")

Config = Annotated[Path | None, typer.Option("--config", help="The settings file, with [kafka].", show_default=False)]


@app.command()
def plan(
    points: Annotated[int | None, typer.Option("--points", min=1, help="Left out: those of the site.")] = None,
    readings_per_day: Annotated[
        float | None, typer.Option("--readings-per-day", min=1, help="Left out: by the points' periods, or 1 a minute.")
    ] = None,
    enterprises: Annotated[
        int | None, typer.Option("--enterprises", min=1, help="Left out: the site's, or one for 100 points.")
    ] = None,
    alarms_per_day: Annotated[
        float | None, typer.Option("--alarms-per-day", min=0, help="Left out: one for 100 points.")
    ] = None,
    readings_per_message: Annotated[
        float, typer.Option("--readings-per-message", min=1, help="Readings in an MQTT message.")
    ] = 1.0,
    config: Config = None,
    create: Annotated[
        bool, typer.Option("--create", help="Make the topics that are missing; say what is wrong with the others.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
) -> None:
    """Say how many partitions, brokers, bridges and workers a load needs, how much disk and network, and why.

    Exit code 1 with --create where topics that are there are not as they should be; those are left as they are.
    """
    if create and config is None:
        raise typer.BadParameter("--create needs --config, whose [kafka] names the brokers")
    if points is None and config is None:
        raise typer.BadParameter("give --points, or --config, whose site is counted")
    settings = settings_for_a_command(config) if config is not None else None
    kafka = settings.kafka if settings is not None else None
    if create and kafka is None:
        raise InputError([Mistake(str(config), 1, "kafka", "is missing: [kafka] says where the brokers are")])
    load = _stated(settings, points, readings_per_day, enterprises, alarms_per_day, readings_per_message)
    _show(load, kafka, as_json)
    if create and kafka is not None:
        raise typer.Exit(_create(kafka))


def _stated(
    settings: "Settings | None",
    points: int | None,
    readings: float | None,
    enterprises: int | None,
    alarms: float | None,
    readings_a_message: float,
) -> "Load":
    """The load as far as it was given, the rest from the site, where there is one, or by rule of thumb."""
    from plant.site_reader import read_site
    from tocsin.scale.load import Load, load_of

    if points is not None or settings is None:
        points = points or 1
        by_period, known = points * 1440.0, max(1, points // 100)
    else:
        points, by_period, known = load_of(read_site(settings.site)[0])
    return Load(
        points,
        by_period if readings is None else readings,
        known if enterprises is None else enterprises,
        points / 100 if alarms is None else alarms,
        readings_a_message,
    )


def _show(load: "Load", kafka: "KafkaSettings | None", as_json: bool) -> None:
    from tocsin.scale.plan import plan as make_plan
    from tocsin.scale.shown import object_of, text_of

    made = make_plan(load, kafka)
    if as_json:
        print(msgspec.json.encode(object_of(load, made)).decode())
    else:
        print("\n".join(text_of(load, made)))
    if made.partitions < made.partitions_needed:
        print(
            f"the settings have {made.partitions} partitions, this load needs {made.partitions_needed}", file=sys.stderr
        )


def _create(kafka: "KafkaSettings") -> int:
    """Make what is missing; returns the exit code."""
    from tocsin.kafka.admin import make_missing
    from tocsin.kafka.client import admin
    from tocsin.scale.difference import look

    _, differences = look(kafka)
    made = make_missing(kafka, admin(kafka))
    print(f"made {', '.join(made)}" if made else "all topics are there", file=sys.stderr)
    for line in differences:
        print(line, file=sys.stderr)
    return 1 if differences else 0


@app.command("load")
def load_command(
    config: Annotated[Path, typer.Option("--config", help="The settings file, with [kafka].")],
    feed: Annotated[Path | None, typer.Argument(metavar="FEED", help="A recorded feed (CSV, .gz, Parquet).")] = None,
    site: Annotated[Path | None, typer.Option("--site", help="The site folder of the feed.")] = None,
    journal: Annotated[Path | None, typer.Option("--journal", help="A data folder, instead of a feed.")] = None,
    skip_unknown: Annotated[bool, typer.Option("--skip-unknown", help="Leave rows of unknown points out.")] = False,
    append: Annotated[bool, typer.Option("--append", help="Also into topics that hold something already.")] = False,
) -> None:
    """Bring a recorded feed, or the journal of an embedded site, into the topics, as bridges would have written it."""
    from tocsin.cli.options import existing
    from tocsin.cli.progress import bar
    from tocsin.clock import SystemClock
    from tocsin.configuration import read_configuration
    from tocsin.scale.bring import bring_feed, bring_journal

    if (feed is None) == (journal is None):
        raise typer.BadParameter("give either FEED with --site, or --journal")
    if (feed is None) != (site is None):
        raise typer.BadParameter("a FEED needs --site, and a journal holds its own site")
    if journal is not None and skip_unknown:
        raise typer.BadParameter("--skip-unknown belongs to a FEED")
    kafka = kafka_of(config)
    clock, skipped = SystemClock(), 0
    began_s = clock.monotonic_s()
    with bar("load") as advance:
        if feed is not None and site is not None:
            configured = read_configuration(site)
            loaded, skipped = bring_feed(
                kafka, feed, configured, clock.now_ms(), advance, skip_unknown=skip_unknown, append=append
            )
        else:
            loaded = bring_journal(kafka, existing(journal or Path()), clock.now_ms(), advance, append=append)
    took_s = clock.monotonic_s() - began_s
    print(
        f"{loaded.readings} readings, {loaded.records} records in {took_s:.2f} s:"
        f" {loaded.readings / max(took_s, 1e-9):,.0f} readings/s"
        + (f", {skipped} rows of unknown points left out" if skipped else "")
        + (f", {loaded.left_out} acts on alarms that the book does not know left out" if loaded.left_out else ""),
        file=sys.stderr,
    )
    if loaded.entries and loaded.last_ms < clock.now_ms() - kafka.retention_days * 86_400_000:
        print(
            f"all of it is older than retention_days ({kafka.retention_days:g}): Kafka drops it within minutes",
            file=sys.stderr,
        )


def kafka_of(config: Path) -> "KafkaSettings":
    """`[kafka]` of a settings file. InputError where there is none."""
    kafka = settings_for_a_command(config).kafka
    if kafka is None:
        raise InputError([Mistake(str(config), 1, "kafka", "is missing: [kafka] says where the brokers are")])
    return kafka
