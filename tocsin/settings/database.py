"""`[database]`: the PostgreSQL that holds the alarm book and the outbox of a cluster."""

from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from tocsin.database.place import PostgresAddress
from tocsin.settings.base import Model

_PORT = 5432


class DatabaseSettings(Model):
    """Left out: the book is a file of the data folder."""

    url: str
    """postgresql://host:port/name"""
    user: Annotated[str, Field(min_length=1, max_length=63)] = "tocsin"
    password_file: Path | None = None
    """A file of one line."""
    tls: bool = False
    """Talk over TLS alone, to a server whose certificate is right for its name."""
    ca_file: Path | None = None
    """The authority of the server's certificate; the system's where left out."""
    cert_file: Path | None = None
    key_file: Path | None = None

    @field_validator("url")
    @classmethod
    def _server(cls, url: str) -> str:
        parts = urlsplit(url)
        named = parts.path.strip("/")
        if parts.scheme != "postgresql" or not parts.hostname or not named or "/" in named or parts.query:
            raise ValueError("is no database's address, allowed is postgresql://host:port/name")
        if parts.password or parts.username:
            raise ValueError("names a user, allowed are user and password_file beside it")
        if parts.port == 0:
            raise ValueError("has port 0, allowed are 1 to 65535")
        return url

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file go together")
        if not self.tls and (self.ca_file or self.cert_file):
            raise ValueError("ca_file and cert_file are for tls = true")
        return self

    def address(self) -> PostgresAddress:
        """Where the book is."""
        parts = urlsplit(self.url)
        return PostgresAddress(
            host=parts.hostname or "",
            port=parts.port or _PORT,
            database=parts.path.strip("/"),
            user=self.user,
            password_file=self.password_file,
            tls=self.tls,
            ca_file=self.ca_file,
            cert_file=self.cert_file,
            key_file=self.key_file,
        )
