"""Lists of the API at 50 requests/s, with 10,000 active alarms among 100,000 points.

Run: python -m benchmarks.api [--quick]. The server is `tocsin console`, as it is run.
"""

import asyncio
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import httpx

from benchmarks.broker import free_port
from benchmarks.console import fill
from benchmarks.figure import Figure, emit, is_quick, say
from benchmarks.throughput import folder
from tocsin.accounts.accounts import COMMAND_LINE, Accounts
from tocsin.accounts.roles import Role
from tocsin.clock import SystemClock

GOAL_MS = 100.0
PER_S = 50
WARM_UP_S = 12
"""A console that has just started still makes what it will need, and answers more slowly."""
POINTS = 100_000
ALARMS = 10_000
ENTERPRISES = 100


def token_of(data: Path) -> str:
    accounts = Accounts.open(data / "accounts.sqlite", SystemClock())
    try:
        accounts.users.add(COMMAND_LINE, "bench", Role.OPERATOR)
        return accounts.tokens.make(COMMAND_LINE, "bench", "bench")[0]
    finally:
        accounts.close()


def requests(draw: random.Random) -> tuple[str, dict[str, str | int]]:
    """(kind, query) of one request: what programs ask of lists, no two alike."""
    limit = draw.randrange(50, 101)
    asked: list[tuple[str, dict[str, str | int]]] = [
        ("/alarms", {"limit": limit}),
        ("/alarms", {"limit": limit, "severity": draw.choice(["red", "orange"])}),
        ("/alarms", {"limit": limit, "text": f"{draw.randrange(100):02d}"}),
        ("/points", {"limit": limit, "text": f"{draw.randrange(100):02d}"}),
        ("/units", {"limit": limit}),
        ("/disposals", {"limit": limit}),
    ]
    return draw.choice(asked)


async def ask(url: str, token: str, seconds: int) -> dict[str, list[float]]:
    """Milliseconds by path. A request goes when it is due, whether the ones before are answered or not."""
    draw, took = random.Random(1), dict[str, list[float]]()
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=30) as client:

        async def one(due_s: float) -> None:
            path, query = requests(draw)
            answer = await client.get(path, params=query)
            assert answer.status_code == 200, answer.text
            took.setdefault(path, []).append((time.perf_counter() - due_s) * 1000)

        begun_s = time.perf_counter()
        tasks = []
        for n in range(seconds * PER_S):
            due_s = begun_s + n / PER_S
            await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
            tasks.append(asyncio.create_task(one(due_s)))
        await asyncio.gather(*tasks)
    return took


def percentile(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def main() -> None:
    seconds = 5 if is_quick() else 20
    with folder() as here:
        say(f"  {POINTS:,} points, {ALARMS:,} active alarms")
        fill(here, POINTS, ALARMS)
        token = token_of(here / "data")
        port = free_port()
        config = here / "tocsin.toml"
        config.write_text(f'site = "site"\ndata = "data"\n[console]\nlisten = "127.0.0.1:{port}"\n')
        command = [str(Path(sys.executable).with_name("tocsin")), "console", "--config", str(config)]
        with (here / "console.log").open("wb") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log, cwd=here)
        try:
            url = f"http://127.0.0.1:{port}/api/v1"
            wait(url, token)
            asyncio.run(ask(url, token, WARM_UP_S))
            begun_s = cpu_s(server.pid)
            took = asyncio.run(ask(url, token, seconds))
            spent_s = cpu_s(server.pid) - begun_s
        finally:
            server.terminate()
            server.wait(20)
    every = [ms for times in took.values() for ms in times]
    cpu_ms = 1000 * spent_s / len(every)
    note = f"{PER_S} requests/s for {seconds} s, median {percentile(every, 0.5):.0f} ms, {cpu_ms:.1f} ms CPU each"
    emit(figure("API lists, p99", percentile(every, 0.99), note))
    for path, times in sorted(took.items()):
        emit(figure(f"API {path}, p99", percentile(times, 0.99), f"median {percentile(times, 0.5):.0f} ms"))


def figure(name: str, value: float, note: str) -> Figure:
    note = f"{ALARMS:,} active alarms, {POINTS:,} points; {note}"
    return Figure(name=name, value=value, unit="ms", goal=GOAL_MS, at_least=False, note=note)


def cpu_s(pid: int) -> float:
    """What a process has spent, all threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait(url: str, token: str) -> None:
    """Until the server answers: it reads the site first."""
    deadline_s = time.monotonic() + 120
    while True:
        try:
            if httpx.get(f"{url}/site", headers={"authorization": f"Bearer {token}"}, timeout=60).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        if time.monotonic() > deadline_s:
            raise TimeoutError("the console does not answer")
        time.sleep(0.5)


if __name__ == "__main__":
    main()
