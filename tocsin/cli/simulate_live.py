"""The live side of `tocsin simulate`."""

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from signal import SIGINT, SIGTERM, signal
from typing import Final, cast

import typer

from ingest.feed import Feed
from plant.site import Site
from simulators import BrokerAwayError, BrokerSettings, Publisher, Scenario
from simulators.fleets.layout import Connections
from simulators.publisher import Listener
from tocsin.clock import SystemClock

FASTEST: Final = 10_000.0
_FILES_BESIDE: Final = 100
"""Open files that are no connection of a device."""


@dataclass(frozen=True, slots=True)
class Live:
    """What was asked for; one of `mqtt` and `tcp` is given."""

    mqtt: str | None
    tcp: str | None
    speed: float
    form: str
    connections: str | None
    per_gateway: int
    topic: str | None
    shifted: bool

    def target(self) -> BrokerSettings | Listener:
        """Where to. ValueError says what is wrong with the address."""
        if self.mqtt is not None:
            return BrokerSettings.from_url(self.mqtt)
        host, colon, port = (self.tcp or "").rpartition(":")
        if not colon or not host or not port.isdigit() or not 0 < int(port) < 65_536:
            raise typer.BadParameter(f"--tcp is {self.tcp}, allowed is host:port")
        return Listener(host.strip("[]"), int(port))


def play(
    live: Live, site: Site, played: Scenario | Feed, seed: int | None, advance: Callable[[float, float], None]
) -> None:
    """Publish until the end or a signal, then say what was sent. Exit code 1 where nobody answers at the start."""
    stop = threading.Event()
    for number in (SIGINT, SIGTERM):
        signal(number, lambda *_: stop.set())
    publisher = Publisher(
        site,
        played,
        live.target(),
        SystemClock().now_ms,
        seed=seed,
        speed=live.speed,
        shifted=live.shifted,
        form=live.form,
        connections=cast(Connections | None, live.connections),
        per_gateway=live.per_gateway,
        topic=live.topic,
        progress=lambda done, total, _: advance(done, total),
    )
    _allow_open_files(publisher.connections + _FILES_BESIDE)
    try:
        published = publisher.run(stop)
    except BrokerAwayError as error:
        print(f"tocsin: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    left = f", {published.unacknowledged} of them not acknowledged" if published.unacknowledged else ""
    print(f"{published.readings} readings in {published.messages} messages{left}", file=sys.stderr)


def _allow_open_files(files: int) -> None:
    """As many as the connections need, where the system lets us. ValueError where it does not."""
    try:
        import resource
    except ImportError:  # not on Windows, where there is no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= files:
        return
    if hard != resource.RLIM_INFINITY and hard < files:
        raise ValueError(f"{files} open files are needed and {hard} allowed: ulimit -Hn, or --connections gateway")
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
