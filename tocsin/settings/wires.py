"""`[[wire]]`: which topics speak which form. One model for each form, as each has options of its own.

`codec` imports the form's codec only when it is asked for: who has no such device does not load it.
"""

from abc import abstractmethod
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from ingest.codecs.port import Codec
from ingest.routes import Route
from ingest.topic_filter import TopicFilter
from tocsin.settings.base import Model, known_zone


class WireModel(Model):
    """What every form has."""

    topics: Annotated[tuple[str, ...], Field(min_length=1)]
    """Topic filters; a level may be `+`, the last one `#`, and `{enterprise}`, `{device}` or `{key}` names a level."""
    enterprise: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None = None
    """Whose devices they are."""
    enterprise_level: Annotated[int, Field(ge=1, le=64)] | None = None
    """Or which level of the topic, from 1 on, tells it."""
    broker: str | None = None
    """The name of the broker at which the topics are subscribed; at every one where left out."""

    @field_validator("topics")
    @classmethod
    def _filters(cls, topics: tuple[str, ...]) -> tuple[str, ...]:
        for topic in topics:
            TopicFilter(topic)
        return topics

    @model_validator(mode="after")
    def _one_enterprise(self) -> "WireModel":
        ways = [self.enterprise is not None, self.enterprise_level is not None]
        ways.append(any("{enterprise}" in topic for topic in self.topics))
        if sum(ways) > 1:
            raise ValueError("allowed is one of enterprise, enterprise_level and {enterprise} in topics")
        return self

    @property
    def filters(self) -> tuple[TopicFilter, ...]:
        return tuple(TopicFilter(topic) for topic in self.topics)

    def route(self) -> Route:
        """As the gate uses it."""
        native = isinstance(self, NativeWire)
        return Route(
            getattr(self, "form", ""),
            self.filters,
            None if native else self.codec,
            self.enterprise or "",
            self.enterprise_level,
        )

    @abstractmethod
    def codec(self) -> Codec:
        """A codec with no memory yet. InputError where a file of its own can't be read."""


class NativeWire(WireModel):
    """Our own form on other topics than `tocsin/v1/...`."""

    form: Literal["native"]

    def codec(self) -> Codec:
        raise ValueError("the native form has no codec of this kind")


class ThingsboardWire(WireModel):
    form: Literal["thingsboard"]

    def codec(self) -> Codec:
        from ingest.codecs.thingsboard import Thingsboard

        return Thingsboard()


class ThingsboardGatewayWire(WireModel):
    form: Literal["thingsboard_gateway"]

    def codec(self) -> Codec:
        from ingest.codecs.thingsboard import ThingsboardGateway

        return ThingsboardGateway()


class AlinkWire(WireModel):
    form: Literal["alink"]

    def codec(self) -> Codec:
        from ingest.codecs.alink import Alink

        return Alink()


class IotdaWire(WireModel):
    form: Literal["iotda"]

    def codec(self) -> Codec:
        from ingest.codecs.iotda import Iotda

        return Iotda()


class OpcuaJsonWire(WireModel):
    form: Literal["opcua_json"]
    key_with_writer: bool = False
    """Whether a key is `<DataSetWriterId>.<field>` instead of the field alone."""

    def codec(self) -> Codec:
        from ingest.codecs.opcua_json import OpcuaJson

        return OpcuaJson(key_with_writer=self.key_with_writer)


class PlainWire(WireModel):
    form: Literal["plain"]
    on: tuple[str, ...] = ("on", "true")
    """Words for 1, whatever their case."""
    off: tuple[str, ...] = ("off", "false")
    """Words for 0."""

    def codec(self) -> Codec:
        from ingest.codecs.plain import Plain

        return Plain(on=self.on, off=self.off)


class MappingWire(WireModel):
    form: Literal["mapping"]
    mapping: Path
    """A YAML file that says where things stand."""

    def codec(self) -> Codec:
        from ingest.codecs.mapping import read_mapping

        return read_mapping(self.mapping)


class SparkplugWire(WireModel):
    form: Literal["sparkplug"]
    rebirth_every_s: Annotated[float, Field(gt=0)] = 30.0
    """How often one edge node is asked for its births at most."""

    def codec(self) -> Codec:
        from ingest.codecs.sparkplug import SparkplugCodec

        return SparkplugCodec(rebirth_every_s=self.rebirth_every_s)


class Hj212Wire(WireModel):
    form: Literal["hj212"]
    timezone: Annotated[str, AfterValidator(known_zone)] = "Asia/Shanghai"
    """Of the devices' clocks."""
    answer_topic: str | None = None
    """Where answers go that devices ask for; `{device}` stands for the MN. None are sent where left out."""

    def codec(self) -> Codec:
        from ingest.codecs.hj212 import Hj212Codec

        return Hj212Codec(self.timezone, self.answer_topic)


class Gb26875Wire(WireModel):
    form: Literal["gb26875"]
    timezone: Annotated[str, AfterValidator(known_zone)] = "Asia/Shanghai"
    """Of the devices' clocks."""
    answer_topic: str | None = None
    """Where confirmations go; `{device}` stands for the source address. None are sent where left out."""

    def codec(self) -> Codec:
        from ingest.codecs.gb26875 import Gb26875Codec

        return Gb26875Codec(self.timezone, self.answer_topic)


Wire = Annotated[
    NativeWire
    | ThingsboardWire
    | ThingsboardGatewayWire
    | AlinkWire
    | IotdaWire
    | OpcuaJsonWire
    | PlainWire
    | MappingWire
    | SparkplugWire
    | Hj212Wire
    | Gb26875Wire,
    Field(discriminator="form"),
]
