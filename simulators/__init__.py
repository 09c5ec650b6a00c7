"""Simulated field devices: pure generators with ground truth, and one publisher that waits."""

from collections.abc import Iterator

from plant.batch import Batch
from plant.site import Site
from simulators.broker import BrokerSettings
from simulators.county import write_county
from simulators.feed import Progress, simulate_to_feed, truth_path
from simulators.made_fleet import made_site
from simulators.publisher import BrokerAwayError, Published, Publisher
from simulators.reader import describe_scenarios, load_scenario, open_scenario, packaged_scenarios, write_own_site
from simulators.scenario import Fleet, Incident, Scenario, scenario_schema
from simulators.simulation import Simulation
from simulators.site_writer import write_site
from simulators.truth import Truth, truth_of

__all__ = [
    "BrokerAwayError",
    "BrokerSettings",
    "Fleet",
    "Incident",
    "Progress",
    "Published",
    "Publisher",
    "Scenario",
    "Simulation",
    "Truth",
    "describe_scenarios",
    "generate",
    "load_scenario",
    "made_site",
    "open_scenario",
    "packaged_scenarios",
    "scenario_schema",
    "simulate_to_feed",
    "truth_of",
    "truth_path",
    "write_county",
    "write_own_site",
    "write_site",
]


def generate(site: Site, scenario: Scenario, seed: int | None = None, chunk_s: float | None = None) -> Iterator[Batch]:
    """The readings of a scenario in order of time; point numbers are places in points.csv."""
    return Simulation(site, scenario, seed).batches(chunk_s)
