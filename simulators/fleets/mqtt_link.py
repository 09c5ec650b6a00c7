"""Connections to a broker: MQTT 3.1.1, clean sessions, everything at QoS 1."""

import asyncio
import ssl
from collections.abc import Sequence
from typing import Any, Final

import gmqtt
from gmqtt.mqtt.constants import MQTTv311
from gmqtt.mqtt.handler import MQTTConnectError
from gmqtt.storage import PersistentStorage

from ingest.sources import reasons
from ingest.sources.gmqtt_wire import WireClient
from simulators.broker import BrokerSettings
from simulators.fleets.link import Link, Listener
from simulators.wire.port import Message

_ANSWER_S: Final = 10.0
_GOODBYE_S: Final = 2.0
_AT_ONCE: Final = 64
"""Connections that are being made at the same time: a broker's queue of those is short."""


class MqttDialler:
    """One for a whole fleet. `client_id` is of a single connection; several get names from the client."""

    def __init__(self, settings: BrokerSettings) -> None:
        self._settings = settings
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._tls: ssl.SSLContext | bool = False
        if settings.tls:
            self._tls = ssl.create_default_context(cafile=settings.ca_file)

    async def dial(self, will: Message | None, subscriptions: Sequence[str], listener: Listener) -> Link:
        """See `Dialler`."""
        settings = self._settings
        link = _MqttLink(settings, will, listener)
        async with self._turn:
            try:
                async with asyncio.timeout(_ANSWER_S):
                    await link.client.connect(
                        settings.host, settings.port, ssl=self._tls, keepalive=settings.keepalive_s, version=MQTTv311
                    )
            except MQTTConnectError as error:
                link.abort()
                raise ConnectionRefusedError(reasons.connect_refused(error._code)) from None
            except TimeoutError:
                link.abort()
                raise TimeoutError(f"no answer from {settings.host}:{settings.port}") from None
            except ssl.SSLError as error:
                raise ConnectionError(str(error)) from None
            except OSError as error:
                raise ConnectionError(f"no broker answers at {settings.host}:{settings.port}") from error
        for topic in subscriptions:
            link.client.subscribe(topic, qos=0)
        return link


class _MqttLink:
    """Tokens are packet ids."""

    def __init__(self, settings: BrokerSettings, will: Message | None, listener: Listener) -> None:
        self._listener = listener
        self._kept = _Unacknowledged(listener)
        self.client = WireClient(
            settings.client_id,
            lambda topic, payload, *_: listener.heard(topic, payload),
            clean_session=True,
            will_message=None if will is None else gmqtt.Message(will.topic, will.payload, qos=1),
            persistent_storage=self._kept,
        )
        if settings.username is not None:
            self.client.set_auth_credentials(settings.username, settings.password)
        self.client.on_disconnect = lambda *_: listener.lost("connection lost")

    def send(self, message: Message) -> int:
        self.client.publish(message.topic, message.payload, qos=1)
        return self._kept.latest

    def abort(self) -> None:
        if self.client.wire is not None:
            self.client.wire.abort()

    async def close(self) -> None:
        try:
            async with asyncio.timeout(_GOODBYE_S):
                await self.client.disconnect()
        except (OSError, TimeoutError):
            self.abort()


class _Unacknowledged(PersistentStorage):  # type: ignore[misc]
    """Where gmqtt keeps what the broker has not taken over; a line repeats it by itself, so only ids are of use."""

    def __init__(self, listener: Listener) -> None:
        super().__init__()
        self._listener = listener
        self.latest = 0

    def push_message(self, mid: int, raw_package: Any) -> None:
        self.latest = mid

    def remove_message_by_mid(self, mid: int) -> None:
        self._listener.acknowledged(mid)
