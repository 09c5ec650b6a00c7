"""Writes a scenario as a feed (CSV, gzip or Parquet by ending) and beside it what really happened, as JSON Lines."""

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import msgspec

from ingest.feed import Feed, write_feed
from plant.site import Site
from simulators.scenario import Scenario
from simulators.simulation import Simulation
from simulators.truth import truth_of

Progress = Callable[[float, float, int], None]
"""(seconds of the scenario done, its length, readings so far)."""


def simulate_to_feed(
    site: Site, scenario: Scenario, seed: int | None, out: Path, progress: Progress | None = None
) -> int:
    """Write FEED and FEED.truth.jsonl, byte for byte the same for one site, scenario and seed (None: the scenario's).

    Returns the number of readings. OSError where a file can't be written.
    """
    simulation = Simulation(site, scenario, seed)
    readings = write_feed(out, _parts(simulation, progress), simulation.registry)
    with truth_path(out).open("wb") as file:
        for truth in truth_of(simulation):
            file.write(msgspec.json.encode(truth) + b"\n")
    return readings


def truth_path(feed: Path) -> Path:
    """Where the truth of a feed stands: beside it."""
    return feed.with_name(f"{feed.name}.truth.jsonl")


def _parts(simulation: Simulation, progress: Progress | None) -> Iterator[Feed]:
    readings, duration_s = 0, simulation.scenario.duration_s
    for part, (_, to_ms) in zip(simulation.feeds(), chain(simulation.spans(), [(0, 0)]), strict=False):
        yield part
        readings += len(part)
        if progress is not None:
            progress(to_ms / 1000.0 or duration_s, duration_s, readings)
