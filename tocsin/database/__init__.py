"""A database behind a small port: a file of SQLite, or a schema of a PostgreSQL server. Both take the same SQL."""

from tocsin.database.errors import DATABASE_ERRORS, TRY_AGAIN, FencedError, ServerAwayError, ServerError
from tocsin.database.place import Place, PostgresAddress
from tocsin.database.port import AMONG, Database, Rows, add_rows, among, next_number, upsert

__all__ = [
    "AMONG",
    "DATABASE_ERRORS",
    "TRY_AGAIN",
    "Database",
    "FencedError",
    "Place",
    "PostgresAddress",
    "Rows",
    "ServerAwayError",
    "ServerError",
    "add_rows",
    "among",
    "next_number",
    "upsert",
]
