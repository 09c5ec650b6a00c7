"""The `[influx]` section of tocsin.toml."""

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from plant.mistakes import InputError, Mistake


class InfluxSettings(BaseModel):
    """Where history goes, and how patiently. Left out altogether: no history follower."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    """`http://host:port` or `https://host:port`, without user and password: the token is the key."""
    version: Literal["1", "2", "3"] = "2"
    """1 is 1.8 or newer."""
    org: str = ""
    """The organisation, in version 2 alone."""
    bucket: str = Field(min_length=1)
    """Raw readings, alarms and states; a database in versions 1 and 3."""
    minute_bucket: str = ""
    hour_bucket: str = ""
    """Roll-ups; where left out `<bucket>_1m` and `<bucket>_1h`."""
    raw_days: int = Field(default=90, ge=0, le=36500)
    minute_days: int = Field(default=400, ge=0, le=36500)
    hour_days: int = Field(default=3650, ge=0, le=36500)
    """How long the buckets keep what they hold, 30 days at least; 0 is for ever."""
    rollups: bool = True
    rollup_wait_s: float = Field(default=10.0, ge=0, le=3600)
    """How long after its end a minute is waited for before it is rolled up."""
    status_s: int = Field(default=60, ge=1, le=3600)
    """How often states are written."""
    series_budget: int = Field(default=1_000_000, ge=1)
    """More series than this are warned of."""
    token_file: Path
    """A file of one line, the API token; `user:password` in version 1. It needs to write and read the buckets."""
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

    @field_validator("raw_days", "minute_days", "hour_days")
    @classmethod
    def _a_month(cls, days: int) -> int:
        if 0 < days < 30:
            raise ValueError("must be 30 or more, or 0 for ever")
        return days

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.version == "2" and not self.org:
            raise ValueError("org is missing: InfluxDB 2 needs an organisation")
        if len({self.bucket, self.of_minutes, self.of_hours}) < 3:
            raise ValueError("bucket, minute_bucket and hour_bucket must differ: they keep for different times")
        return self

    @property
    def of_minutes(self) -> str:
        """The bucket of one-minute roll-ups."""
        return self.minute_bucket or f"{self.bucket}_1m"

    @property
    def of_hours(self) -> str:
        """The bucket of one-hour roll-ups."""
        return self.hour_bucket or f"{self.bucket}_1h"


def read_token(path: Path) -> str:
    """The API token in the file. InputError if it can't be read or isn't one line of printable text."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError([Mistake(str(path), 1, "", f"the InfluxDB token can't be read: {error}")]) from error
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise InputError([Mistake(str(path), 1, "", "must hold one line, the InfluxDB token")])
    return text
