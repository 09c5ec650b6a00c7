"""Publish to alarm event in the book, at half of what the service can take; and with one enterprise flooding.

The publisher stamps each message with the time of its write. A reader of the book, in another process than the
service, looks for new events every millisecond: an event's latency is the time at which it was seen, committed and
synced, less its `at`, which is the time of the deciding message. Both sides read one clock, cut to milliseconds.
"""

import sqlite3
import time
from dataclasses import dataclass

import numpy as np

from benchmarks.broker import MISSING, find_mosquitto, mosquitto
from benchmarks.figure import Figure, emit, is_quick, say
from benchmarks.load import Load
from benchmarks.pacing import Stream, paced
from benchmarks.service import Service, running
from benchmarks.site import write_site
from benchmarks.throughput import TIMEOUT_S, folder, through_service

GOAL_MS = 50.0
FAIR_GOAL_MS = 1000.0
LOAD = Load(devices=1_000, keys=1, enterprises=20)
FLOODING = "E00"
_POLL_S = 0.001
_SETTLE_MS = 1_000
"""The first second is not counted: connections, first events, caches."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An event as the reader of the book saw it."""

    enterprise: str
    at_ms: int
    latency_ms: float


class Watcher:
    """Reads new events of the book."""

    def __init__(self, service: Service) -> None:
        path = (service.data / "book.sqlite").absolute().as_uri()
        self._db = sqlite3.connect(f"{path}?mode=ro", uri=True, timeout=5, isolation_level=None)
        self._last = 0
        self.seen: list[Seen] = []

    def watch_for(self, seconds: float) -> None:
        """Look every millisecond, for so long."""
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            self.look()
            time.sleep(_POLL_S)

    def look(self) -> None:
        rows = self._db.execute(
            "SELECT seq, at, json_extract(form, '$.enterprise') FROM events WHERE seq > ? ORDER BY seq", (self._last,)
        ).fetchall()
        now_ms = time.time_ns() / 1e6
        for seq, at_ms, enterprise in rows:
            self._last = seq
            self.seen.append(Seen(enterprise, at_ms, now_ms - at_ms))

    def close(self) -> None:
        self._db.close()


def measure(streams: list[Stream], seconds: float) -> list[Seen]:
    """Publish the streams to a new service; returns the events seen after the first second. ValueError if one
    message was lost."""
    with folder() as here, mosquitto(here / "broker") as port:
        site = write_site(here / "site", LOAD)
        with running(here, site, port) as service:
            watcher = Watcher(service)
            with paced(port, LOAD, streams, seconds) as published:
                begun_ms = time.time_ns() // 1_000_000
                watcher.watch_for(seconds + 0.2)
            wanted = sum(published)
            service.wait_for_readings(wanted, TIMEOUT_S)
            watcher.look()
            watcher.close()
            text = service.metrics()
            if service.metric("tocsin_readings_total", text) != wanted:
                raise ValueError(f"{wanted} readings published, the service says {text}")
    return [event for event in watcher.seen if event.at_ms >= begun_ms + _SETTLE_MS]


def percentiles(events: list[Seen]) -> tuple[float, float, float]:
    """(median, 99th, greatest) latency in ms. ValueError if there are too few events for it."""
    if len(events) < 100:
        raise ValueError(f"only {len(events)} events to measure by")
    latencies = np.array([event.latency_ms for event in events])
    return float(np.median(latencies)), float(np.quantile(latencies, 0.99)), float(latencies.max())


def steady(rate: float, seconds: float) -> Figure:
    """All devices at `rate` messages a second in all."""
    events = measure([Stream(range(LOAD.devices), rate)], seconds)
    half, p99, most = percentiles(events)
    say(f"  steady at {rate:,.0f} messages/s: {len(events)} events, p50 {half:.1f}, p99 {p99:.1f}, most {most:.1f} ms")
    note = f"{len(events)} events at {rate:,.0f} messages/s; p50 {half:.1f} ms, most {most:.1f} ms"
    return Figure(
        name="publish to event in the book: p99", value=p99, unit="ms", goal=GOAL_MS, at_least=False, note=note
    )


def flooded(rate: float, seconds: float) -> Figure:
    """The same, but one enterprise publishes ten times its share from a connection of its own."""
    flooding = [d for d in range(LOAD.devices) if LOAD.enterprise(d) == int(FLOODING[1:])]
    others = [d for d in range(LOAD.devices) if d not in set(flooding)]
    share = rate / LOAD.enterprises
    streams = [Stream(others, share * (LOAD.enterprises - 1)), Stream(flooding, share * 10)]
    events = [event for event in measure(streams, seconds) if event.enterprise != FLOODING]
    half, p99, most = percentiles(events)
    say(f"  flooded: {len(events)} events of the others, p50 {half:.1f}, p99 {p99:.1f}, most {most:.1f} ms")
    note = f"1 of {LOAD.enterprises} enterprises at ten times its rate; p50 {half:.1f} ms, most {most:.1f} ms"
    name = "the same of the others while one enterprise floods: p99"
    return Figure(name=name, value=p99, unit="ms", goal=FAIR_GOAL_MS, at_least=False, note=note)


def main() -> None:
    quick = is_quick()
    if find_mosquitto() is None:
        name = "publish to event in the book: p99"
        emit(Figure(name=name, value=None, unit="ms", goal=GOAL_MS, at_least=False, note=MISSING))
        return
    full = through_service(LOAD, 60_000 if quick else 150_000)
    say(f"  as fast as it can: {full}")
    rate, seconds = full.messages_per_s / 2, 8.0 if quick else 20.0
    emit(steady(rate, seconds), flooded(rate, seconds))


if __name__ == "__main__":
    main()
