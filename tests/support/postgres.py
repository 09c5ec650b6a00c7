"""A PostgreSQL server of the test session's own, on 127.0.0.1: a fresh database for whoever asks."""

import atexit
import functools
import itertools
import shutil
import signal
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.waiting import eventually

from tocsin.book.schema import open_writer
from tocsin.database import PostgresAddress
from tools.services.postgres import find
from tools.services.postgres_server import USER
from tools.services.postgres_server import PostgresServer as Server
from tools.services.recipe import ServiceError

_TEMPLATE = "tocsin_template"
# Nothing of a test has to outlive a power cut.
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "50",
    "autovacuum": "off",
}


class PostgresServer(Server):
    """A server in a folder that goes with it."""

    def __init__(self, programs: Path, settings: Mapping[str, str] = {}) -> None:
        super().__init__(programs, Path(tempfile.mkdtemp(prefix="tocsin-postgres-")), {**_SETTINGS, **settings})

    def close(self) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def address(self, database: str) -> PostgresAddress:
        return PostgresAddress("127.0.0.1", self.port, database, USER)

    def make(self, database: str, template: str = "template0") -> PostgresAddress:
        """A new database."""
        self.ask(f"CREATE DATABASE {database} TEMPLATE {template} STRATEGY file_copy")
        return self.address(database)


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
    try:
        server = PostgresServer(programs)
    except ServiceError as error:
        pytest.skip(str(error))
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
