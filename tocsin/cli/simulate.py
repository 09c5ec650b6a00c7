"""`tocsin simulate`: a scenario as a feed, or live in any wire form; recorded feeds live too."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from plant.site import Site
from plant.site_reader import read_site
from simulators import Scenario, describe_scenarios, open_scenario, simulate_to_feed
from simulators.feed import truth_path
from simulators.fleets.layout import CONNECTIONS
from simulators.wire.forms import FORMS
from tocsin.cli.progress import bar
from tocsin.cli.simulate_live import FASTEST as FASTEST
from tocsin.cli.simulate_live import Live, play
from tocsin.cli.simulate_site import own_site_in_form, write_site_out


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
    tcp: Annotated[
        str | None, typer.Option("--tcp", help="Dial in live, with form hj212 or gb26875: host:port.")
    ] = None,
    feed: Annotated[Path | None, typer.Option("--feed", help="Play a recorded feed of the site instead.")] = None,
    start: Annotated[
        str, typer.Option("--start", help="Times of a feed: now (shifted), or recorded (as they are).")
    ] = "now",
    speed: Annotated[float, typer.Option("--speed", help="Seconds of the scenario in one second (live).")] = 1.0,
    form: Annotated[str, typer.Option("--form", help="The wire form (live): " + ", ".join(FORMS) + ".")] = "native",
    connections: Annotated[
        str | None, typer.Option("--connections", help="One for all, one a device, or gateways: one, device, gateway.")
    ] = None,
    per_gateway: Annotated[int, typer.Option("--per-gateway", min=1, help="Devices that one gateway carries.")] = 50,
    topic: Annotated[
        str | None,
        typer.Option("--topic", help="Another topic: {enterprise}, {unit}, {device}, {key} stand for the point's."),
    ] = None,
    site_out: Annotated[
        Path | None,
        typer.Option("--site-out", help="Write the fleet as a site folder, with the settings of --form."),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="Show the scenarios that come with Tocsin.")] = False,
) -> None:
    """Simulate the field devices of a site."""
    if list_:
        _print_list()
        return
    live = _live(mqtt, tcp, speed, form, connections, per_gateway, topic, start)
    if feed is not None:
        if scenario is not None or out is not None or site_out is not None or site is None or live is None:
            raise typer.BadParameter("--feed FEED goes with --site DIR and --mqtt URL, and with no scenario")
        from ingest.feed import read_feed
        from plant.registry import PointRegistry

        plant = read_site(site)[0]
        with bar(feed.name) as advance:
            recorded = read_feed(feed, PointRegistry(plant.points))
            play(live, plant, recorded, None, advance)
        return
    if scenario is None:
        raise typer.BadParameter("name a scenario, or give --list to see those that come with Tocsin")
    if (out is not None) + (live is not None) != 1 and (site_out is None or out is not None):
        raise typer.BadParameter("give either --out FEED or --mqtt URL")
    if site is not None and site_out is not None and form == "native":
        raise typer.BadParameter("--site-out writes the scenario's own fleet, so it goes without --site")
    plant, found = open_scenario(scenario, None if site is None else read_site(site)[0])
    if site is None or site_out is not None:
        plant = own_site_in_form(plant, form)
    if site_out is not None:
        print(f"the scenario's site is in {write_site_out(scenario, site, site_out, form)}", file=sys.stderr)
    if out is not None:
        _write_feed(plant, found, seed, out)
    elif live is not None:
        with bar(found.name) as advance:
            play(live, plant, found, seed, advance)


def _live(
    mqtt: str | None,
    tcp: str | None,
    speed: float,
    form: str,
    connections: str | None,
    per_gateway: int,
    topic: str | None,
    start: str,
) -> Live | None:
    """How to play live, once everything that was said of it is found right."""
    if not 0.0 < speed <= FASTEST:
        raise typer.BadParameter(f"--speed is {speed:g}, allowed is more than 0 up to {FASTEST:g}")
    for name, given, allowed in (
        ("--form", form, FORMS),
        ("--connections", connections, CONNECTIONS),
        ("--start", start, ("now", "recorded")),
    ):
        if given is not None and given not in allowed:
            raise typer.BadParameter(f"{name} is {given}, allowed are {', '.join(allowed)}")
    if mqtt is not None and tcp is not None:
        raise typer.BadParameter("give either --mqtt URL or --tcp HOST:PORT")
    if mqtt is None and tcp is None:
        return None
    return Live(mqtt, tcp, speed, form, connections, per_gateway, topic, start == "now")


def _write_feed(plant: Site, found: Scenario, seed: int | None, out: Path) -> None:
    with bar(found.name) as advance:
        readings = simulate_to_feed(plant, found, seed, out, lambda done, total, _: advance(done, total))
    print(f"{readings} readings in {out}, what really happened in {truth_path(out)}", file=sys.stderr)


def _print_list() -> None:
    """A line for each scenario: name, how long, what."""
    found = list(describe_scenarios())
    width = max(len(scenario.name) for scenario in found)
    for scenario in found:
        hours, minutes = divmod(round(scenario.duration_s / 60), 60)
        print(f"{scenario.name:<{width}}  {hours:>3}:{minutes:02}  {scenario.description}")
