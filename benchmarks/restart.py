"""Restart with 10 minutes of journal behind the checkpoint, at 20,000 readings/s in batches of 20 ms."""

import time
from pathlib import Path

import numpy as np

from benchmarks.figure import Figure, emit, is_quick, say
from benchmarks.load import Load
from benchmarks.replay import START_MS, values_at
from benchmarks.site import write_site
from benchmarks.throughput import folder
from plant.batch import Batch
from plant.entries import Readings
from tocsin.configuration import Configured, read_configuration
from tocsin.runtime.core import Core

GOAL_S = 10.0
LOAD = Load(devices=1_000, keys=20)
BATCH_MS = 20
_GROUP = 500
"""Entries written with one sync: only what stands in the journal matters here."""


def write_journal(data: Path, configured: Configured, seconds: int) -> int:
    """A data folder with a checkpoint, and behind it every point once a second; returns the entries."""
    count = LOAD.devices * LOAD.keys
    noise = np.random.default_rng(1)
    core = Core.open(data, configured, [], START_MS)
    core.checkpoint()()
    parts = 1000 // BATCH_MS
    point = np.arange(count, dtype=np.uint32).reshape(parts, -1)
    quality = np.zeros(point.shape[1], dtype=np.uint8)
    waiting: list[Readings] = []
    entries = 0
    for second in range(seconds):
        values = values_at(second, count, noise).reshape(parts, -1)
        for part in range(parts):
            measured_ms = START_MS + 1000 + second * 1000 + part * BATCH_MS
            batch = Batch(point[part], np.full(point.shape[1], measured_ms), values[part], quality)
            waiting.append(Readings(measured_ms + BATCH_MS, batch, "bench"))
        if len(waiting) >= _GROUP or second == seconds - 1:
            core.journal.append(waiting)
            entries += len(waiting)
            waiting = []
    core.close()
    return entries


def main() -> None:
    seconds = 120 if is_quick() else 600
    with folder() as here:
        configured = read_configuration(write_site(here / "site", LOAD))
        entries = write_journal(here / "data", configured, seconds)
        begun_s = time.perf_counter()
        core = Core.open(here / "data", configured, [], START_MS + (seconds + 2) * 1000)
        took_s = time.perf_counter() - begun_s
        restart = core.restart
        core.close()
    if restart.checkpoint is None or restart.folded != entries:
        raise ValueError(f"{entries} entries stood behind the checkpoint, the restart says {restart}")
    readings = seconds * LOAD.devices * LOAD.keys
    say(f"  {entries:,} entries, {readings:,} readings in {took_s:.2f} s: {readings / took_s:,.0f} readings/s")
    note = f"{entries:,} entries, {readings:,} readings folded"
    if seconds != 600:
        note += f"; {seconds} s of journal, scaled to 600"
    emit(Figure(name="restart", value=took_s * 600 / seconds, unit="s", goal=GOAL_S, at_least=False, note=note))


if __name__ == "__main__":
    main()
