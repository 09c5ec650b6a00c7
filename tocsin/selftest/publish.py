"""Publishes the synthetic reading as a device would: a connection of its own, QoS 1, until the broker has taken it."""

import asyncio
import threading
from functools import partial
from typing import Any, Final

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from ingest.source import SourceSettings
from ingest.sources.tls import tls_context

_CONNECT_S: Final = 5.0


class PublishError(Exception):
    """The broker did not take it; the text says why. Trying again may help."""


async def publish(source: SourceSettings, topic: str, key: str, value: float, timeout_s: float) -> None:
    """Publish one reading; returns once the broker has acknowledged it. PublishError if it has not.

    It carries no time of its own, so that a clock that was set back does not make it late.
    """
    payload = msgspec.json.encode({"values": {key: value}})
    delivery = _Delivery(source)
    try:
        await asyncio.to_thread(delivery.publish, topic, payload, timeout_s)
    except asyncio.CancelledError:
        delivery.abandon()
        raise


class _Delivery:
    """One connection for one message. What is on paho's thread only sets `_ended`."""

    def __init__(self, source: SourceSettings) -> None:
        self._source = source
        self._ended = threading.Event()
        self._trouble = ""

    def publish(self, topic: str, payload: bytes, timeout_s: float) -> None:
        source = self._source
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{source.client_id}-self-test",
            clean_session=True if source.protocol == 4 else None,
            protocol=MQTTProtocolVersion(source.protocol),
            reconnect_on_failure=False,
        )
        client.connect_timeout = min(timeout_s, _CONNECT_S)
        if source.username is not None:
            client.username_pw_set(source.username, source.password)
        client.on_connect = partial(self._on_connect, topic=topic, payload=payload)
        client.on_publish = self._on_publish
        client.on_disconnect = self._on_disconnect
        try:
            context = tls_context(source)
            if context is not None:
                client.tls_set_context(context)
            client.connect(source.host, source.port, source.keepalive_s)
        except (OSError, ValueError) as error:
            raise PublishError(f"no connection to {source.host}:{source.port}: {error}") from None
        client.loop_start()
        try:
            if not self._ended.wait(timeout_s):
                raise PublishError(f"{source.name} did not take the reading within {timeout_s:g} s")
        finally:
            client.disconnect()
            client.loop_stop()
        if self._trouble:
            raise PublishError(f"{source.name} {self._trouble}")

    def abandon(self) -> None:
        """Let `publish` return soon; whether the reading got out is not known."""
        self._end("was not waited for")

    def _end(self, trouble: str = "") -> None:
        if not self._ended.is_set():
            self._trouble = trouble
            self._ended.set()

    def _on_connect(
        self, client: mqtt.Client, _u: Any, _f: Any, code: ReasonCode, _p: Any, *, topic: str, payload: bytes
    ) -> None:
        if code.is_failure:
            self._end(f"refuses the connection: {code}")
        else:
            client.publish(topic, payload, qos=1)

    def _on_publish(self, _c: mqtt.Client, _u: Any, _mid: int, code: ReasonCode, _p: Any) -> None:
        self._end(f"refuses the reading: {code}" if code.is_failure else "")

    def _on_disconnect(self, _c: mqtt.Client, _u: Any, _f: Any, code: ReasonCode, _p: Any) -> None:
        self._end(f"ended the connection: {code}")
