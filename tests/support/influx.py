"""A real InfluxDB 2 for tests: its own process, port, folder and token; stopped by its pid."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tocsin.clock import SystemClock
from tools.services.influxd import find

TOKEN = "a-token-for-tests-only"
ORG = "tocsin"
BUCKET = "readings"


@dataclass
class InfluxServer:
    """One influxd on 127.0.0.1. `stop` and `start` again keep the port and what was written."""

    program: Path
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.folder / "influxd.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    str(self.program),
                    "run",
                    "--http-bind-address",
                    f"127.0.0.1:{self.port}",
                    "--bolt-path",
                    str(self.folder / "influxd.bolt"),
                    "--sqlite-path",
                    str(self.folder / "influxd.sqlite"),
                    "--engine-path",
                    str(self.folder / "engine"),
                    "--reporting-disabled",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        clock = SystemClock()
        deadline = clock.monotonic_s() + 30
        while clock.monotonic_s() < deadline:
            if self.process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/health", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise RuntimeError((self.folder / "influxd.log").read_text()[-2000:])

    def stop(self) -> None:
        """Stop it cleanly; a second call does nothing."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        self.process = None

    def set_up(self) -> None:
        """Make organisation, bucket and token of a new server."""
        answer = httpx.post(
            f"{self.url}/api/v2/setup",
            json={"username": "tests", "password": "tests-only", "org": ORG, "bucket": BUCKET, "token": TOKEN},
            timeout=30,
        )
        answer.raise_for_status()

    def make_bucket(self, name: str, keep_s: int = 0) -> None:
        """A bucket more; `keep_s` > 0 is its retention."""
        headers = {"Authorization": f"Token {TOKEN}"}
        orgs = httpx.get(f"{self.url}/api/v2/orgs", params={"org": ORG}, headers=headers).raise_for_status().json()
        rules = [{"type": "expire", "everySeconds": keep_s}] if keep_s else []
        body = {"name": name, "orgID": orgs["orgs"][0]["id"], "retentionRules": rules}
        httpx.post(f"{self.url}/api/v2/buckets", json=body, headers=headers).raise_for_status()

    def query(self, influxql: str, bucket: str = BUCKET) -> list[dict[str, object]]:
        """Rows of an InfluxQL statement as mappings, the tags of GROUP BY among them; times in ns."""
        answer = httpx.get(
            f"{self.url}/query",
            params={"db": bucket, "q": influxql, "epoch": "ns"},
            headers={"Authorization": f"Token {TOKEN}"},
            timeout=60,
        )
        result = answer.raise_for_status().json()["results"][0]
        if "error" in result:
            raise RuntimeError(result["error"])
        return [
            {**series.get("tags", {}), **dict(zip(series["columns"], row, strict=True))}
            for series in result.get("series", [])
            for row in series["values"]
        ]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def influx_server(folder: Path) -> Iterator[InfluxServer]:
    """A server, set up. Skips the test by name where there is no influxd."""
    program = find()
    if program is None:
        pytest.skip("influxd is not there: make services builds it")
    server = InfluxServer(program, folder, free_port())
    try:
        server.start()
        server.set_up()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxServer]:
    """One server for the tests of a module; import it by name to use it."""
    with influx_server(tmp_path_factory.mktemp("influx")) as server:
        yield server
