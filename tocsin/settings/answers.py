"""`[answers]`: the pages on which people acknowledge, and what providers and others may ask of Tocsin over HTTP."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from alerts.links import Links, read_link_secrets
from tocsin.observe.http_server import listen_address
from tocsin.settings.base import Model


class AnswersSettings(Model):
    """Left out: messages carry no links and no reply codes."""

    public_url: str
    """How people reach the pages from outside, through whatever stands before them."""
    secret_file: Path
    """Secrets that sign links, one a line, each of at least 32 bytes; the first signs, all verify."""
    listen: str = "127.0.0.1:9109"
    link_valid_s: Annotated[float, Field(ge=60, le=90 * 86_400)] = 259_200.0
    centre_phone: Annotated[str, Field(max_length=40)] = ""
    """Shown where an answer can't be recorded."""
    callback_secret_file: Path | None = None
    """One line that providers of short messages show; left out: their callbacks are off."""
    feed_token_file: Path | None = None
    """One line that readers of the CAP feed show to see more than what is public."""

    @field_validator("listen")
    @classmethod
    def _address(cls, listen: str) -> str:
        listen_address(listen)
        return listen

    @field_validator("public_url")
    @classmethod
    def _web(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("is no web address, allowed are https://HOST and https://HOST/PATH")
        if parts.query or parts.fragment or parts.username or parts.password:
            raise ValueError("has more than host and path, allowed are https://HOST and https://HOST/PATH")
        return url

    def links(self) -> Links:
        """Makes and checks the links. ValueError if the secrets can't be read or are too short."""
        return Links(read_link_secrets(self.secret_file), self.public_url, self.link_valid_s)
