"""Where the time of the live path goes, stage by stage and one after another: python -m benchmarks.live_path

The same work as in `tocsin run`, but in one thread, so that no stage waits for another's hold on the interpreter.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from benchmarks.figure import say
from benchmarks.load import Load
from benchmarks.site import write_site
from benchmarks.throughput import folder
from ingest.batcher import Batcher, BatchLimits, Taken
from ingest.gate import Gate
from ingest.lookup import PointLookup
from ingest.quarantine import Quarantine
from ingest.redelivery import Redelivery
from ingest.sources.gmqtt_wire import WireProtocol
from plant.entries import Readings
from tocsin.configuration import read_configuration
from tocsin.runtime.core import Core

T = TypeVar("T")


class _Connection:
    def saw_data(self) -> None:
        """As the real one's, which costs as little."""


class _Stages:
    """Wall time by stage: the machine's other users are in it, so the least of several rounds counts."""

    def __init__(self) -> None:
        self.spent_s: dict[str, list[float]] = {}

    def time(self, name: str, work: Callable[[], T]) -> T:
        begun_s = time.perf_counter()
        done = work()
        self.spent_s.setdefault(name, []).append(time.perf_counter() - begun_s)
        return done

    def report(self, messages: int, readings: int) -> None:
        for name, spans in self.spent_s.items():
            middle_s = sorted(spans)[len(spans) // 2]
            say(
                f"  {name:28s} {middle_s * 1e3:7.2f} ms/batch {middle_s * 1e6 / messages:7.2f} us/message"
                f" {middle_s * 1e9 / readings:7.0f} ns/reading"
            )


def _profile(here: Path, load: Load, batch_messages: int, rounds: int) -> None:
    configured = read_configuration(write_site(here / "site", load))
    now_ms = time.time_ns() // 1_000_000
    core = Core.open(here / "data", configured, [], now_ms)
    gate = Gate(
        PointLookup(configured.site, core.registry.registry),
        Batcher(BatchLimits()),
        Quarantine(),
        Redelivery(),
    )
    stages = _Stages()
    chunks = load.chunks(batch_messages * rounds, 0, now_ms, batch_messages)
    messages: list[tuple[str, bytes, int]] = []

    def keep(topic: str, payload: bytes, _retained: bool, _dup: bool, mid: int, _qos: int) -> None:
        messages.append((topic, payload, mid))

    state = type("State", (), {"protocol_version": 4})()
    protocol = WireProtocol(connection_state=state, id_generator=None, on_publish=keep)
    protocol._connection = _Connection()

    def read(data: bytes) -> None:
        # As much as the event loop hands over at once.
        for start in range(0, len(data), 1 << 18):
            protocol.data_received(data[start : start + (1 << 18)])

    def through_gate() -> None:
        for topic, payload, mid in messages:
            gate.on_message("bench", topic, payload, False, False, mid, mid, now_ms)

    for i, (data, _) in enumerate(chunks):
        received_ms = now_ms + i
        stages.time("read packets", lambda data=data: read(data))  # type: ignore[misc]
        stages.time("gate: decode, look up, add", through_gate)
        taken: Taken = stages.time("batcher: take", gate.batcher.take)
        entry = Readings(received_ms, taken.batch, "bench", taken.redelivery_keys)
        position = stages.time("journal: write and sync", lambda entry=entry: core.append([entry]))  # type: ignore[misc]
        commits = stages.time("engine", lambda p=position, entry=entry: core.decide([(p, entry)]))  # type: ignore[misc]
        for commit in commits:
            stages.time("book", lambda commit=commit: core.record(commit))  # type: ignore[misc]
        messages.clear()
    stages.report(batch_messages, batch_messages * load.keys)
    core.close()


def main() -> None:
    for load, batch_messages in (
        (Load(devices=1_000, keys=1), 1_000),
        (Load(devices=1_000, keys=1), 100),
        (Load(devices=1_000, keys=50), 400),
    ):
        with folder() as here:
            say(f"{load.keys} readings a message, batches of {batch_messages} messages")
            _profile(here, load, batch_messages, 100)


if __name__ == "__main__":
    main()
