"""The peer: a stock gmqtt client on uvloop that acknowledges by itself and only counts. In a process of its own."""

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import gmqtt
import uvloop

_RECEIVE_MAXIMUM = 20_000
"""As in ingest.source: as many messages may be under way."""


class Counter:
    """Talks to the counting process."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def wait_for(self, timeout_s: float) -> tuple[float, float]:
        """When the wanted count was reached, by the monotonic clock, and the CPU seconds it took."""
        if not self._pipe.poll(timeout_s):
            raise TimeoutError(f"the bare subscriber has not got all after {timeout_s:g} s")
        end_s, cpu_s = self._pipe.recv()
        return float(end_s), float(cpu_s)


@contextmanager
def counting(port: int, counts: list[int]) -> Iterator[Counter]:
    """A subscriber that answers each time that it has got the next of `counts` messages more."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run, args=(port, counts, theirs))
    process.start()
    try:
        if not ours.poll(30):
            raise TimeoutError("the bare subscriber does not connect")
        ours.recv()
        yield Counter(ours)
    finally:
        process.terminate()
        process.join()


def _run(port: int, counts: list[int], pipe: Any) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_count(port, counts, pipe))


async def _count(port: int, counts: list[int], pipe: Any) -> None:
    seen, wanted, cpu_s = 0, iter(counts), time.process_time()
    goal = next(wanted)
    done = asyncio.Event()

    def on_message(*_: object) -> int:
        nonlocal seen, goal, cpu_s
        seen += 1
        if seen == goal:
            now_s = time.process_time()
            pipe.send((time.monotonic(), now_s - cpu_s))
            seen, cpu_s, goal = 0, now_s, next(wanted, -1)
            if goal < 0:
                done.set()
        return 0

    subscribed = asyncio.Event()
    client = gmqtt.Client("bare", clean_session=True, receive_maximum=_RECEIVE_MAXIMUM)
    client.on_message = on_message
    client.on_subscribe = lambda *_: subscribed.set()
    await client.connect("127.0.0.1", port, version=5)
    client.subscribe("tocsin/v1/+/+/up", qos=1)
    await subscribed.wait()
    pipe.send("up")
    await done.wait()
    await client.disconnect()
