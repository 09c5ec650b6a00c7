"""Where a database is."""

from pathlib import Path
from typing import NamedTuple


class PostgresAddress(NamedTuple):
    """A schema of a database on a PostgreSQL server. As text it holds no secret."""

    host: str
    port: int
    database: str
    user: str
    password_file: Path | None = None
    tls: bool = False
    """The server's certificate must be right for `host`, by `ca_file` or, without, the system's authorities."""
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    schema: str = "tocsin"
    """Lower-case letters, digits and underscores."""
    connect_s: float = 5.0
    fence: int | None = None
    """Of who writes as the only one that may: nothing is written once `meta` has another number as its `leader`."""

    def __str__(self) -> str:
        return f"postgresql://{self.host}:{self.port}/{self.database}"

    @property
    def name(self) -> str:
        """What it is called in lists of differences."""
        return self.schema


Place = Path | PostgresAddress
"""A file of SQLite, or where PostgreSQL keeps the same tables."""
