"""`[console]`: the monitoring centre's screens, a process of its own beside the service."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from tocsin.observe.http_server import listen_address
from tocsin.settings.base import Model
from tocsin.settings.oidc import OidcSettings


class ConsoleSettings(Model):
    """What `tocsin console` serves, and to whom."""

    listen: str = "127.0.0.1:8080"
    public_url: str = ""
    """How people reach the console, through whatever stands before it; empty: at `listen`."""
    language: Literal["zh", "en"] = "zh"
    """Of who has chosen none."""
    session_idle_s: Annotated[float, Field(ge=60, le=7 * 86_400)] = 8 * 3_600.0
    """Nobody has used a session for so long: it ends. A console page that is open uses it."""
    session_longest_s: Annotated[float, Field(ge=60, le=30 * 86_400)] = 16 * 3_600.0
    readings_old_s: Annotated[float, Field(ge=2, le=7 * 86_400)] = 60.0
    """No reading of any point for so long: the banner says that the data is old."""
    sound: bool = True
    """Alarms can be heard, once somebody has switched the sound on in their browser."""
    tiles_url: str = ""
    """Map tiles, such as https://tiles.example.org/{z}/{x}/{y}.png; empty: maps are drawn without."""
    tiles_attribution: Annotated[str, Field(max_length=200)] = ""
    """Whom the map names as the source of its tiles."""
    oidc: OidcSettings | None = None

    @field_validator("listen")
    @classmethod
    def _address(cls, listen: str) -> str:
        listen_address(listen)
        return listen

    @field_validator("public_url")
    @classmethod
    def _web(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/")):
            raise ValueError("is no web address, allowed are https://HOST and https://HOST:PORT")
        if parts.query or parts.fragment or parts.username or parts.password:
            raise ValueError("has more than a host, allowed are https://HOST and https://HOST:PORT")
        return url.rstrip("/")

    @field_validator("tiles_url")
    @classmethod
    def _tiles(cls, url: str) -> str:
        if url and (urlsplit(url).scheme not in ("http", "https") or not all(k in url for k in ("{z}", "{x}", "{y}"))):
            raise ValueError("is no address of tiles, allowed is https://HOST/{z}/{x}/{y}.png")
        return url

    @model_validator(mode="after")
    def _spans(self) -> Self:
        if self.session_idle_s > self.session_longest_s:
            raise ValueError("session_idle_s is longer than session_longest_s")
        return self
