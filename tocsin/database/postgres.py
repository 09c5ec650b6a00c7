"""A schema of a PostgreSQL server, through SQLAlchemy Core and psycopg."""

import ssl
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any, Final, Literal

from tocsin.database.errors import FencedError, ServerAwayError, ServerError
from tocsin.database.place import PostgresAddress
from tocsin.database.statement import in_postgres

try:
    import psycopg
    from psycopg.adapt import Dumper
    from psycopg.pq import Format
    from psycopg.types.numeric import Int8BinaryDumper
    from sqlalchemy import Connection, Engine, create_engine, event
    from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
    from sqlalchemy.pool import NullPool
except ImportError as error:
    raise ServerError(f"PostgreSQL needs more than is installed ({error.name}): pip install tocsin[cluster]") from None

_TEXT_OID: Final = 25
_WRITING: Final = 7_101
_OPEN: Final = 7_102
"""Kinds of advisory locks; the schema's name is the other half of each."""
_LOCK_S: Final = 30
_READ_ONLY: Final = "25006"
"""SQLSTATE of a write to a server that follows another."""
_UNHEARD_MS: Final = 10_000
"""A server that has acknowledged nothing for so long, at the level of TCP, is away."""

Mode = Literal["read", "write", "manage"]
"""Whoever writes holds the schema, so that nobody swaps it meanwhile; whoever manages makes and swaps schemas."""
_STALLED_S: Final = 3
"""A writer with a fence that stalls within a transaction lets go of its lock, for who takes over."""


class _TextDumper(Dumper):
    """As text, not as what PostgreSQL guesses. It knows no NUL in texts: another sign stands in for it."""

    format = Format.BINARY
    oid = _TEXT_OID

    def dump(self, obj: str) -> bytes:
        return obj.replace("\0", "\ufffd").encode()


class _Cursor(psycopg.RawCursor[Any]):
    """Takes $1, $2, ... and has rows sent as they are kept, which is quickest for chunks."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.format = Format.BINARY


class _Rows:
    """The driver has brought them all already."""

    def __init__(self, rows: Sequence[tuple[Any, ...]], rowcount: int) -> None:
        self.rowcount = rowcount
        self._rows = iter(rows)

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchmany(self, size: int, /) -> list[Any]:
        return list(islice(self._rows, size))

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    def __iter__(self) -> Iterator[Any]:
        return self._rows


class PostgresDatabase:
    """A connection of its own. After the server was away it is made anew by the next statement."""

    def __init__(self, address: PostgresAddress, mode: Mode, *, durable: bool = True) -> None:
        """Nothing is asked of the server before the first statement."""
        self._address = address
        self._mode = mode
        self._durable = durable
        self._engine = engine_of(address)
        event.listen(self._engine, "connect", self._prepare)
        self._connection: Connection | None = None
        self._in_transaction = False

    @property
    def address(self) -> PostgresAddress:
        return self._address

    @property
    def in_transaction(self) -> bool:
        return self._in_transaction

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> _Rows:
        return self._run(in_postgres(sql), tuple(parameters))

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> _Rows:
        given = [tuple(some) for some in parameters]
        return self._run(in_postgres(sql), given) if given else _Rows((), 0)

    def listed(self, values: Iterable[str] | Iterable[int]) -> object:
        return list(values)

    @contextmanager
    def transaction(self, *, keep: bool = True) -> Iterator[None]:
        with self._block("BEGIN", "COMMIT" if keep else "ROLLBACK"):
            self._run(f"SELECT pg_advisory_xact_lock({_WRITING}, hashtext($1))", (self._address.schema,))
            self.check_fence()
            yield

    @contextmanager
    def view(self) -> Iterator[None]:
        with self._block("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "ROLLBACK"):
            yield

    def check_fence(self) -> None:
        fence = self._address.fence
        if fence is not None:
            row = self._run("SELECT value FROM meta WHERE key = 'leader'", ()).fetchone()
            if row is None or row[0] != fence:
                raise FencedError(f"{self._address}: another process is the one that writes now")

    def has_table(self, name: str) -> bool:
        return bool(self._value("SELECT to_regclass($1) IS NOT NULL", (name,)))

    def written(self) -> object:
        return self._value("SELECT CAST(pg_current_snapshot() AS text)")

    @contextmanager
    def beside(self, place: PostgresAddress) -> Iterator[tuple[str, str]]:
        if place[:3] != self._address[:3]:
            raise ServerError(f"{place} and {self._address} are not one database")
        yield self._address.schema, place.schema

    def read_chunk(self, table: str, key: int) -> bytes | None:
        found = self._value(f"SELECT data FROM {table} WHERE chunk = $1", (key,))  # noqa: S608
        return None if found is None else bytes(found)

    def make_chunk(self, table: str, key: int, size: int) -> None:
        self._run(f"INSERT INTO {table} (chunk, data) VALUES ($1, $2)", (key, bytes(size)))  # noqa: S608

    def write_chunk(self, table: str, key: int, offset: int, data: bytes) -> None:
        self._run(
            f"UPDATE {table} SET data = overlay(data PLACING $1 FROM CAST($2 AS integer)) WHERE chunk = $3",  # noqa: S608
            (data, offset + 1, key),
        )

    def claim(self) -> bool:
        """Have the schema alone, until this is closed; False while another has it open to write."""
        return bool(self._value(f"SELECT pg_try_advisory_lock({_OPEN}, hashtext($1))", (self._address.schema,)))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
        self._engine.dispose()
        self._in_transaction = False

    def _run(self, sql: str, parameters: Any) -> _Rows:
        if self._in_transaction and self._connection is None:
            raise ServerAwayError(f"{self._address}: the connection was lost within a transaction")
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            done = self._connection.exec_driver_sql(sql, parameters)
            cursor = done.cursor
            rows = cursor.fetchall() if cursor is not None and done.returns_rows else ()
            return _Rows(rows, done.rowcount)
        except DBAPIError as error:
            raise self._failed(error) from error

    def _value(self, sql: str, parameters: tuple[object, ...] = ()) -> Any:
        row = self._run(sql, parameters).fetchone()
        return None if row is None else row[0]

    def _failed(self, error: DBAPIError) -> ServerError:
        is_lost = error.connection_invalidated or self._connection is None or self._connection.invalidated
        if is_lost:
            if self._connection is not None:
                self._connection.close()
            self._connection = None
        said = str(error.orig).strip().partition("\n")[0]
        # Why the server ended a connection does not matter, and one that only reads today may write tomorrow.
        passes = is_lost or isinstance(error, OperationalError | InterfaceError)
        passes = passes or getattr(error.orig, "sqlstate", None) == _READ_ONLY
        return (ServerAwayError if passes else ServerError)(f"{self._address}: {said}")

    @contextmanager
    def _block(self, begin: str, end: str) -> Iterator[None]:
        self._run(begin, ())
        self._in_transaction = True
        try:
            yield
            self._run(end, ())
        except BaseException:
            if self._connection is not None:
                with suppress(ServerError):
                    self._run("ROLLBACK", ())
            raise
        finally:
            self._in_transaction = False

    def _prepare(self, connection: "psycopg.Connection[Any]", _record: object) -> None:
        """What holds for every connection that is made."""
        if not self._durable:
            connection.execute("SET synchronous_commit = off")
        if self._mode == "read":
            connection.execute("SET default_transaction_read_only = on")
        if self._mode == "write":
            connection.execute(f"SET lock_timeout = '{_LOCK_S}s'")
            connection.execute(f"SELECT pg_advisory_lock_shared({_OPEN}, hashtext(%s))", (self._address.schema,))
        if self._address.fence is not None:
            connection.execute(f"SET idle_in_transaction_session_timeout = '{_STALLED_S}s'")
        connection.cursor_factory = _Cursor
        for kind, dumper in ((int, Int8BinaryDumper), (bool, Int8BinaryDumper), (str, _TextDumper)):
            connection.adapters.register_dumper(kind, dumper)


def engine_of(address: PostgresAddress) -> Engine:
    """ServerError if a file that the address names can't be read."""
    asked: dict[str, Any] = {
        "host": address.host,
        "port": address.port,
        "dbname": address.database,
        "user": address.user,
        "connect_timeout": round(address.connect_s),
        "application_name": "tocsin",
        "options": f"-c search_path={address.schema} -c client_encoding=UTF8",
        "sslmode": "verify-full" if address.tls else "disable",
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": _UNHEARD_MS,
    }
    if address.password_file is not None:
        try:
            asked["password"] = address.password_file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ServerError(f"{address.password_file}: the password can't be read: {error}") from None
    if address.tls:
        asked["sslrootcert"] = str(address.ca_file or ssl.get_default_verify_paths().cafile or "system")
        if address.cert_file is not None:
            asked |= {"sslcert": str(address.cert_file), "sslkey": str(address.key_file or address.cert_file)}
    return create_engine(
        "postgresql+psycopg://",
        connect_args=asked,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        use_native_hstore=False,
    )
