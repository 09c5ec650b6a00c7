"""`[[tcp]]`: where devices dial in that speak no MQTT."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from ingest.codecs.port import Codec
from ingest.routes import Route
from ingest.source import OnMessage, OnState, Source
from ingest.topic_filter import TopicFilter
from tocsin.observe.http_server import listen_address
from tocsin.settings.base import Model, known_zone


class TcpSettings(Model):
    """One listener. The topics of its devices are `tcp/<name>/<device>`."""

    listen: str
    """host:port."""
    form: Literal["hj212", "gb26875"]
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,64}$")] = ""
    """What the listener is called in topics, the log and metrics; `listen` where left out."""
    enterprise: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None = None
    """Whose devices they all are."""
    timezone: Annotated[str, AfterValidator(known_zone)] = "Asia/Shanghai"
    max_connections: Annotated[int, Field(ge=1, le=100_000)] = 1_000
    idle_s: Annotated[float, Field(gt=0)] = 600.0
    first_packet_s: Annotated[float, Field(gt=0)] = 30.0
    max_packet_bytes: Annotated[int, Field(ge=64, le=10_011)] = 4_096

    @field_validator("listen")
    @classmethod
    def _address(cls, listen: str) -> str:
        listen_address(listen)
        return listen

    @property
    def label(self) -> str:
        """The name of the source."""
        return self.name or self.listen.replace("[", "").replace("]", "")

    def connect(self, on_message: OnMessage, on_state: OnState) -> Source:
        """A listener that has not been started."""
        from ingest.sources.tcp_source import TcpSource, TcpSourceSettings

        host, port = listen_address(self.listen)
        settings = TcpSourceSettings(
            self.label,
            host,
            port,
            self.form,
            self.max_connections,
            self.idle_s,
            self.first_packet_s,
            self.max_packet_bytes,
        )
        return TcpSource(settings, on_message, on_state)

    def route(self) -> Route:
        """How the gate reads what comes in here."""
        topics = TopicFilter(f"tcp/{self.label}/{{device}}")
        return Route(self.form, (topics,), self.codec, self.enterprise or "")

    def codec(self) -> Codec:
        """It writes no answers: the connection does, once a packet is durable."""
        if self.form == "hj212":
            from ingest.codecs.hj212 import Hj212Codec

            return Hj212Codec(self.timezone)
        from ingest.codecs.gb26875 import Gb26875Codec

        return Gb26875Codec(self.timezone)
