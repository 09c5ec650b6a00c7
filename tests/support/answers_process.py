"""`tocsin answers` as a process beside a service."""

import json
import signal
import subprocess
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from support.live import TOCSIN, Live
from support.waiting import eventually


class AnswersProcess:
    """`tocsin answers` beside a service."""

    def __init__(self, live: Live, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._process = subprocess.Popen(
            [str(TOCSIN), "answers", "--config", str(live.config)], stderr=subprocess.PIPE, cwd=live.folder
        )
        assert eventually(lambda: self.get("/healthz")[0] == 200 or self._process.poll() is not None)
        assert self._process.poll() is None, self._process.stderr and self._process.stderr.read()

    def get(self, path: str, data: dict[str, str] | None = None) -> tuple[int, str]:
        return self._ask(path, urlencode(data).encode() if data is not None else None)

    def push(self, path: str, given: object) -> tuple[int, str]:
        return self._ask(path, json.dumps(given).encode())

    def _ask(self, path: str, body: bytes | None) -> tuple[int, str]:
        try:
            with urlopen(Request(self.url + path, body), timeout=10) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def stop(self) -> tuple[int, bytes]:
        """(exit code, what it logged)."""
        self._process.send_signal(signal.SIGTERM)
        _, said = self._process.communicate(timeout=15)
        return self._process.returncode, said
