"""A process that publishes at a rate: every message is stamped with the time at which it is written."""

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.load import Load
from benchmarks.wire import Publisher

WRITE_EVERY_S = 0.005
"""Messages that are due are written together so often: their publishing time is that of the write."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Some devices of a load, in turn, at `rate` messages a second in all."""

    devices: Sequence[int]
    rate: float


@contextmanager
def paced(port: int, load: Load, streams: Sequence[Stream], seconds: float) -> Iterator[list[int]]:
    """Publish every stream from a process of its own; after the block the list holds how many messages each took."""
    context = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for number, stream in enumerate(streams):
        ours, theirs = context.Pipe()
        process = context.Process(target=_run, args=(port, load, stream, seconds, number, theirs))
        process.start()
        pipes.append(ours)
        processes.append(process)
    published: list[int] = []
    try:
        for pipe in pipes:
            if not pipe.poll(60):
                raise TimeoutError("a publisher does not get ready")
            pipe.recv()
        for pipe in pipes:
            pipe.send("go")
        yield published
        for pipe in pipes:
            if not pipe.poll(60):
                raise TimeoutError("a publisher is not done")
            published.append(pipe.recv())
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _run(port: int, load: Load, stream: Stream, seconds: float, number: int, pipe: Any) -> None:
    publisher = Publisher(port, f"paced-{number}", window=1_000_000)
    pipe.send("ready")
    pipe.recv()
    devices = list(stream.devices)
    begun_s, done = time.monotonic(), 0
    while (now_s := time.monotonic()) < begun_s + seconds:
        due = int((now_s - begun_s) * stream.rate) - done
        ts_ms = time.time_ns() // 1_000_000
        packets = [
            load.message_of(devices[n % len(devices)], n // len(devices), n, ts_ms) for n in range(done, done + due)
        ]
        if packets:
            publisher.write(b"".join(packets), due)
            done += due
        time.sleep(max(0.0, WRITE_EVERY_S - (time.monotonic() - now_s)))
    publisher.close()
    pipe.send(done)
