"""What tocsin.toml may say, as pydantic models."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import Field, field_validator, model_validator

from alerts.channels.webhook import WebhookSettings
from ingest.routes import Route
from ingest.source import OnMessage, OnState, Source, SourceSettings
from ingest.sources import make_source
from ingest.topic_filter import is_covered
from plant.mistakes import InputError, Mistake
from tocsin.database.place import Place
from tocsin.followers.influx import InfluxSettings
from tocsin.log.layout import BOOK
from tocsin.observe.http_server import listen_address
from tocsin.settings.answers import AnswersSettings
from tocsin.settings.base import Model
from tocsin.settings.channels import AnyChannel
from tocsin.settings.console import ConsoleSettings
from tocsin.settings.database import DatabaseSettings
from tocsin.settings.exercise import ExerciseSettings
from tocsin.settings.grafana import GrafanaSettings
from tocsin.settings.kafka import KafkaSettings
from tocsin.settings.northbound import NorthboundSettings
from tocsin.settings.selftest import HeartbeatSettings, SelfTestSettings, WatchSettings
from tocsin.settings.tcp import TcpSettings
from tocsin.settings.wires import Wire


class MqttSettings(Model):
    """One broker."""

    url: str
    """mqtt://host:port, or mqtts:// for TLS."""
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,64}$")] = ""
    """What the broker is called in the log and in metrics; host and port where left out."""
    subscribe: Annotated[tuple[str, ...], Field(min_length=1)] = ("tocsin/v1/+/+/up",)
    client_id: Annotated[str, Field(min_length=1, max_length=65535)] = "tocsin"
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    adapter: Literal["gmqtt", "paho"] = "gmqtt"
    protocol: Literal["3.1.1", "5"] = "5"
    keepalive_s: Annotated[int, Field(ge=1, le=65535)] = 30

    @field_validator("url")
    @classmethod
    def _broker(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise ValueError("is no broker's address, allowed are mqtt://host:port and mqtts://host:port")
        if parts.password:
            raise ValueError("holds a password, allowed is password_file")
        return url

    @property
    def label(self) -> str:
        """The name of the source."""
        parts = urlsplit(self.url)
        return self.name or f"{parts.hostname}:{parts.port or (8883 if parts.scheme == 'mqtts' else 1883)}"

    def connect(self, on_message: OnMessage, on_state: OnState) -> Source:
        """A connection that has not been started."""
        return make_source(self.adapter, self.source(), on_message, on_state)

    def source(self) -> SourceSettings:
        """Settings of the source adapter. InputError if the password can't be read."""
        parts = urlsplit(self.url)
        tls = parts.scheme == "mqtts"
        return SourceSettings(
            name=self.label,
            host=parts.hostname or "",
            port=parts.port or (8883 if tls else 1883),
            subscribe=self.subscribe,
            client_id=self.client_id,
            protocol=5 if self.protocol == "5" else 4,
            tls=tls,
            ca_file=_text(self.ca_file),
            cert_file=_text(self.cert_file),
            key_file=_text(self.key_file),
            username=self.username or (unquote(parts.username) if parts.username else None),
            password=_secret(self.password_file),
            keepalive_s=self.keepalive_s,
        )


class HttpSettings(Model):
    listen: str = "127.0.0.1:9108"

    @field_validator("listen")
    @classmethod
    def _address(cls, listen: str) -> str:
        listen_address(listen)
        return listen


class BatchSettings(Model):
    """When the readings taken in become a batch: whichever comes first."""

    max_age_ms: Annotated[int, Field(ge=1, le=1000)] = 20
    max_readings: Annotated[int, Field(ge=1, le=1_000_000)] = 20_000
    max_bytes: Annotated[int, Field(ge=1024, le=1 << 30)] = 8 << 20
    max_payload_bytes: Annotated[int, Field(ge=64, le=256 << 20)] = 1 << 20
    """A longer message is set aside whole."""


class JournalSettings(Model):
    segment_bytes: Annotated[int, Field(ge=1 << 16)] = 256 << 20
    segment_s: Annotated[int, Field(ge=1)] = 3_600
    retention_days: Annotated[float, Field(gt=0)] = 30.0
    max_bytes: Annotated[int, Field(ge=1 << 20)] | None = None
    """Drop the oldest segments above this, unless a follower still needs them."""
    checkpoint_s: Annotated[float, Field(gt=0)] = 60.0


class Settings(Model):
    site: Path
    data: Path = Path("data")
    mqtt: tuple[MqttSettings, ...] = ()
    wire: tuple[Wire, ...] = ()
    tcp: tuple[TcpSettings, ...] = ()
    http: HttpSettings = HttpSettings()
    batch: BatchSettings = BatchSettings()
    journal: JournalSettings = JournalSettings()
    influx: InfluxSettings | None = None
    kafka: KafkaSettings | None = None
    database: DatabaseSettings | None = None
    exercise: ExerciseSettings = ExerciseSettings()
    webhook: tuple[WebhookSettings, ...] = ()
    channel: tuple[AnyChannel, ...] = ()
    answers: AnswersSettings | None = None
    console: ConsoleSettings = ConsoleSettings()
    northbound: tuple[NorthboundSettings, ...] = ()
    grafana: GrafanaSettings | None = None
    selftest: SelfTestSettings | None = None
    heartbeat: HeartbeatSettings | None = None
    watch: WatchSettings = WatchSettings()
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("mqtt", "wire", "tcp", "webhook", "channel", "northbound", mode="before")
    @classmethod
    def _one_or_several(cls, given: Any) -> Any:
        return [given] if isinstance(given, dict) else given

    @model_validator(mode="after")
    def _names(self) -> Self:
        brokers = [broker.label for broker in self.mqtt]
        listeners = [*set(brokers), *(listener.label for listener in self.tcp)]
        webhooks = [webhook.name for webhook in self.webhook] + [channel.name for channel in self.channel]
        above = [receiver.name for receiver in self.northbound]
        named = (("mqtt", brokers), ("tcp", listeners), ("webhook and channel", webhooks), ("northbound", above))
        for what, names in named:
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{what}: {', '.join(twice)} stands twice, give each a name of its own")
        labels = [broker.label for broker in self.mqtt]
        for wire in self.wire:
            if wire.broker is not None and wire.broker not in labels:
                raise ValueError(f"wire: no broker {wire.broker!r}, allowed are {', '.join(labels) or 'none'}")
        return self

    @property
    def book(self) -> Place:
        """Where the alarm book is: a file of the data folder, or the database."""
        return self.data / BOOK if self.database is None else self.database.address()

    def brokers(self) -> tuple[MqttSettings, ...]:
        """`mqtt`, each subscribed also to the topics of `wire` that its `subscribe` does not cover."""
        return tuple(self._subscribed(broker) for broker in self.mqtt)

    def sources(self) -> tuple[MqttSettings | TcpSettings, ...]:
        """Every way in."""
        return *self.brokers(), *self.tcp

    def routes(self) -> list[Route]:
        """`wire` as the gate uses it, in the order of the file."""
        return [wire.route() for wire in self.wire]

    def tcp_routes(self) -> list[Route]:
        """Those of the listeners; their topics never come over MQTT."""
        return [listener.route() for listener in self.tcp]

    def _subscribed(self, broker: MqttSettings) -> MqttSettings:
        filters = list(broker.subscribe)
        for wire in self.wire:
            if wire.broker in (None, broker.label):
                for topics in wire.filters:
                    if not any(is_covered(topics.mqtt, known) for known in filters):
                        filters.append(topics.mqtt)
        return broker.model_copy(update={"subscribe": tuple(filters)})


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _secret(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError([Mistake(str(path), 1, "", f"the password can't be read: {error}")]) from None


def settings_schema() -> dict[str, Any]:
    """JSON Schema of tocsin.toml."""
    return Settings.model_json_schema()
