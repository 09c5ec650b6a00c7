"""`tocsin simulate`: a scenario as a feed, or live over MQTT."""

import sys
import threading
from pathlib import Path
from signal import SIGINT, SIGTERM, signal
from typing import Annotated

import typer

from plant.site_reader import read_site
from simulators import BrokerSettings, Publisher, load_scenario, simulate_to_feed
from simulators.feed import truth_path
from simulators.publisher import BrokerAwayError
from tocsin.cli.progress import bar
from tocsin.clock import SystemClock

FASTEST = 10_000.0


def simulate(
    scenario: Annotated[str, typer.Argument(help="A scenario file, or the name of one that comes with Tocsin.")],
    site: Annotated[Path, typer.Option("--site", help="The site folder.")],
    seed: Annotated[int | None, typer.Option("--seed", help="Another draw of the noise.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write a feed: .csv, .csv.gz or .parquet.")] = None,
    mqtt: Annotated[str | None, typer.Option("--mqtt", help="Publish live: mqtt://host:port.")] = None,
    speed: Annotated[float, typer.Option("--speed", help="Seconds of the scenario in one second (live).")] = 1.0,
) -> None:
    """Simulate the field devices of a site."""
    if (out is None) == (mqtt is None):
        raise typer.BadParameter("give either --out FEED or --mqtt URL")
    if not 0.0 < speed <= FASTEST:
        raise typer.BadParameter(f"--speed is {speed:g}, allowed is more than 0 up to {FASTEST:g}")
    plant, _ = read_site(site)
    found = load_scenario(scenario, plant)
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
