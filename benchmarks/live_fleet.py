"""A fleet that publishes live as fast as it can. Run: python -m benchmarks.live_fleet [--quick]

1,000 devices of one point each, to a real broker at QoS 1, nobody subscribed: what one process sends over one
connection and over 1,000, and how much memory it takes. Each run is a process of its own.
"""

import multiprocessing
import resource
import tempfile
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from benchmarks.broker import MISSING, find_mosquitto, mosquitto
from benchmarks.figure import Figure, emit, is_quick, say
from simulators import BrokerSettings, Fleet, Publisher, Scenario, made_site
from simulators.fleets.layout import Connections

DEVICES = 1_000
FASTEST = 10_000.0


class Run(NamedTuple):
    """What one process did; memory in MiB at the most."""

    messages: int
    seconds: float
    memory_mib: float


def main() -> None:
    if find_mosquitto() is None:
        emit(Figure(name="live over 1 connection", value=None, unit="messages/s", goal=10_000, note=MISSING))
        return
    duration_s = 20.0 if is_quick() else 60.0
    with tempfile.TemporaryDirectory() as folder, mosquitto(Path(folder)) as port:
        one = measure(port, duration_s, "one", "native")
        many = measure(port, duration_s, "device", "native")
        sparkplug = measure(port, duration_s, "gateway", "sparkplug")
    emit(
        Figure(
            name="live over 1 connection",
            value=one.messages / one.seconds,
            unit="messages/s",
            goal=10_000,
            note=f"{one.messages} messages, {one.memory_mib:.0f} MiB at the most",
        ),
        Figure(
            name=f"live over {DEVICES} connections",
            value=many.messages / many.seconds,
            unit="messages/s",
            goal=5_000,
            note=f"{many.messages} messages, connecting included",
        ),
        Figure(
            name="live, memory a connection",
            value=1024 * (many.memory_mib - one.memory_mib) / DEVICES,
            unit="KiB",
            goal=50,
            at_least=False,
            note=f"{many.memory_mib:.0f} MiB at the most with {DEVICES}",
        ),
        Figure(
            name="live in Sparkplug B",
            value=sparkplug.messages / sparkplug.seconds,
            unit="messages/s",
            goal=5_000,
            note=f"{sparkplug.messages} messages of edge nodes, a connection each",
        ),
    )


def measure(port: int, duration_s: float, connections: Connections, form: str) -> Run:
    """One run in a process of its own."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_play, args=(port, duration_s, connections, form, sender))
    process.start()
    run: Run = receiver.recv()
    process.join(30)
    say(f"  {form}, {connections}: {run.messages / run.seconds:,.0f} messages/s, {run.memory_mib:.0f} MiB")
    return run


def _play(port: int, duration_s: float, connections: Connections, form: str, sender: Connection) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2 * DEVICES)), hard))
    site = made_site(Fleet(units={"other": DEVICES}, period_s=1.0))
    if form != "native":
        from simulators.fleets.site import addressed
        from simulators.wire.forms import form_of

        site = addressed(site, form_of(form))
    publisher = Publisher(
        site,
        Scenario(name="load", duration_s=duration_s),
        BrokerSettings("127.0.0.1", port),
        lambda: time.time_ns() // 1_000_000,
        speed=FASTEST,
        form=form,
        connections=connections,
        drain_within_s=60.0,
    )
    begun_s = time.perf_counter()
    done = publisher.run(threading.Event())
    seconds = time.perf_counter() - begun_s
    assert done.unacknowledged == 0, done
    sender.send(Run(done.messages, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


if __name__ == "__main__":
    main()
