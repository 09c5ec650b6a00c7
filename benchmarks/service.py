"""The real `tocsin run` in a process of its own, watched from outside."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.broker import free_port

_START_S = 60.0
_STOP_S = 30.0


class Service:
    """A running service. Use `running`."""

    def __init__(self, process: "subprocess.Popen[bytes]", folder: Path, http_port: int) -> None:
        self.pid = process.pid
        self.data = folder / "data"
        self._process = process
        self._log = folder / "tocsin.log"
        self._base = f"http://127.0.0.1:{http_port}"

    def metric(self, name: str, text: str | None = None) -> float:
        """The sum over the labels of a metric, 0 where there is none."""
        found = re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text or self.metrics(), re.MULTILINE)
        return sum(map(float, found))

    def metrics(self) -> str:
        with urllib.request.urlopen(f"{self._base}/metrics", timeout=20) as answer:
            return str(answer.read().decode())

    def wait_until_ready(self) -> None:
        """Until it listens to the broker. TimeoutError with its log if it does not come up."""
        deadline_s = time.monotonic() + _START_S
        while time.monotonic() < deadline_s and self._process.poll() is None:
            try:
                urllib.request.urlopen(f"{self._base}/readyz", timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.05)
        raise TimeoutError(f"it does not get ready:\n{self._log.read_text()[-4000:]}")

    def wait_for_readings(self, wanted: int, timeout_s: float) -> float:
        """Wait until so many readings are decided; returns when that was seen, by the monotonic clock.

        A look at the metrics costs the service a few ms, so it is looked at more often only near the end.
        """
        begun_s = time.monotonic()
        pause_s, last, last_s = 0.02, 0.0, begun_s
        while True:
            seen, now_s = self.metric("tocsin_readings_total"), time.monotonic()
            if seen >= wanted:
                return now_s
            if now_s - begun_s > timeout_s:
                raise TimeoutError(f"{seen:,.0f} of {wanted:,} readings decided after {timeout_s:g} s")
            if seen > last > 0:
                pause_s = (wanted - seen) / ((seen - last) / (now_s - last_s)) * 0.7
            last, last_s = seen, now_s
            time.sleep(min(max(pause_s, 0.01), 0.5))

    def cpu_s(self) -> float:
        """Processor time so far, all threads."""
        return processor_s(self.pid)

    def stop(self) -> None:
        """End it in order. RuntimeError with its log if that fails."""
        self._process.send_signal(signal.SIGTERM)
        if self._process.wait(_STOP_S) != 0:
            raise RuntimeError(f"it ended with {self._process.returncode}:\n{self._log.read_text()[-4000:]}")


def processor_s(pid: int) -> float:
    """Processor time of a process so far, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(folder: Path, site: Path, broker_port: int, command: str = "run", more: str = "") -> Iterator[Service]:
    """`tocsin run`, or another service, on a new data folder in `folder`; ready to take messages. `more`: settings."""
    folder.mkdir(parents=True, exist_ok=True)
    http_port = free_port()
    (folder / "tocsin.toml").write_text(
        f'site = "{site}"\ndata = "{folder / "data"}"\n'
        f'[mqtt]\nurl = "mqtt://127.0.0.1:{broker_port}"\n'
        f'[http]\nlisten = "127.0.0.1:{http_port}"\n{more}'
    )
    program = str(Path(sys.executable).with_name("tocsin"))
    with (folder / "tocsin.log").open("wb") as log:
        process = subprocess.Popen([program, command, "--config", str(folder / "tocsin.toml")], stdout=log, stderr=log)
    try:
        service = Service(process, folder, http_port)
        service.wait_until_ready()
        yield service
        service.stop()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(20)
