"""The `[influx]` section of tocsin.toml."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from plant.mistakes import InputError, Mistake


class InfluxSettings(BaseModel):
    """Where history goes, and how patiently. Left out altogether: no history follower."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    """`http://host:port` or `https://host:port`, without user and password: the token is the key."""
    org: str = Field(min_length=1)
    bucket: str = Field(min_length=1)
    token_file: Path
    """A file of one line, the API token. It needs to write the bucket, nothing else."""
    ca_file: Path | None = None
    """The certificate authority of an https server, where it is none of the system's."""
    gzip: bool = False
    """Compress what is sent: for a server far away; it costs processor time here."""
    batch_lines: int = Field(default=25_000, ge=1, le=100_000)
    """The most lines in one request."""
    interval_s: float = Field(default=0.5, gt=0, le=60)
    """How often what is new is written, once the follower has caught up."""
    timeout_s: float = Field(default=30.0, gt=0, le=600)
    """The most that one request may take."""
    backoff_min_s: float = Field(default=0.5, gt=0, le=600)
    backoff_max_s: float = Field(default=30.0, gt=0, le=3600)
    """The longest wait between two tries while the server is away."""

    @field_validator("url")
    @classmethod
    def _http_without_credentials(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be http://host:port or https://host:port")
        if parts.username or parts.password:
            raise ValueError("must not hold user or password; the token stands in token_file")
        return url.rstrip("/")


def read_token(path: Path) -> str:
    """The API token in the file. InputError if it can't be read or isn't one line of printable text."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError([Mistake(str(path), 1, "", f"the InfluxDB token can't be read: {error}")]) from error
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise InputError([Mistake(str(path), 1, "", "must hold one line, the InfluxDB token")])
    return text
