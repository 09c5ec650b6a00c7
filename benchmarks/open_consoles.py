"""What 200 open alarm boards cost the alarm path: its processor time a message and its latency, with and without.

One service and one console run all the time. In turn nobody and 200 boards look on, while the same load comes in; the
figures are ratios of the medians of such turns, so that what else the machine does falls on both.
"""

import statistics
from dataclasses import dataclass
from pathlib import Path

from benchmarks.broker import MISSING, find_mosquitto, mosquitto
from benchmarks.console import console
from benchmarks.figure import Figure, emit, is_quick, say
from benchmarks.latency import LOAD, Watcher, percentiles
from benchmarks.pacing import Stream, paced
from benchmarks.screens import screens
from benchmarks.service import Service, processor_s, running
from benchmarks.site import write_site
from benchmarks.throughput import TIMEOUT_S, folder

SCREENS = 200
RATE = 4_000.0
"""Messages a second: more than a district of 100,000 points that report twice a minute, and far from the limit."""
CPU_GOAL = 1.1
LATENCY_GOAL = 1.25


@dataclass(frozen=True, slots=True)
class Turn:
    """`cpu_us` of the service a message; latencies from publishing to the event in the book."""

    cpu_us: float
    p50_ms: float
    p99_ms: float
    console_share: float
    """Of one processor."""


def turn(service: Service, port: int, console_pid: int, seconds: float) -> Turn:
    """One turn of the load."""
    watcher = Watcher(service)
    watcher.look()  # what was there before
    watcher.seen.clear()
    before_s, console_before_s = service.cpu_s(), processor_s(console_pid)
    seen = service.metric("tocsin_readings_total")
    with paced(port, LOAD, [Stream(range(LOAD.devices), RATE)], seconds) as published:
        watcher.watch_for(seconds + 0.2)
    service.wait_for_readings(int(seen) + sum(published), TIMEOUT_S)
    watcher.look()
    watcher.close()
    p50, p99, _ = percentiles(watcher.seen)
    share = (processor_s(console_pid) - console_before_s) / seconds
    return Turn((service.cpu_s() - before_s) / sum(published) * 1e6, p50, p99, share)


def turns(here: Path, pairs: int, seconds: float) -> tuple[list[Turn], list[Turn]]:
    """(nobody looks on, the boards are open)."""
    alone: list[Turn] = []
    watched: list[Turn] = []
    with mosquitto(here / "broker") as port:
        site = write_site(here / "site", LOAD)
        with running(here, site, port) as service, console(here) as (url, cookie, process):
            turn(service, port, process.pid, seconds)  # warm-up
            for number in range(pairs):
                alone.append(turn(service, port, process.pid, seconds))
                with screens(url, cookie, SCREENS):
                    watched.append(turn(service, port, process.pid, seconds))
                say(f"  {number + 1} of {pairs}: alone {alone[-1]}, watched {watched[-1]}")
    return alone, watched


def main() -> None:
    quick = is_quick()
    if find_mosquitto() is None:
        emit(Figure(name="open consoles", value=None, unit="times", goal=CPU_GOAL, at_least=False, note=MISSING))
        return
    with folder() as here:
        alone, watched = turns(here, 2 if quick else 4, 10.0 if quick else 15.0)

    def middle(of: list[Turn], name: str) -> float:
        return statistics.median(float(getattr(one, name)) for one in of)

    for name, unit, goal in (("cpu_us", "us a message", CPU_GOAL), ("p50_ms", "ms", LATENCY_GOAL)):
        without, with_them = middle(alone, name), middle(watched, name)
        words = "processor time of the alarm path" if name == "cpu_us" else "latency of alarms, median"
        emit(
            Figure(
                name=f"{SCREENS} open boards: {words}",
                value=with_them / without,
                unit="times",
                goal=goal,
                at_least=False,
                note=f"{without:.1f} {unit} alone, {with_them:.1f} watched",
            )
        )
    say(
        f"  p99 {middle(alone, 'p99_ms'):.1f} ms alone, {middle(watched, 'p99_ms'):.1f} ms watched;"
        f" the console takes {middle(watched, 'console_share'):.2f} of a processor"
    )


if __name__ == "__main__":
    main()
