"""`tocsin replay` of a CSV feed and of a journal: readings each second, by the command's own summary."""

import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.figure import Figure, emit, is_quick, say
from benchmarks.load import Load
from benchmarks.site import point_ids, write_site
from benchmarks.throughput import folder
from plant.batch import Batch
from plant.entries import Readings
from tocsin.configuration import read_configuration
from tocsin.runtime.core import Core

JOURNAL_GOAL = 2_000_000
CSV_GOAL = 500_000
LOAD = Load(devices=1_000, keys=10)
START_MS = 1_760_000_000_000
TIMEOUT_S = 120.0
_OVER_EVERY = 100
"""One point in so many goes over its limits, for ten seconds of every minute."""


def values_at(second: int, points: int, noise: "np.random.Generator") -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """What all points report in a second."""
    values = np.round(12 + noise.normal(0, 1.5, points), 2)
    if second % 60 < 10:
        values[::_OVER_EVERY] += 45
    return values


def write_journal(data: Path, site: Path, seconds: int) -> None:
    """A data folder whose journal holds all points once a second."""
    count = LOAD.devices * LOAD.keys
    noise = np.random.default_rng(1)
    core = Core.open(data, read_configuration(site), [], START_MS)
    point, quality = np.arange(count, dtype=np.uint32), np.zeros(count, dtype=np.uint8)
    for second in range(1, seconds + 1):
        measured_ms = START_MS + second * 1000
        batch = Batch(point, np.full(count, measured_ms), values_at(second, count, noise), quality)
        core.journal.append([Readings(measured_ms + 50, batch, "bench")])
    core.close()


def write_csv(path: Path, seconds: int) -> None:
    """The same readings as a feed."""
    names = point_ids(LOAD)
    noise = np.random.default_rng(1)
    with path.open("w") as file:
        file.write("point,measured_at,value\n")
        for second in range(1, seconds + 1):
            time_ms = START_MS + second * 1000
            values = values_at(second, len(names), noise).tolist()
            file.writelines(f"{name},{time_ms},{value}\n" for name, value in zip(names, values, strict=True))


def rate(name: str, arguments: list[str], wanted: int) -> tuple[float, str]:
    """Run the command: (readings/s, a note on its CPU time); ValueError if it did not read everything."""
    begun_s, before_s = time.monotonic(), _children_cpu_s()
    done = subprocess.run(
        [str(Path(sys.executable).with_name("tocsin")), "replay", *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=TIMEOUT_S,
    )
    whole_s = time.monotonic() - begun_s
    summary = re.search(r"(\d+) readings, (\d+) events in .*?: ([\d,]+) readings/s", done.stderr)
    if summary is None or int(summary[1]) != wanted:
        raise ValueError(f"{name}: {wanted} readings wanted, the command says: {done.stderr}")
    say(f"  {name:8s} {summary[0]}; {whole_s:.2f} s with the command's start")
    per_cpu_s = wanted / (_children_cpu_s() - before_s)
    note = f"{wanted:,} readings; {per_cpu_s:,.0f} a CPU second, the command's start included"
    return float(summary[3].replace(",", "")), note


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    seconds = 60 if is_quick() else 300
    wanted = seconds * LOAD.devices * LOAD.keys
    with folder() as here:
        site = write_site(here / "site", LOAD)
        write_journal(here / "data", site, seconds)
        journal, of_journal = rate("journal", ["--journal", str(here / "data"), "--out", str(here / "1.jsonl")], wanted)
        write_csv(here / "feed.csv", seconds)
        csv, of_csv = rate("CSV", [str(here / "feed.csv"), "--site", str(site), "--out", str(here / "2.jsonl")], wanted)
    emit(
        Figure(name="replay of a journal", value=journal, unit="readings/s", goal=JOURNAL_GOAL, note=of_journal),
        Figure(name="replay of CSV", value=csv, unit="readings/s", goal=CSV_GOAL, note=of_csv),
    )


if __name__ == "__main__":
    main()
