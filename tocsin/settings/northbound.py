"""`[[northbound]]`: platforms above, such as the province's, to which readings and alarms are pushed."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from alerts.channels.http import checked_url
from tocsin.settings.base import Model


class NorthboundSettings(Model):
    """One receiver. Left out: nothing is pushed; `/api/v1/feed` can be read all the same."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
    """Under which its cursor is kept, and the beginning of its messages' ids."""
    url: str
    secret_file: Path
    """Holds a Standard Webhooks secret, `whsec_...`."""
    what: Literal["alarms", "readings", "both"] = "both"
    enterprises: tuple[str, ...] = ()
    """Only these; none: all."""
    max_readings: Annotated[int, Field(ge=1, le=100_000)] = 5_000
    """A message has no more readings than this, but for what one entry of the log brought."""
    max_wait_s: Annotated[float, Field(ge=0.1, le=300)] = 5.0
    """What is less than a message goes after so long."""
    allow_private: bool = False
    """Receivers inside private address ranges."""
    ca_file: Path | None = None
    """The authority (PEM) that signed the receiver's certificate, where it is not a public one."""

    @field_validator("url")
    @classmethod
    def _address(cls, url: str) -> str:
        return checked_url(url, allow_private=True)

    @model_validator(mode="after")
    def _public(self) -> "NorthboundSettings":
        checked_url(self.url, self.allow_private)
        return self
