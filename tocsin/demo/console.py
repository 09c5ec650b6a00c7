"""The console beside the demo: a process of its own, and a link by which the visitor gets in."""

import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

from tocsin.clock import Clock
from tocsin.log.layout import ACCOUNTS
from tocsin.settings import Settings

USER: Final = "demo"
_READY_S: Final = 120.0
_LOOK_EVERY_S: Final = 0.2
_STOP_S: Final = 8.0


class ConsoleMissingError(Exception):
    """There is no console; the text says why, in one line."""


class ConsoleProcess:
    """From `start` to `stop`; its output goes to a file."""

    def __init__(self, config: Path, port: int, log: Path) -> None:
        self._config = config
        self._port = port
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()

    def start(self) -> None:
        command = [sys.executable, "-m", "tocsin.demo.child", "console", "--config", str(self._config)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)  # noqa: S603 - our own

    def wait_ready(self, clock: Clock) -> bool:
        """Until it listens; False where it is stopped before. ConsoleMissingError with its last words where it ends."""
        until_s = clock.monotonic_s() + _READY_S
        while not self._listens():
            if self._stopping.wait(_LOOK_EVERY_S):
                return False
            if self._process is None or self._process.poll() is not None:
                said = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
                raise ConsoleMissingError(said[-1] if said else "it ended at once")
            if clock.monotonic_s() > until_s:
                raise ConsoleMissingError(f"it does not answer; {self._log} says more")
        return True

    def stop(self) -> None:
        self._stopping.set()
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0


def sign_in_link(settings: Settings, clock: Clock) -> str:
    """A link, good once, by which the visitor chooses a password for the demo's administrator.

    ConsoleMissingError where the console's parts are not installed.
    """
    try:
        from tocsin.accounts.accounts import COMMAND_LINE, Accounts
        from tocsin.accounts.roles import Role
    except ImportError as error:
        raise ConsoleMissingError(f"the console needs {error.name}: pip install 'tocsin[console]'") from None
    settings.data.mkdir(parents=True, exist_ok=True)
    accounts = Accounts.open(settings.data / ACCOUNTS, clock)
    try:
        if accounts.users.find(USER) is None:
            accounts.users.add(COMMAND_LINE, USER, Role.ADMINISTRATOR, display_name="Demo 演示")
        secret = accounts.links.make(COMMAND_LINE, USER)
    finally:
        accounts.close()
    return f"http://{settings.console.listen}/set-password/{secret}"
