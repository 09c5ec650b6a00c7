"""A process that publishes as fast as the broker takes it: all packets are made before the first is written."""

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.load import Load
from benchmarks.wire import Publisher


class Flood:
    """Talks to the publishing process."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def go(self) -> None:
        """Publish the next part."""
        self._pipe.send("go")

    def times(self, timeout_s: float) -> tuple[float, float]:
        """(first write, last PUBACK) of the part that was asked for, by the monotonic clock."""
        if not self._pipe.poll(timeout_s):
            raise TimeoutError(f"the publisher is not done after {timeout_s:g} s")
        begun_s, ended_s = self._pipe.recv()
        return float(begun_s), float(ended_s)


@contextmanager
def flood(port: int, load: Load, counts: list[int], write_bytes: int = 50_000) -> Iterator[Flood]:
    """A publisher with parts of so many messages; it waits for `go` before each."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run, args=(port, load, counts, write_bytes, theirs))
    process.start()
    try:
        if not ours.poll(60):
            raise TimeoutError("the publisher does not get ready")
        ours.recv()
        yield Flood(ours)
    finally:
        process.terminate()
        process.join()


def _run(port: int, load: Load, counts: list[int], write_bytes: int, pipe: Any) -> None:
    now_ms = time.time_ns() // 1_000_000
    turns = [-(-count // load.devices) for count in counts]
    size = max(1, write_bytes // len(load.message(0, now_ms)))
    parts = [
        # A later part is of later seconds; the last one ends now.
        load.chunks(count, sum(turns[:i]), now_ms - sum(turns[i + 1 :]) * 1000, size)
        for i, count in enumerate(counts)
    ]
    pipe.send("ready")
    for number, part in enumerate(parts):
        pipe.recv()
        publisher = Publisher(port, f"flood-{number}")
        begun_s = time.monotonic()
        for packets, count in part:
            publisher.write(packets, count)
        publisher.close()
        pipe.send((begun_s, time.monotonic()))
