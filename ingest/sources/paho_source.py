"""The source on paho-mqtt, driven by the event loop: no thread once it is connected."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from ingest.source import OnMessage, OnState, Receipt, SourceSettings
from ingest.sources import reasons
from ingest.sources.connection import CONNECT_TIMEOUT_S, FLUSH_TIMEOUT_S, ConnectError, ReconnectingSource
from ingest.sources.tls import tls_context

_PACKETS_A_TURN: Final = 100
"""Read in one go, so that acknowledging and timers get their turn during a flood."""
_MISC_S: Final = 1.0


class PahoSource(ReconnectingSource):
    """A `Source`. Receipts are (epoch, packet id, QoS)."""

    def __init__(self, settings: SourceSettings, on_message: OnMessage, on_state: OnState) -> None:
        super().__init__(settings, on_message, on_state)
        self._client: mqtt.Client | None = None
        self._socket: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._received = 0
        self._misc: asyncio.TimerHandle | None = None
        self._connack: asyncio.Future[ReasonCode] | None = None
        self._suback: asyncio.Future[Sequence[int]] | None = None

    def acknowledge(self, receipts: Sequence[Receipt]) -> None:
        if self._client is None:
            return
        for receipt in receipts:
            if receipt is not None and receipt[0] == self._epoch:
                self._client.ack(receipt[1], receipt[2])

    def _publish(self, topic: str, payload: bytes, retain: bool) -> None:
        if self._client is not None:
            self._client.publish(topic, payload, qos=0, retain=retain)

    async def _open(self) -> None:
        settings = self.settings
        loop = self._loop = asyncio.get_running_loop()
        connack = self._connack = loop.create_future()
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client_id,
            clean_session=False if settings.protocol == 4 else None,
            protocol=MQTTProtocolVersion(settings.protocol),
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        context = tls_context(settings)
        if context is not None:
            client.tls_set_context(context)
        if settings.username is not None:
            client.username_pw_set(settings.username, settings.password)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._published
        client.on_subscribe = self._on_subscribe
        client.on_socket_register_write = lambda *_: self._want_write()
        client.on_socket_unregister_write = lambda *_: self._written()
        client.on_socket_close = lambda *_: self._forget_socket()
        self._client = client
        options: dict[str, Any] = {}
        if settings.protocol >= 5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = settings.session_expiry_s
            properties.ReceiveMaximum = settings.receive_maximum
            options = {"clean_start": False, "properties": properties}
        # paho resolves, connects and shakes hands with blocking calls.
        connect = partial(client.connect, settings.host, settings.port, settings.keepalive_s, **options)
        connecting = loop.run_in_executor(None, connect)
        try:
            await asyncio.shield(connecting)
        except asyncio.CancelledError:
            connecting.add_done_callback(lambda _: _close_late(connecting, client))
            raise
        sock = client.socket()
        if sock is None:
            raise ConnectError("connection lost")
        self._socket = sock
        loop.add_reader(sock, self._readable)
        self._want_write()
        self._every_second()
        assert self._lost is not None  # noqa: S101 - set for each connection
        await asyncio.wait({connack, self._lost}, timeout=CONNECT_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
        if not connack.done():
            raise ConnectError(
                self._lost.result() if self._lost.done() else f"no CONNACK within {CONNECT_TIMEOUT_S:g} s"
            )
        code = connack.result()
        if code.is_failure:
            raise ConnectError(reasons.connect_refused(code.value))

    async def _subscribe(self, filters: Sequence[str]) -> Sequence[int]:
        assert self._client is not None  # noqa: S101 - only called when connected
        self._suback = asyncio.get_running_loop().create_future()
        qos = self.settings.qos
        if self.settings.protocol >= 5:
            # Retained messages only with a new subscription, not with each reconnect.
            self._client.subscribe([(topic, SubscribeOptions(qos=qos, retainHandling=1)) for topic in filters])
        else:
            self._client.subscribe([(topic, qos) for topic in filters])
        return await self._suback

    async def _unsubscribe(self, filters: Sequence[str]) -> None:
        if self._client is not None:
            answered = asyncio.Event()
            self._client.on_unsubscribe = lambda *_: answered.set()
            self._client.unsubscribe(list(filters))
            await answered.wait()

    async def _close(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        if self._socket is not None:
            client.disconnect()
            deadline_s = asyncio.get_running_loop().time() + FLUSH_TIMEOUT_S
            while client.want_write() and asyncio.get_running_loop().time() < deadline_s:
                client.loop_write()
                await asyncio.sleep(0)
        self._forget_socket()
        sock = client.socket()
        if sock is not None:
            sock.close()

    def _stop_reading(self) -> None:
        if self._socket is not None and self._loop is not None:
            self._loop.remove_reader(self._socket)

    def _read_again(self) -> None:
        if self._socket is not None and self._loop is not None:
            self._loop.add_reader(self._socket, self._readable)
            self._loop.call_soon(self._readable)  # what TLS has decrypted already makes no socket readable

    def _readable(self) -> None:
        client, sock = self._client, self._socket
        if client is None or sock is None or (self._paused and self._settled):
            return
        # loop_read does not say whether it read anything; a packet that is no message ends the turn, that is all.
        for _ in range(_PACKETS_A_TURN):
            before = self._received
            client.loop_read()
            if self._received == before or self._socket is None or self._paused:
                break
        if self._loop is not None and self._socket is not None and _pending(sock):
            self._loop.call_soon(self._readable)

    def _want_write(self) -> None:
        # Also called by the connecting thread, but then there is no socket yet.
        if self._socket is not None and self._loop is not None and self._client is not None:
            self._loop.add_writer(self._socket, self._client.loop_write)

    def _written(self) -> None:
        if self._socket is not None and self._loop is not None:
            self._loop.remove_writer(self._socket)

    def _forget_socket(self) -> None:
        sock, self._socket = self._socket, None
        if sock is not None and self._loop is not None:
            self._loop.remove_reader(sock)
            self._loop.remove_writer(sock)
        if self._misc is not None:
            self._misc.cancel()
            self._misc = None

    def _every_second(self) -> None:
        client = self._client
        if client is None or self._loop is None or self._socket is None:
            return
        if self._paused:
            client._ping_t = 0  # the answer to a ping is not read either
        client.loop_misc()
        if self._socket is not None:
            self._misc = self._loop.call_later(_MISC_S, self._every_second)

    def _published(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        self._received += 1
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = message._topic.decode("utf-8", "backslashreplace")
        receipt = (self._epoch, message.mid, message.qos) if message.qos else None
        self._on_message(topic, bytes(message.payload), message.retain, message.dup, message.mid, receipt)

    def _on_connect(
        self, _client: mqtt.Client, _userdata: Any, _flags: Any, code: ReasonCode, _properties: Any
    ) -> None:
        if not code.is_failure:
            self._accepted()
        if self._connack is not None and not self._connack.done():
            self._connack.set_result(code)

    def _on_disconnect(
        self, _client: mqtt.Client, _userdata: Any, flags: mqtt.DisconnectFlags, code: ReasonCode, _properties: Any
    ) -> None:
        from_broker = flags.is_disconnect_packet_from_server
        self._disconnected(reasons.disconnected(code.value) if from_broker else "connection lost")

    def _on_subscribe(
        self, _client: mqtt.Client, _userdata: Any, _mid: int, codes: list[ReasonCode], _properties: Any
    ) -> None:
        if self._suback is not None and not self._suback.done():
            self._suback.set_result([code.value for code in codes])


def _pending(sock: Any) -> bool:
    """Whether TLS holds decrypted bytes, of which the event loop knows nothing."""
    return bool(getattr(sock, "pending", int)())


def _close_late(connecting: "asyncio.Future[Any]", client: mqtt.Client) -> None:
    """A connection that came up after its source was stopped."""
    connecting.exception()
    sock = client.socket()
    if sock is not None:
        sock.close()
