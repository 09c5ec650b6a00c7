"""A PostgreSQL server of the test session's own, on 127.0.0.1: a fresh database for whoever asks."""

import atexit
import functools
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.mosquitto import free_port
from support.waiting import eventually

from tocsin.book.schema import open_writer
from tocsin.database import PostgresAddress
from tools.services.postgres import find

_TEMPLATE = "tocsin_template"
# Nothing of a test has to outlive a power cut.
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "50",
    "autovacuum": "off",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
}


class PostgresServer:
    """One server in a folder of its own; it does not run as root, which PostgreSQL refuses."""

    def __init__(self, programs: Path, settings: Mapping[str, str] = {}) -> None:
        self._programs = programs
        self._user = _unprivileged() if os.geteuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="tocsin-postgres-"))
        if self._user is not None:
            shutil.chown(self.folder, *self._user)
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        options = ["-A", "trust", "-U", "tocsin", "-N", "-E", "UTF8", "--locale=C.UTF-8"]
        self._run(programs / "initdb", "-D", self.folder / "data", *options).check_returncode()
        self._settings = _SETTINGS | {"port": str(self.port)} | settings

    def start(self) -> None:
        """Returns once it answers."""
        log = (self.folder / "log").open("ab")
        options = [text for name, value in self._settings.items() for text in ("-c", f"{name}={value}")]
        self._process = subprocess.Popen(
            [self._programs / "postgres", "-D", self.folder / "data", *options],
            stdout=log,
            stderr=log,
            **self._identity(),
        )
        log.close()
        assert eventually(self._answers), (self.folder / "log").read_text()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it, by default without waiting for who is connected."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def close(self) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def address(self, database: str) -> PostgresAddress:
        return PostgresAddress("127.0.0.1", self.port, database, "tocsin")

    def make(self, database: str, template: str = "template0") -> PostgresAddress:
        """A new database."""
        self.ask(f"CREATE DATABASE {database} TEMPLATE {template} STRATEGY file_copy")
        return self.address(database)

    def ask(self, sql: str) -> None:
        """One statement of the one who may do everything."""
        import psycopg

        with psycopg.connect(host="127.0.0.1", port=self.port, user="tocsin", dbname="postgres", autocommit=True) as db:
            db.execute(sql.encode())

    def _answers(self) -> bool:
        return self._run(self._programs / "pg_isready", "-h", "127.0.0.1", "-p", str(self.port)).returncode == 0

    def _run(self, *command: object) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run([str(part) for part in command], capture_output=True, **self._identity())

    def _identity(self) -> dict[str, object]:
        user = {"user": self._user[0], "group": self._user[1], "extra_groups": []} if self._user is not None else {}
        return user | {"cwd": self.folder}


def postgres_server() -> PostgresServer:
    """The session's server. Skips the test where PostgreSQL is not there."""
    programs = find()
    if programs is None:
        pytest.skip("PostgreSQL is not there: make services brings it")
    for needed in ("psycopg", "sqlalchemy", "alembic"):
        pytest.importorskip(needed, reason=f"the extra `cluster` is not installed: {needed} is missing")
    return _started(programs)


def fresh_address() -> PostgresAddress:
    """An empty alarm book in a database of its own."""
    server = postgres_server()
    _make_template(server)
    return server.make(f"book_{next(_numbers)}", _TEMPLATE)


_numbers = itertools.count(1)


@functools.cache
def _started(programs: Path) -> PostgresServer:
    server = PostgresServer(programs)
    atexit.register(server.close)
    server.start()
    return server


@functools.cache
def _make_template(server: PostgresServer) -> None:
    """A database that has been through all migrations: copying it is quicker than they are."""
    open_writer(server.make(_TEMPLATE)).close()

    def is_free() -> bool:
        try:
            server.make("tocsin_is_free", _TEMPLATE)
        except Exception:  # the server notes that we have gone a moment later
            return False
        return True

    assert eventually(is_free)


def _unprivileged() -> tuple[int, int]:
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return found.pw_uid, found.pw_gid
    pytest.skip("PostgreSQL does not run as root, and there is no user postgres or nobody")
