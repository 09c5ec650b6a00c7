"""A connection to a broker for commands: QoS 1, and a reply by the command's id. Made when it is needed.

Nothing is kept for a broker that is away: a siren must not sound an hour late because the broker came back.
"""

import asyncio
import math
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

_REFUSED: Final = 128
"""SUBACK codes from here on say that a subscription was refused."""


class LinkError(Exception):
    """There is no connection, or it does not do what is needed. Trying again may help."""


class Link:
    """One connection, from `connect` to its loss or `close`; then make another one. For one event loop."""

    def __init__(self, client: mqtt.Client, on_reply: Callable[[str, bytes, bytes | None], None]) -> None:
        """`on_reply` hears (topic, payload, correlation data) in the event loop."""
        self._client = client
        self._on_reply = on_reply
        self._loop = asyncio.get_running_loop()
        self._connected: asyncio.Future[None] = self._loop.create_future()
        self._connected.add_done_callback(lambda future: future.cancelled() or future.exception())
        self._subscribing: dict[int, asyncio.Future[int]] = {}
        self._topics: set[str] = set()
        self.lost: asyncio.Future[str] = self._loop.create_future()
        """Done, with the reason, when the connection is gone."""
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message

    async def connect(self, host: str, port: int, keepalive_s: int = 30) -> None:
        """LinkError if the broker can't be reached or refuses."""
        try:
            await asyncio.to_thread(partial(self._client.connect, host, port, keepalive_s))
        except (OSError, ValueError) as error:
            raise LinkError(f"no connection to the broker {host}:{port}: {error}") from None
        self._client.loop_start()
        await self._connected

    async def subscribe(self, topic: str) -> None:
        """Hear a topic, once it is confirmed. LinkError if the broker refuses."""
        if topic in self._topics:
            return
        _, mid = self._client.subscribe(topic, qos=1)
        if mid is None:
            raise LinkError("the connection to the broker was lost")
        code = await self._first(self._subscribing.setdefault(mid, self._loop.create_future()))
        self._subscribing.pop(mid, None)
        if code >= _REFUSED:
            raise LinkError(f"the broker refuses to let {topic} be heard")
        self._topics.add(topic)

    def publish(
        self, topic: str, payload: bytes, *, expires_s: float, reply_topic: str, correlation: bytes
    ) -> Callable[[], bool]:
        """Send at QoS 1, not retained; returns what tells whether the broker has taken it. With MQTT 5 the broker
        drops it after `expires_s`.
        """
        properties = None
        if self._client.protocol == MQTTProtocolVersion.MQTTv5:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.MessageExpiryInterval = math.ceil(expires_s)
            properties.ResponseTopic = reply_topic
            properties.CorrelationData = correlation
            properties.ContentType = "application/json"
        sent = self._client.publish(topic, payload, qos=1, retain=False, properties=properties)
        if sent.rc != mqtt.MQTT_ERR_SUCCESS:
            raise LinkError(f"the command could not be sent: {mqtt.error_string(sent.rc)}")
        return sent.is_published

    async def close(self) -> None:
        """End it; what is under way is lost."""
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)
        self._end("closed")

    async def _first(self, wanted: "asyncio.Future[int]") -> int:
        either: set[asyncio.Future[Any]] = {wanted, self.lost}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not wanted.done():
            raise LinkError(f"the connection to the broker was lost: {self.lost.result()}")
        return wanted.result()

    # On paho's thread

    def _on_connect(self, _c: mqtt.Client, _u: Any, _f: Any, code: ReasonCode, _p: Any) -> None:
        error = LinkError(f"the broker refuses the connection: {code}") if code.is_failure else None
        self._in_loop(self._be_connected, error)

    def _on_disconnect(self, _c: mqtt.Client, _u: Any, _f: Any, code: ReasonCode, _p: Any) -> None:
        self._in_loop(self._end, str(code))

    def _on_subscribe(self, _c: mqtt.Client, _u: Any, mid: int, codes: list[ReasonCode], _p: Any) -> None:
        self._in_loop(self._be_subscribed, mid, codes[0].value)

    def _on_message(self, _c: mqtt.Client, _u: Any, message: mqtt.MQTTMessage) -> None:
        if not message.retain:  # what lies there is the answer to something else
            correlation = getattr(message.properties, "CorrelationData", None)
            self._in_loop(self._on_reply, message.topic, bytes(message.payload), correlation)

    def _in_loop(self, call: Callable[..., None], *arguments: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call, *arguments)

    # In the event loop

    def _be_connected(self, error: LinkError | None) -> None:
        if not self._connected.done():
            if error is None:
                self._connected.set_result(None)
            else:
                self._connected.set_exception(error)

    def _be_subscribed(self, mid: int, code: int) -> None:
        waiting = self._subscribing.setdefault(mid, self._loop.create_future())
        if not waiting.done():
            waiting.set_result(code)

    def _end(self, reason: str) -> None:
        self._be_connected(LinkError(f"the broker ended the connection: {reason}"))
        if not self.lost.done():
            self.lost.set_result(reason)


def make_client(
    client_id: str, *, version_5: bool, user: str | None, password: str | None, tls: ssl.SSLContext | None
) -> mqtt.Client:
    """A client that does not reconnect by itself, with a session that ends with the connection."""
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        clean_session=None if version_5 else True,
        protocol=MQTTProtocolVersion.MQTTv5 if version_5 else MQTTProtocolVersion.MQTTv311,
        reconnect_on_failure=False,
    )
    if user is not None:
        client.username_pw_set(user, password)
    if tls is not None:
        client.tls_set_context(tls)
    return client
