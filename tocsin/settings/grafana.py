"""`[grafana]`: the Grafana to which `tocsin grafana push` brings boards."""

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from tocsin.settings.base import Model

Language = Literal["zh", "en"]


def _web(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is no web address, allowed are http://HOST:PORT/PATH and https://HOST/PATH")
    if parts.query or parts.fragment or parts.username or parts.password:
        raise ValueError("has more than host and path, allowed are http://HOST:PORT/PATH and https://HOST/PATH")
    return url.rstrip("/")


WebAddress = Annotated[str, AfterValidator(_web)]


class GrafanaSettings(Model):
    """Left out: nothing can be pushed."""

    url: WebAddress
    token_file: Path | None = None
    """A file of one line: the token of a service account with the role Admin of its organisation."""
    username: Annotated[str, Field(min_length=1)] | None = None
    password_file: Path | None = None
    """Instead of a token: a server administrator, who is needed for organisations of enterprises."""
    org: Annotated[str, Field(min_length=1)] | None = None
    """The organisation's name: with a token a check, with a password a choice."""
    ca_file: Path | None = None
    timeout_s: Annotated[float, Field(gt=0, le=300)] = 15.0
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = ("zh", "en")
    console_url: WebAddress | None = None
    """The console as people at Grafana reach it; left out: boards carry no links to it."""
    influx_url: WebAddress | None = None
    """InfluxDB as Grafana reaches it; left out: as `[influx]` says."""
    influx_token_file: Path
    """A file of one line: a token that may read the buckets, nothing else."""
    influx_admin_token_file: Path | None = None
    """A token that may make buckets and tokens; needed for organisations of enterprises."""
    alert_emails: tuple[Annotated[str, Field(pattern=r"^[^@\s;,]+@[^@\s;,]+$")], ...] = ()
    """Whom Grafana tells of its own alerts, by its own mail server; none: its notification policy decides."""
    alert_webhook: WebAddress | None = None
    """Where Grafana posts its own alerts, besides."""

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file go together")
        if (self.token_file is None) == (self.password_file is None):
            raise ValueError("needs a key to Grafana: either token_file, or username and password_file")
        return self
