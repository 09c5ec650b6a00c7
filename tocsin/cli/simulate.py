"""`tocsin simulate`: a scenario as a feed, or live over MQTT."""

import sys
import threading
from pathlib import Path
from signal import SIGINT, SIGTERM, signal
from typing import Annotated

import typer

from plant.site_reader import read_site
from simulators import (
    BrokerSettings,
    Publisher,
    describe_scenarios,
    open_scenario,
    simulate_to_feed,
    write_own_site,
)
from simulators.feed import truth_path
from simulators.publisher import BrokerAwayError
from tocsin.cli.progress import bar
from tocsin.clock import SystemClock

FASTEST = 10_000.0


def simulate(
    scenario: Annotated[
        str | None,
        typer.Argument(help="A scenario file, or the name of one that comes with Tocsin.", show_default=False),
    ] = None,
    site: Annotated[
        Path | None, typer.Option("--site", help="The site folder; left out: the scenario's own fleet.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Another draw of the noise and of ranges.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write a feed: .csv, .csv.gz or .parquet.")] = None,
    mqtt: Annotated[str | None, typer.Option("--mqtt", help="Publish live: mqtt://host:port.")] = None,
    speed: Annotated[float, typer.Option("--speed", help="Seconds of the scenario in one second (live).")] = 1.0,
    site_out: Annotated[
        Path | None, typer.Option("--site-out", help="Write the scenario's own fleet as a site folder, for replays.")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="Show the scenarios that come with Tocsin.")] = False,
) -> None:
    """Simulate the field devices of a site."""
    if list_:
        _print_list()
        return
    if scenario is None:
        raise typer.BadParameter("name a scenario, or give --list to see those that come with Tocsin")
    if (out is not None) + (mqtt is not None) != 1 and (site_out is None or out is not None):
        raise typer.BadParameter("give either --out FEED or --mqtt URL")
    if not 0.0 < speed <= FASTEST:
        raise typer.BadParameter(f"--speed is {speed:g}, allowed is more than 0 up to {FASTEST:g}")
    if site is not None and site_out is not None:
        raise typer.BadParameter("--site-out writes the scenario's own fleet, so it goes without --site")
    plant, found = open_scenario(scenario, None if site is None else read_site(site)[0])
    if site_out is not None:
        _write_site(scenario, site_out)
        if out is None and mqtt is None:
            return
    with bar(found.name) as advance:
        if out is not None:
            readings = simulate_to_feed(plant, found, seed, out, lambda done, total, _: advance(done, total))
            print(f"{readings} readings in {out}, what really happened in {truth_path(out)}", file=sys.stderr)
            return
        assert mqtt is not None  # noqa: S101 - one of the two is given
        stop = threading.Event()
        for number in (SIGINT, SIGTERM):
            signal(number, lambda *_: stop.set())
        publisher = Publisher(
            plant,
            found,
            BrokerSettings.from_url(mqtt),
            SystemClock().now_ms,
            seed=seed,
            speed=speed,
            progress=lambda done, total, _: advance(done, total),
        )
        try:
            published = publisher.run(stop)
        except BrokerAwayError as error:
            print(f"tocsin: {error}", file=sys.stderr)
            raise typer.Exit(1) from None
    print(f"{published.readings} readings in {published.messages} messages", file=sys.stderr)


def _print_list() -> None:
    """A line for each scenario: name, how long, what."""
    found = list(describe_scenarios())
    width = max(len(scenario.name) for scenario in found)
    for scenario in found:
        hours, minutes = divmod(round(scenario.duration_s / 60), 60)
        print(f"{scenario.name:<{width}}  {hours:>3}:{minutes:02}  {scenario.description}")


def _write_site(scenario: str, folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise typer.BadParameter(f"--site-out {folder} is not empty; name a new folder")
    print(f"the scenario's site is in {write_own_site(scenario, folder)}", file=sys.stderr)
