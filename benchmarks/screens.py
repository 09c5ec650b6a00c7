"""Open alarm boards without a browser: their live feed, which carries all that a board gets, taken in one process.

Run: python -m benchmarks.screens URL N (the session's cookie on stdin). Says "open" when all have their first rows,
and ends when stdin does.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

_ASK = json.dumps({"turn": -1, "epoch": ""})
_OPENING_S = 120.0


@contextmanager
def screens(url: str, cookie: str, count: int) -> Iterator[None]:
    """So many boards are open within. TimeoutError where they don't open."""
    command = [sys.executable, "-m", "benchmarks.screens", url, str(count)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(f"{cookie}\n")
        process.stdin.flush()
        if process.stdout.readline().strip() != "open":
            raise TimeoutError("the boards do not open")
        yield
    finally:
        process.stdin.close()
        process.wait(30)


async def _open(url: str, cookie: str, count: int) -> None:
    address = url.replace("http", "ws") + "/console/live"
    header = {"Cookie": f"tocsin_session={cookie}"}
    boards = [
        await connect(address, additional_headers=header, origin=Origin(url), max_size=None, proxy=None)
        for _ in range(count)
    ]
    first = [asyncio.Event() for _ in boards]
    tasks = [asyncio.create_task(_take(board, seen)) for board, seen in zip(boards, first, strict=True)]
    async with asyncio.timeout(_OPENING_S):
        for seen in first:
            await seen.wait()
    print("open", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*(board.close() for board in boards))


async def _take(board: ClientConnection, seen: asyncio.Event) -> None:
    await board.send(_ASK)
    async for message in board:
        if '"rows"' in str(message[:20]):
            seen.set()


if __name__ == "__main__":
    asyncio.run(_open(sys.argv[1], sys.stdin.readline().strip(), int(sys.argv[2])))
