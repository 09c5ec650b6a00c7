"""One run of a flood through the service, or past the bare subscriber."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.broker import mosquitto
from benchmarks.counting import counting
from benchmarks.flood import flood
from benchmarks.load import Load
from benchmarks.service import running
from benchmarks.site import write_site

WARM_UP_ROUNDS = 5
TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Run:
    """`span_s` from the first write to the last message decided (or counted)."""

    messages: int
    readings: int
    span_s: float
    published_s: float
    """From the first write to the last PUBACK that the publisher got."""
    cpu_s: float
    """Processor time of the side that was measured."""
    lost: int = 0
    alarms: int = 0

    @property
    def messages_per_s(self) -> float:
        return self.messages / self.span_s

    @property
    def readings_per_s(self) -> float:
        return self.readings / self.span_s

    def __str__(self) -> str:
        each_us = self.cpu_s * 1e6 / self.messages
        return (
            f"{self.messages_per_s:9,.0f} messages/s {self.readings_per_s:11,.0f} readings/s"
            f" {each_us:6.1f} us CPU/message, published at {self.messages / self.published_s:,.0f}/s"
        )


@contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder on the disk (a journal in memory would sync for nothing)."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        yield Path(name)


def through_service(load: Load, messages: int) -> Run:
    """Everything on: ownership check, journal with its syncs, engine, alarm book. Counts what is lost."""
    warm_up = WARM_UP_ROUNDS * load.devices
    with folder() as here, mosquitto(here / "broker") as port:
        site = write_site(here / "site", load)
        with running(here, site, port) as service, flood(port, load, [warm_up, messages]) as publisher:
            publisher.go()
            publisher.times(TIMEOUT_S)
            service.wait_for_readings(warm_up * load.keys, TIMEOUT_S)
            before_s = service.cpu_s()
            wanted = (warm_up + messages) * load.keys
            publisher.go()
            time.sleep(0.2)
            ended_s = service.wait_for_readings(wanted, TIMEOUT_S)
            begun_s, published_s = publisher.times(TIMEOUT_S)
            cpu_s = service.cpu_s() - before_s
            text = service.metrics()
            flagged = service.metric("tocsin_readings_flagged_total", text)
            lost = abs(wanted - service.metric("tocsin_readings_total", text))
            lost += flagged + service.metric("tocsin_quarantined_total", text)
            alarms = service.metric("tocsin_events_total", text)
    span_s = ended_s - begun_s
    return Run(messages, messages * load.keys, span_s, published_s - begun_s, cpu_s, int(lost), int(alarms))


def past_counter(load: Load, messages: int) -> Run:
    """The same flood to a subscriber that only counts."""
    warm_up = WARM_UP_ROUNDS * load.devices
    with (
        folder() as here,
        mosquitto(here / "broker") as port,
        counting(port, [warm_up, messages]) as counter,
        flood(port, load, [warm_up, messages]) as publisher,
    ):
        publisher.go()
        publisher.times(TIMEOUT_S)
        counter.wait_for(TIMEOUT_S)
        publisher.go()
        ended_s, cpu_s = counter.wait_for(TIMEOUT_S)
        begun_s, published_s = publisher.times(TIMEOUT_S)
    return Run(messages, messages * load.keys, ended_s - begun_s, published_s - begun_s, cpu_s)
