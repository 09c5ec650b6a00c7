"""`tocsin influx`: history in InfluxDB made ready, filled from the journal, and held against it."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plant.mistakes import InputError, Mistake
from tocsin.cli.options import existing
from tocsin.cli.progress import bar
from tocsin.cli.times import window_ms

if TYPE_CHECKING:
    from tocsin.followers.influx import InfluxSettings, PointPrefixes
    from tocsin.settings import Settings

app = typer.Typer(help="History in InfluxDB.")

Config = Annotated[Path, typer.Option("--config", help="The settings file of the service.")]
DEFAULT_CONFIG = Path("tocsin.toml")
From = Annotated[str | None, typer.Option("--from", metavar="T", help="From then: ms or RFC 3339.")]
To = Annotated[str | None, typer.Option("--to", metavar="T", help="Before then: ms or RFC 3339.")]

_DAY_MS = 86_400_000


@app.callback()
def _influx() -> None:
    """History in InfluxDB."""


@app.command()
def setup(
    config: Config = DEFAULT_CONFIG,
    change: Annotated[
        bool, typer.Option("--change", help="Have buckets that are there keep for as long as the settings say.")
    ] = False,
) -> None:
    """Make the buckets that are missing, and say what each keeps. Exit code 1 where one keeps for another time."""
    from tocsin.history.setup import set_up

    settings, influx, token = _settings(config)
    differs = False
    with _answering():
        for done in set_up(influx, token, change=change):
            print(f"{done.bucket}: {done.said}", flush=True)
            differs |= done.differs
    _tell_series(settings, influx)
    if differs:
        print("tocsin: --change makes them keep for as long as the settings say", file=sys.stderr)
        raise typer.Exit(1)


@app.command()
def backfill(config: Config = DEFAULT_CONFIG, since: From = None, until: To = None) -> None:
    """Write what journal and alarm book hold of whole hours; once more does no harm. The service may run meanwhile."""
    from tocsin.followers.influx.client_sink import InfluxSink
    from tocsin.history.backfill import Backfill, Sinks
    from tocsin.history.influxql import InfluxQl
    from tocsin.history.remake import InfluxRows
    from tocsin.runtime.reading import configuration_in_force

    settings, influx, token = _settings(config)
    data = existing(settings.data)
    ids = _ids(data)
    sinks = Sinks(*(InfluxSink(influx, token, b) for b in (influx.bucket, influx.of_minutes, influx.of_hours)))
    asked = InfluxQl(influx, token)
    work = Backfill(data, sinks, InfluxRows(asked, influx.bucket, ids), _prefixes(data, ids), influx)
    with _answering(), bar("filling") as advance:
        filled = work.readings(*window_ms(since, until), advance)
        work.alarms(filled, configuration_in_force(data).ground())
    print(
        f"{_moment(filled.span.from_ms)} to {_moment(filled.span.to_ms)}: {filled.readings} readings,"
        f" {filled.minutes} minutes, {filled.hours} hours, {filled.events} alarm events, {filled.alarms} alarms"
    )
    if filled.rejected or filled.unmade:
        print(
            f"tocsin: {filled.rejected} lines rejected, {filled.unmade} hours with late readings not made anew:"
            f" {filled.trouble}",
            file=sys.stderr,
        )
        raise typer.Exit(1)


@app.command()
def check(
    config: Config = DEFAULT_CONFIG,
    since: From = None,
    until: To = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="The most differences that are shown.")] = 50,
) -> None:
    """Hold what is stored against the journal, by point and hour: the last 24 hours. Exit code 1 on any difference."""
    from tocsin.history.check import Check
    from tocsin.history.influxql import InfluxQl

    settings, influx, token = _settings(config)
    data = existing(settings.data)
    work = Check(data, InfluxQl(influx, token), _ids(data), influx)
    from_ms, to_ms = window_ms(since, until)
    span = work.span(from_ms, to_ms)
    if from_ms is None:
        span = work.span(span.to_ms - _DAY_MS, to_ms)
    found = 0
    with _answering(), bar("reading the journal") as advance:
        for difference in work.differences(span, advance):
            found += 1
            if found <= limit:
                taken, stored = difference.taken, difference.stored
                print(
                    f"{difference.series} {difference.point} {_moment(difference.hour_ms)}: taken in {taken.readings}"
                    f" readings, {taken.values} values, sum {taken.total!r}; stored {stored.readings}, {stored.values},"
                    f" {stored.total!r}"
                )
    shown = f", {limit} of them shown" if found > limit else ""
    print(f"{_moment(span.from_ms)} to {_moment(span.to_ms)}, {len(span.hours)} hours: {found} differences{shown}")
    _tell_series(settings, influx)
    if found:
        raise typer.Exit(1)


def _settings(config: Path) -> "tuple[Settings, InfluxSettings, str]":
    from tocsin.followers.influx import read_token
    from tocsin.settings import read_settings

    settings = read_settings(config, os.environ)
    if settings.influx is None:
        raise InputError([Mistake(str(config), 1, "influx", "is missing: needed is a section [influx]")])
    return settings, settings.influx, read_token(settings.influx.token_file)


def _ids(data: Path) -> list[str]:
    from tocsin.log.layout import REGISTRY
    from tocsin.log.registry_file import load_registry

    return list(load_registry(data / REGISTRY).ids)


def _prefixes(data: Path, ids: list[str]) -> "Callable[[str, str], PointPrefixes]":
    from functools import lru_cache

    from tocsin.followers.influx import PointPrefixes
    from tocsin.runtime.reading import resolver

    resolve = lru_cache(maxsize=2)(resolver(data))

    @lru_cache(maxsize=6)
    def prefixes(digest: str, measurement: str) -> PointPrefixes:
        try:
            return PointPrefixes(ids, resolve(digest).site if digest else None, measurement)
        except LookupError:
            return PointPrefixes(ids, None, measurement)

    return prefixes


def _tell_series(settings: "Settings", influx: "InfluxSettings") -> None:
    """How many series to expect, and a warning above the budget; nothing where the site can't be read."""
    from tocsin.configuration import read_configuration
    from tocsin.history.cardinality import expected_series

    try:
        configured = read_configuration(settings.site)
    except InputError:
        return
    channels = len(settings.webhook) + len(settings.channel)
    expected = expected_series(configured.site, len(configured.rules), channels, influx)
    total = sum(of.series for of in expected)
    print(f"at most {total} series: {', '.join(f'{of.measurement} {of.series}' for of in expected)}")
    if total > influx.series_budget:
        print(f"tocsin: {total} series, above the budget of {influx.series_budget} (series_budget)", file=sys.stderr)


@contextmanager
def _answering() -> Iterator[None]:
    """What the server does not do is said on one line."""
    from tocsin.followers.influx.sink import SinkError
    from tocsin.history.influxql import QueryError
    from tocsin.history.setup import SetupError

    try:
        yield
    except (QueryError, SetupError, SinkError) as error:
        raise ConnectionError(f"InfluxDB: {error}") from error


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%MZ")
