"""The tables of an alarm book in a schema of a PostgreSQL server: made and brought up to date by Alembic."""

from contextlib import closing
from pathlib import Path
from typing import Final

from tocsin.database import PostgresAddress, ServerError
from tocsin.database.postgres import PostgresDatabase, engine_of

HEAD: Final = "0001"
"""The newest migration."""

_MIGRATING: Final = 7_103


def migrate_schema(address: PostgresAddress) -> bool:
    """Bring the schema up to date, one process at a time; whether there was something to do. ServerError."""
    with closing(PostgresDatabase(address, "manage")) as db:
        if _is_newest(db):
            return False
        db.execute(f"SELECT pg_advisory_lock({_MIGRATING}, hashtext(?))", (address.schema,))
        if _is_newest(db):  # another process was quicker
            return False
        db.execute(f"CREATE SCHEMA IF NOT EXISTS {address.schema}")
        _run(address)
        return True


def _is_newest(db: PostgresDatabase) -> bool:
    if not db.has_table("alembic_version"):
        return False
    version = db.execute("SELECT version_num FROM alembic_version").fetchone()
    if version is not None and version[0] > HEAD:
        raise ServerError(f"{db.address}: the alarm book is of version {version[0]}, this is for {HEAD}")
    return version is not None and version[0] == HEAD


def _run(address: PostgresAddress) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy.exc import SQLAlchemyError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    engine = engine_of(address).execution_options(isolation_level="READ COMMITTED")
    try:
        with engine.begin() as connection:
            config.attributes.update(connection=connection, schema=address.schema)
            command.upgrade(config, HEAD)
    except SQLAlchemyError as error:
        raise ServerError(f"{address}: the alarm book can't be brought up to date: {error}") from error
    finally:
        engine.dispose()
