"""The book's tables are the same in a file, in PostgreSQL and in the tables that the migrations are made from."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.postgres import fresh_address, postgres_server

from tocsin.book.schema import migrate, open_writer

sa = pytest.importorskip("sqlalchemy", reason="the extra `cluster` is not installed: sqlalchemy is missing")


def shape(connection: Any, schema: str | None = None) -> dict[str, tuple[object, ...]]:
    """By table: columns in order (name, may be null, default, kind), key, indexes (columns, unique, of some rows).

    Names of indexes that a UNIQUE of a column made are SQLite's own, so none are compared.
    """
    inspector = sa.inspect(connection)
    found = {}
    for table in sorted(set(inspector.get_table_names(schema)) - {"alembic_version"}):
        key = tuple(inspector.get_pk_constraint(table, schema)["constrained_columns"])
        columns = [
            # SQLite lets a key that is no rowid be null in words, and refuses it all the same.
            (c["name"], c["nullable"] and c["name"] not in key, default(c["default"]), kind(c["type"]))
            for c in inspector.get_columns(table, schema)
        ]
        indexes = {(tuple(i["column_names"]), bool(i["unique"]), some(i)) for i in inspector.get_indexes(table, schema)}
        unique = {(tuple(u["column_names"]), True, False) for u in inspector.get_unique_constraints(table, schema)}
        found[table] = (columns, key, sorted(indexes | unique))
    return found


def default(text: str | None) -> str | None:
    return None if text is None else text.partition("::")[0]


def kind(of: Any) -> str:
    return {str: "text", int: "number", bytes: "bytes"}[of.python_type]


def some(index: dict[str, Any]) -> bool:
    """Whether it is over some of the rows."""
    return any(name.endswith("_where") for name in index.get("dialect_options", {}))


@pytest.fixture
def connection() -> Iterator[Any]:
    from tocsin.database.postgres import engine_of

    engine = engine_of(fresh_address())
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_a_file_has_the_tables_of_postgresql(tmp_path: Path, connection: Any) -> None:
    path = tmp_path / "book.sqlite"
    open_writer(path).close()
    with sa.create_engine(f"sqlite:///{path}").connect() as file:
        in_file = shape(file)
    in_postgres = shape(connection, "tocsin")
    assert in_file.keys() == in_postgres.keys()
    for table, expected in in_postgres.items():
        assert in_file[table] == expected, table


def test_the_migrations_make_the_tables_of_the_metadata(connection: Any) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from tocsin.book.metadata import METADATA

    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    assert compare_metadata(context, METADATA) == []


def test_the_newest_migration_is_the_one_that_is_looked_for() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    import tocsin.book.migrations
    from tocsin.book.postgres_schema import HEAD

    config = Config()
    config.set_main_option("script_location", str(Path(tocsin.book.migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_schema_is_made_once() -> None:
    address = postgres_server().make("made_once")
    assert [migrate(address), migrate(address)] == [True, False]
