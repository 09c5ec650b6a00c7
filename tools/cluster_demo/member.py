"""One process of the cluster: `tocsin bridge`, `worker`, `notifier` and so on, with its own folder and port."""

import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from tocsin.demo.show import free_port

_STOP_S = 10.0


class Member:
    """Ends with the demo, however that ends. What it says goes to FOLDER/NAME.log."""

    def __init__(self, command: str, number: int, config: Path) -> None:
        self.name = f"{command}-{number}"
        self._command = command
        self._config = config
        self._log = config.parent / f"{self.name}.log"
        self._listen = f"127.0.0.1:{free_port(0)}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """0 while it does not run."""
        return 0 if self._process is None else self._process.pid

    def start(self) -> None:
        own = {"TOCSIN_HTTP__LISTEN": self._listen, "TOCSIN_DATA": str((self._config.parent / self.name).resolve())}
        command = [sys.executable, "-m", "tocsin.demo.child", self._command, "--config", str(self._config)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={**os.environ, **own},
                start_new_session=True,
            )

    def kill(self) -> None:
        """Pull the plug."""
        if self._process is not None:
            self._process.kill()
            self._end(self._process)

    def ask_to_stop(self) -> None:
        if self._process is not None:
            self._process.terminate()

    def stop(self) -> None:
        self.ask_to_stop()
        if self._process is not None:
            try:
                self._process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
            self._end(self._process)

    @property
    def ended(self) -> str:
        """Its last words, where it has ended by itself; else empty."""
        if self._process is None or self._process.poll() is None:
            return ""
        return (self._log.read_text(errors="replace").strip().splitlines() or ["it ended at once"])[-1]

    def is_ready(self) -> bool:
        return self._get("/readyz") is not None

    def shards(self) -> list[int]:
        """Of a worker: those that it decides."""
        found = re.findall(r'^tocsin_worker_lag_entries\{[^}]*"(\d+)"\}', self._get("/metrics") or "", re.MULTILINE)
        return sorted(map(int, found))

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        process.wait()
        if process.stdin is not None:
            process.stdin.close()
        self._process = None

    def _get(self, path: str) -> str | None:
        try:
            with urllib.request.urlopen(f"http://{self._listen}{path}", timeout=2) as answer:
                return str(answer.read().decode())
        except (urllib.error.URLError, OSError):
            return None
