"""The console with 100,000 points and 10,000 active alarms: how soon a page can be used, how smoothly it scrolls."""

import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright
from websockets.sync.client import connect
from websockets.typing import Origin

from benchmarks.broker import free_port
from benchmarks.figure import Figure, emit, is_quick, say
from benchmarks.load import Load
from benchmarks.site import write_site
from plant.batch import Batch
from plant.entries import Entry, Readings, SourceUp, Tick
from tocsin.accounts.accounts import COMMAND_LINE, Accounts
from tocsin.accounts.roles import Role
from tocsin.clock import SystemClock
from tocsin.configuration import read_configuration
from tocsin.runtime.core import Core

READY_GOAL_S = 2.0
FRAME_GOAL_MS = 20.0
"""A screen draws 60 a second."""
SCREENS = 200

_SCROLL = """async () => {
    const list = document.querySelector('.b-scroll');
    const times = [];
    let last = performance.now();
    for (let n = 0; n < 240; n++) {
        list.scrollTop += 400;
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        times.push(now - last);
        last = now;
    }
    return times.slice(5);
}"""


def fill(folder: Path, points: int, alarms: int) -> None:
    """A data folder in which so many alarms are active and nobody has acknowledged any."""
    load = Load(devices=points // 50, keys=50, enterprises=100)
    site = write_site(folder / "site", load)
    now_ms = SystemClock().now_ms()
    core = Core.open(folder / "data", read_configuration(site), (), now_ms - 60_000)
    numbers = np.arange(points, dtype=np.uint32)
    good = np.zeros(points, np.uint8)
    calm, loud = np.full(points, 5.0), np.full(alarms, 60.0)
    which = numbers[:: points // alarms][:alarms]
    entries: list[Entry] = [
        SourceUp(now_ms - 50_000, "broker"),
        Readings(now_ms - 40_000, Batch(numbers, np.full(points, now_ms - 40_000), calm, good), "broker"),
        Readings(now_ms - 30_000, Batch(which, np.full(alarms, now_ms - 30_000), loud, good[:alarms]), "broker"),
        Tick(now_ms - 20_000),
    ]
    position = core.append(entries)
    for commit in core.decide(list(enumerate(entries, position))):
        core.record(commit)
    core.checkpoint()()
    core.close()
    (folder / "tocsin.toml").write_text('site = "site"\ndata = "data"\nlog_level = "WARNING"\n')


@contextmanager
def console(folder: Path) -> Iterator[tuple[str, str, "subprocess.Popen[bytes]"]]:
    """(address, cookie of an operator, process)."""
    accounts = Accounts.open(folder / "data" / "accounts.sqlite", SystemClock())
    accounts.users.add(COMMAND_LINE, "bench", Role.OPERATOR, language="en")
    cookie = accounts.sessions.begin("bench")
    accounts.close()
    port = free_port()
    with (folder / "tocsin.toml").open("a") as settings:
        settings.write(f'[console]\nlisten = "127.0.0.1:{port}"\n')
    command = [str(Path(sys.executable).with_name("tocsin")), "console", "--config", "tocsin.toml"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        _wait(f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}", cookie, process
    finally:
        process.terminate()
        process.wait(20)


def _wait(url: str) -> None:
    deadline_s = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except (TimeoutError, urllib.error.URLError, ConnectionError):
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.1)


def opened_s(page: Page, url: str) -> float:
    """From the click until the rows stand there and the page answers."""
    begun_s = time.monotonic()
    page.goto(url, wait_until="commit")
    page.wait_for_function("window.socket?.connected && document.querySelector('.b-row:not([hidden]) .b-button')")
    return time.monotonic() - begun_s


def screens_cost(url: str, cookie: str, pid: int, seconds: float) -> float:
    """The share of a processor that the console takes with SCREENS open boards."""
    stop = threading.Event()
    header = {"Cookie": f"tocsin_session={cookie}"}
    address = url.replace("http", "ws") + "/console/live"
    sockets = [
        connect(address, additional_headers=header, origin=Origin(url), max_size=None, proxy=None)
        for _ in range(SCREENS)
    ]

    def drain() -> None:
        while not stop.is_set():
            for one in sockets:
                try:
                    while True:
                        one.recv(timeout=0)
                except TimeoutError:
                    continue
            stop.wait(0.5)

    reader = threading.Thread(target=drain)
    reader.start()
    time.sleep(3)
    before, begun_s = _cpu_s(pid), time.monotonic()
    time.sleep(seconds)
    share = (_cpu_s(pid) - before) / (time.monotonic() - begun_s)
    stop.set()
    reader.join()
    for one in sockets:
        one.close()
    return share


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def main() -> None:
    quick = is_quick()
    points, alarms = (10_000, 1_000) if quick else (100_000, 10_000)
    browser_path = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        folder = Path(name)
        say(f"{points:,} points, {alarms:,} active alarms ...")
        fill(folder, points, alarms)
        with console(folder) as (url, cookie, process), sync_playwright() as playwright:
            if browser_path is None:
                for what, unit, goal in (
                    ("page ready", "s", READY_GOAL_S),
                    ("scroll frame, median", "ms", FRAME_GOAL_MS),
                ):
                    emit(
                        Figure(
                            name=f"console: {what}", value=None, unit=unit, goal=goal, at_least=False, note="chromium"
                        )
                    )
                return
            browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            context.add_cookies([{"name": "tocsin_session", "value": cookie, "url": url}])
            page = context.new_page()
            first_s = opened_s(page, url)
            again = sorted(opened_s(page, url) for _ in range(5))
            say(f"page ready {first_s:.2f} s the first time, then {again[2]:.2f} s ({again[0]:.2f} to {again[-1]:.2f})")
            times = np.array(page.evaluate(_SCROLL))
            say(f"a frame while scrolling: median {np.median(times):.0f} ms, p95 {np.percentile(times, 95):.0f} ms")
            browser.close()
            share = screens_cost(url, cookie, process.pid, 3 if quick else 8)
            emit(
                Figure(name="console: page ready", value=again[2], unit="s", goal=READY_GOAL_S, at_least=False),
                Figure(
                    name="console: page ready, first time",
                    value=first_s,
                    unit="s",
                    goal=2 * READY_GOAL_S,
                    at_least=False,
                ),
                Figure(
                    name="console: scroll frame, median",
                    value=float(np.median(times)),
                    unit="ms",
                    goal=FRAME_GOAL_MS,
                    at_least=False,
                ),
                Figure(
                    name=f"console: processor share of {SCREENS} open boards",
                    value=share,
                    unit="of one",
                    goal=0.5,
                    at_least=False,
                ),
            )


if __name__ == "__main__":
    main()
