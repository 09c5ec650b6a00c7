"""A PostgreSQL server in a folder of its own, on a free port of 127.0.0.1: for tests and the demo of the cluster."""

import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from .guarded import start_guarded
from .recipe import ServiceError

USER: Final = "tocsin"
_START_S: Final = 20.0
_SETTINGS: Final = {"unix_socket_directories": "", "listen_addresses": "127.0.0.1"}


class PostgresServer:
    """One server. It does not run as root, which PostgreSQL refuses: then as the user `postgres` or `nobody`."""

    def __init__(self, programs: Path, folder: Path, settings: Mapping[str, str]) -> None:
        """Makes the server's files where `folder` has none. ServiceError if there is no user to run as."""
        self._programs = programs
        self._user = _unprivileged() if os.geteuid() == 0 else None
        self.folder = folder
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._settings = {**_SETTINGS, "port": str(self.port), **settings}
        folder.mkdir(parents=True, exist_ok=True)
        if self._user is not None:
            os.chown(folder, *self._user)
        if not (folder / "data" / "PG_VERSION").exists():
            options = ["-A", "trust", "-U", USER, "-N", "-E", "UTF8", "--locale=C.UTF-8"]
            self._run(programs / "initdb", "-D", folder / "data", *options).check_returncode()

    def start(self) -> None:
        """Returns once it answers; ServiceError with its last words where it does not."""
        options = [text for name, value in self._settings.items() for text in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            command = [self._programs / "postgres", "-D", self.folder / "data", *options]
            self._process = start_guarded(command, log, self._user)
        until_s = time.monotonic() + _START_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until_s:
                raise ServiceError(f"PostgreSQL does not answer: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it, by default without waiting for who is connected."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._process = None

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """One statement of the one who may do everything; the rows of a query."""
        import psycopg

        with psycopg.connect(host="127.0.0.1", port=self.port, user=USER, dbname="postgres", autocommit=True) as db:
            found = db.execute(sql.encode())
            return found.fetchall() if found.description else []

    def _answers(self) -> bool:
        return self._run(self._programs / "pg_isready", "-h", "127.0.0.1", "-p", str(self.port)).returncode == 0

    def _run(self, *command: object) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run([str(part) for part in command], capture_output=True, **self._identity())

    def _identity(self) -> dict[str, Any]:
        who = {"user": self._user[0], "group": self._user[1], "extra_groups": []} if self._user is not None else {}
        return who | {"cwd": self.folder}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _unprivileged() -> tuple[int, int]:
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return found.pw_uid, found.pw_gid
    raise ServiceError("PostgreSQL does not run as root, and there is no user postgres or nobody")
