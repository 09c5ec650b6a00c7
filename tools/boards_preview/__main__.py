"""`make boards-preview`: every board in both languages as a picture, from a real InfluxDB filled by a drill."""

import argparse
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx

from dashboards.names import BOARDS, GENERATED, LANGUAGES
from tools.boards_preview.drawing import Picture, draw
from tools.boards_preview.fill import Target, fill
from tools.boards_preview.page import built_page
from tools.boards_preview.server import app_of, serving
from tools.services import chromium, influxd
from tools.services.recipe import ServiceError

_TOKEN: Final = "a-token-for-previews-only"
_BUCKET: Final = "readings"
_PAST_S: Final = 1800
_LIVE_S: Final = 180
_OF_THE_SERVICE: Final = ("devices", "delivery", "health")
"""Boards of what is known only while the service runs: they show that time alone."""
_LEAK: Final = {"enterprise": "E01", "unit": "E01-U1"}
_VALUES: Final = {"unit": _LEAK, "point": {**_LEAK, "point": "E01-U1-G1-2"}}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make boards-preview", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("boards-preview"), help="the folder of the pictures")
    parser.add_argument("--boards", default=",".join(BOARDS), help="some of them, separated by commas")
    parser.add_argument("--languages", default=",".join(LANGUAGES))
    parser.add_argument("--theme", choices=["dark", "light"], default="dark")
    options = parser.parse_args(arguments)
    server, browser = influxd.find(), chromium.find()
    if server is None or browser is None:
        parser.error("influxd and chromium are needed: make services brings both")
    try:
        page = built_page()
    except ServiceError as error:
        parser.error(str(error))
    with tempfile.TemporaryDirectory(prefix="boards-preview-") as name, _influx(server, Path(name)) as target:
        work = Path(name) / "county"
        work.mkdir()
        fill(work, target, past_s=_PAST_S, live_s=_LIVE_S)
        now_ms = int(time.time() * 1000)
        wanted = [
            Picture(board, language, now_ms - 1000 * _span_s(board), now_ms, _VALUES.get(board, {}), options.theme)
            for board in options.boards.split(",")
            for language in options.languages.split(",")
        ]
        with serving(app_of(page.built, page.public, GENERATED, target), _free_port()) as address:
            said = draw(address, str(browser), GENERATED, wanted, options.out)
    for line in said:
        print(line, file=sys.stderr)
    print(f"{len(wanted)} pictures in {options.out}")
    return 1 if said else 0


@contextmanager
def _influx(program: Path, folder: Path) -> Iterator[Target]:
    """An InfluxDB of our own, stopped by its pid."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    places = {name: str(folder / name) for name in ("bolt", "engine", "sqlite")}
    command = [str(program), "run", "--http-bind-address", f"127.0.0.1:{port}", "--reporting-disabled"]
    command += [argument for name, place in places.items() for argument in (f"--{name}-path", place)]
    with (folder / "influxd.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        _wait_for(url, process)
        yield _set_up(url)
    finally:
        process.terminate()
        process.wait(30)


def _set_up(url: str) -> Target:
    body = {"username": "preview", "password": _TOKEN, "org": "tocsin", "bucket": _BUCKET, "token": _TOKEN}
    org = httpx.post(f"{url}/api/v2/setup", json=body, timeout=30).raise_for_status().json()["org"]["id"]
    headers = {"Authorization": f"Token {_TOKEN}"}
    for name in (f"{_BUCKET}_1m", f"{_BUCKET}_1h"):
        made = httpx.post(f"{url}/api/v2/buckets", json={"orgID": org, "name": name}, headers=headers, timeout=30)
        made.raise_for_status()
    return Target(url, "tocsin", _BUCKET, _TOKEN)


def _span_s(board: str) -> int:
    return _LIVE_S + 20 if board in _OF_THE_SERVICE else _PAST_S + _LIVE_S + 60


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/health", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError("influxd does not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
