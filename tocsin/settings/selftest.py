"""`[selftest]`, `[heartbeat]`, `[watch]`: how Tocsin proves that it works, and what it raises about itself."""

import re
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from alerts.channels.http import checked_url
from tocsin.settings.base import Model

_TIME_OF_DAY: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
Names = tuple[Annotated[str, Field(min_length=1)], ...]


class SelfTestSettings(Model):
    """A synthetic alarm of a reserved point, from the broker to the last channel. Left out: there is none."""

    point: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
    """The id of the reserved point: nothing else may report it."""
    at: Annotated[tuple[str, ...], Field(min_length=1)] = ("09:00",)
    """Times of the day in the site's time zone."""
    every_s: Annotated[float, Field(ge=60, le=7 * 86_400)] | None = None
    """Instead of `at`: so long after the last run."""
    within_s: Annotated[float, Field(ge=1, le=300)] = 60.0
    """From the synthetic reading to the last receipt."""
    late_s: Annotated[float, Field(ge=60, le=86_400)] = 900.0
    """A good run that is so late is missed: then there is an alarm of that."""
    over: Names = ()
    """Channels and webhooks over which it must get through; left out: all that it is sent over."""
    broker: str | None = None
    """The name of the `[mqtt]` section; left out: the first."""
    username: str | None = None
    """Who publishes; left out: as the service."""
    password_file: Path | None = None

    @field_validator("at", "over", mode="before")
    @classmethod
    def _one_or_several(cls, given: object) -> object:
        return given.split(",") if isinstance(given, str) else given

    @field_validator("at")
    @classmethod
    def _times_of_the_day(cls, at: tuple[str, ...]) -> tuple[str, ...]:
        for text in at:
            if not _TIME_OF_DAY.fullmatch(text):
                raise ValueError(f"{text} is no time of the day, allowed are such as 09:00")
        return at

    @model_validator(mode="after")
    def _password_of_somebody(self) -> Self:
        if self.password_file is not None and self.username is None:
            raise ValueError("password_file stands without username")
        return self


class HeartbeatSettings(Model):
    """A watcher outside hears from us as long as alarms are decided. Left out: there is none."""

    url: str
    every_s: Annotated[float, Field(ge=1, le=3_600)] = 60.0
    method: Literal["POST", "GET"] = "POST"
    headers: dict[str, str] = Field(default_factory=dict)
    secret_file: Path | None = None
    """A Standard Webhooks secret: then each POST is signed."""
    timeout_s: Annotated[float, Field(gt=0, le=30)] = 10.0
    allow_private: bool = False
    ca_file: Path | None = None
    stuck_after_s: Annotated[float, Field(ge=3, le=300)] = 15.0
    """Nothing is sent when no entry of the log was decided for so long."""

    @model_validator(mode="after")
    def _address(self) -> Self:
        checked_url(self.url, self.allow_private)
        if self.secret_file is not None and self.method == "GET":
            raise ValueError('secret_file signs what a POST carries, allowed with method = "POST"')
        return self


class WatchSettings(Model):
    """When Tocsin raises an alarm about itself."""

    broker_down_s: Annotated[float, Field(ge=5, le=86_400)] = 60.0
    history_behind_s: Annotated[float, Field(ge=10, le=86_400)] = 600.0
    disk_free_bytes: Annotated[int, Field(ge=1 << 20)] = 1 << 30
    dead_letters_s: Annotated[float, Field(ge=60, le=30 * 86_400)] = 86_400.0
    """How long a call of a red alarm that was given up is shown as an alarm."""
    shard_silent_s: Annotated[float, Field(ge=3, le=86_400)] = 30.0
    """In cluster mode: nobody has written a shard's log for so long. A takeover lasts up to 10 s."""
    shard_undecided_s: Annotated[float, Field(ge=10, le=86_400)] = 30.0
    """In cluster mode: entries wait to be decided for so long."""
    poison_s: Annotated[float, Field(ge=60, le=30 * 86_400)] = 3_600.0
    """In cluster mode: how long records that can't be read are shown as an alarm."""
