"""A fleet of 100,000 devices into a feed file, from one process. Run: python -m benchmarks.simulate [--quick]

Beside it the same number of readings of one constant value through the same writer: what the physics cost is the
difference. Both write to the same folder, one after the other.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.figure import Figure, emit, is_quick, say
from ingest.feed import Feed, write_feed
from plant.registry import PointRegistry
from plant.site import Site
from simulators import Fleet, Scenario, Simulation, made_site, simulate_to_feed

DEVICES = 100_000
PERIOD_S = 2.0


def load(devices: int, duration_s: float) -> tuple[Site, Scenario]:
    """A quiet fleet of all kinds of unit, with one release so that incidents are in the figure."""
    fleet = Fleet(devices=devices, period_s=PERIOD_S)
    room = {"volume_m3": 1200, "air_changes_h": 3}
    release = {"gas": "ch4", "rate_g_s": 15, "room": room}
    leak = {"kind": "release", "pick": {"unit_kind": "workshop"}, "at_s": 1, "for_s": 60, "release": release}
    scenario = {"name": "load", "duration_s": duration_s, "fleet": fleet, "incidents": [leak]}
    return made_site(fleet), Scenario.model_validate(scenario)


def constants(simulation: Simulation) -> Iterator[Feed]:
    """As many rows as the simulation gives, in parts of the same size, of one value."""
    for part in simulation.feeds():
        yield Feed(part.point, part.measured_at_ms, np.full(len(part), 1.5), part.quality)


def seconds_to_write(path: Path, parts: list[Feed], registry: PointRegistry) -> float:
    begun_s = time.perf_counter()
    write_feed(path, parts, registry)
    return time.perf_counter() - begun_s


def main() -> None:
    duration_s = 10.0 if is_quick() else 40.0
    begun_s = time.perf_counter()
    site, scenario = load(DEVICES, duration_s)
    devices = len({p.device for p in site.points.values()})
    say(f"  {devices} devices, {len(site.points)} points made in {time.perf_counter() - begun_s:.1f} s")
    with tempfile.TemporaryDirectory() as folder:
        begun_s = time.perf_counter()
        readings = simulate_to_feed(site, scenario, None, Path(folder) / "simulated.csv")
        whole_s = time.perf_counter() - begun_s
        simulation = Simulation(site, scenario)
        begun_s = time.perf_counter()
        made = sum(len(part) for part in simulation.feeds())
        alone_s = time.perf_counter() - begun_s
        constant_s = seconds_to_write(Path(folder) / "constant.csv", list(constants(simulation)), simulation.registry)
    note = f"{devices} devices, {len(site.points)} points, {readings} readings, setting up included"
    emit(
        Figure(name="simulated into a feed file", value=readings / whole_s, unit="readings/s", goal=150_000, note=note),
        Figure(
            name="simulated against constants written",
            value=constant_s / whole_s,
            unit="of their speed",
            goal=0.5,
            note=f"{constant_s:.1f} s for the same number of one value; physics alone {1e9 * alone_s / made:.0f} ns",
        ),
    )


if __name__ == "__main__":
    main()
