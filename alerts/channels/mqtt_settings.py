"""Settings of the MQTT channel: the broker, and how devices are commanded and answer."""

import string
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import Field, field_validator, model_validator

from alerts.channels.settings import ChannelSettings

if TYPE_CHECKING:
    from alerts.channels.mqtt_device import MqttDeviceChannel

FIELDS: Final = (
    "id",
    "command",
    "exercise",
    "alarm",
    "severity",
    "level",
    "text",
    "language",
    "volume",
    "duration_s",
    "issued_at",
    "expires_at",
    "handle",
    "reply_topic",
)
"""What a payload template can name."""

_TopicLevels = Annotated[str, Field(pattern=r"^[^#+\x00]{1,400}$")]


class MqttDeviceSettings(ChannelSettings):
    kind: Literal["mqtt"]
    url: str
    """mqtt://host:port, or mqtts:// for TLS."""
    topic: _TopicLevels
    """Where commands go; {handle} stands for the device."""
    reply_topic: _TopicLevels
    """Where devices confirm."""
    payload: str | None = None
    """A template with $fields; left out: JSON of all fields."""
    reply_id: str = "id"
    """Where in a reply's JSON the id of the command stands; dots lead inwards."""
    reply_ok: str = "ok"
    """Where it says whether it was done. A reply without it says yes."""
    reply_ok_values: tuple[str, ...] = ("true", "ok", "0", "success")
    commands: dict[Literal["sound", "silence", "test"], str] = Field(default_factory=dict)
    """What devices call the commands, where it is something else."""
    volume: Annotated[int, Field(ge=0, le=100)] = 80
    duration_s: Annotated[int, Field(ge=1, le=3600)] = 60
    """A device that nobody tells to be silent sounds so long."""
    confirm_s: Annotated[float, Field(gt=0, le=120)] = 10.0
    """A command that is not confirmed within this time was not delivered."""
    sound_in_exercise: bool = False
    text_chars: Annotated[int, Field(ge=20, le=2000)] = 200
    client_id: Annotated[str, Field(min_length=1, max_length=200)] = "tocsin-devices"
    protocol: Literal["3.1.1", "5"] = "5"
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    @field_validator("url")
    @classmethod
    def _broker(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise ValueError("is no broker's address, allowed are mqtt://host:port and mqtts://host:port")
        if parts.password:
            raise ValueError("holds a password, allowed is password_file")
        return url

    @field_validator("topic", "reply_topic")
    @classmethod
    def _handle(cls, topic: str) -> str:
        if set(topic.replace("{handle}", "")) & set("{}"):
            raise ValueError("holds braces, allowed is {handle}")
        return topic

    @field_validator("payload")
    @classmethod
    def _fields(cls, payload: str | None) -> str | None:
        if payload is not None:
            template = string.Template(payload)
            if not template.is_valid():
                raise ValueError("is no template: a $ stands before the name of a field, $$ for itself")
            unknown = sorted(set(template.get_identifiers()) - set(FIELDS))
            if unknown:
                raise ValueError(f"has no field {unknown[0]}, allowed are {', '.join(FIELDS)}")
            if "id" not in template.get_identifiers():
                raise ValueError("is without $id, by which a device confirms")
        return payload

    @model_validator(mode="after")
    def _certificate(self) -> Self:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file belong together")
        return self

    @property
    def tls(self) -> bool:
        return self.url.startswith("mqtts:")

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or (8883 if self.tls else 1883)

    @property
    def user(self) -> str | None:
        """Who connects: `username`, or that of the url."""
        in_url = urlsplit(self.url).username
        return self.username or (unquote(in_url) if in_url else None)

    def open(self) -> "MqttDeviceChannel":
        from alerts.channels.mqtt_device import MqttDeviceChannel  # paho is slow to load

        return MqttDeviceChannel(self)
