"""Simulated field devices: pure generators with ground truth, and one publisher that waits."""

from collections.abc import Iterator

from plant.batch import Batch
from plant.site import Site
from simulators.broker import BrokerSettings
from simulators.county import write_county
from simulators.feed import Progress, simulate_to_feed, truth_path
from simulators.publisher import BrokerAwayError, Published, Publisher
from simulators.reader import load_scenario, packaged_scenarios
from simulators.scenario import Incident, Scenario, scenario_schema
from simulators.simulation import Simulation
from simulators.truth import Truth, truth_of

__all__ = [
    "BrokerAwayError",
    "BrokerSettings",
    "Incident",
    "Progress",
    "Published",
    "Publisher",
    "Scenario",
    "Simulation",
    "Truth",
    "generate",
    "load_scenario",
    "packaged_scenarios",
    "scenario_schema",
    "simulate_to_feed",
    "truth_of",
    "truth_path",
    "write_county",
]


def generate(site: Site, scenario: Scenario, seed: int | None = None, chunk_s: float | None = None) -> Iterator[Batch]:
    """The readings of a scenario in order of time; point numbers are places in points.csv."""
    return Simulation(site, scenario, seed).batches(chunk_s)
