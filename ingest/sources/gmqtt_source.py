"""The source on gmqtt: the fast one."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from gmqtt import Subscription
from gmqtt.mqtt.handler import MQTTConnectError

from ingest.source import OnMessage, OnState, Receipt, SourceSettings
from ingest.sources import reasons
from ingest.sources.connection import CONNECT_TIMEOUT_S, FLUSH_TIMEOUT_S, NO_FILTER, ConnectError, ReconnectingSource
from ingest.sources.gmqtt_wire import WireClient
from ingest.sources.tls import tls_context

_PUBACK: Final = 0x4002_0000
"""PUBACK, remaining length 2, packet id: four bytes in both protocol versions."""
_QOS_2: Final = 0x1_0000
"""Set in the receipt of a QoS 2 message (of a subscription that an earlier client of this session made)."""
_EPOCH_SHIFT: Final = 17


class GmqttSource(ReconnectingSource):
    """A `Source`. Receipts are whole numbers: epoch, QoS 2 mark, packet id."""

    def __init__(self, settings: SourceSettings, on_message: OnMessage, on_state: OnState) -> None:
        super().__init__(settings, on_message, on_state)
        self._client: WireClient | None = None
        self._suback: asyncio.Future[Sequence[int]] | None = None
        self._receipt_base = 0

    def acknowledge(self, receipts: Sequence[Receipt]) -> None:
        """All in one write to the socket."""
        client = self._client
        if client is None or client.wire is None or client.wire.is_closing():
            return
        marks = np.fromiter((r for r in receipts if r is not None), np.int64)
        marks = marks[marks >> _EPOCH_SHIFT == self._epoch]
        if len(marks):
            # PUBACK is 0x40, and PUBREC, which takes over a QoS 2 message, is 0x50.
            words = _PUBACK | (marks & _QOS_2) << 12 | marks & 0xFFFF
            client.wire.send_package(words.astype(">u4").tobytes())

    def _publish(self, topic: str, payload: bytes, retain: bool) -> None:
        client = self._client
        if client is not None and client.wire is not None and not client.wire.is_closing():
            client.publish(topic, payload, qos=0, retain=retain)

    async def _open(self) -> None:
        settings = self.settings
        lost = self._lost
        assert lost is not None  # noqa: S101 - set for each connection
        self._receipt_base = self._epoch << _EPOCH_SHIFT
        properties: dict[str, Any] = {}
        if settings.protocol >= 5:
            properties["session_expiry_interval"] = settings.session_expiry_s
            properties["receive_maximum"] = settings.receive_maximum
        client = WireClient(settings.client_id, self._published, **properties)
        if settings.username is not None:
            client.set_auth_credentials(settings.username, settings.password)
        client.on_connect = lambda *_: self._accepted()
        client.on_disconnect = lambda _client, packet, *_: self._disconnected(_reason(packet))
        client.on_subscribe = self._subscribed
        self._client = client
        attempt = asyncio.ensure_future(
            client.connect(
                settings.host,
                settings.port,
                ssl=tls_context(settings),
                keepalive=settings.keepalive_s,
                version=settings.protocol,
            )
        )
        try:
            await asyncio.wait({attempt, lost}, timeout=CONNECT_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
            if attempt.done():
                attempt.result()
            elif lost.done():
                raise ConnectError(lost.result())
            else:
                raise ConnectError(f"no CONNACK within {CONNECT_TIMEOUT_S:g} s")
        except MQTTConnectError as error:
            raise ConnectError(reasons.connect_refused(error._code)) from None
        finally:
            attempt.cancel()

    async def _subscribe(self, filters: Sequence[str]) -> Sequence[int]:
        assert self._client is not None  # noqa: S101 - only called when connected
        self._suback = asyncio.get_running_loop().create_future()
        # Retained messages only with a new subscription, not with each reconnect.
        options = {"retain_handling_options": 1} if self.settings.protocol >= 5 else {}
        self._client.subscriptions.clear()
        self._client.subscribe([Subscription(topic, qos=self.settings.qos, **options) for topic in filters])
        return await self._suback

    async def _unsubscribe(self, filters: Sequence[str]) -> None:
        if self._client is not None:
            answered = asyncio.Event()
            self._client.on_unsubscribe = lambda *_: answered.set()
            # gmqtt counts characters for bytes: a filter beyond ASCII would spoil the packet, so it stays subscribed.
            self._client.unsubscribe([topic for topic in filters if topic.isascii()] or [NO_FILTER])
            await answered.wait()

    async def _close(self) -> None:
        client, self._client = self._client, None
        if client is None or client.wire is None:
            return
        client.wire.resume_reading()  # or the broker's answer to DISCONNECT would never be seen
        try:
            async with asyncio.timeout(FLUSH_TIMEOUT_S):
                await client.disconnect()
        except (OSError, TimeoutError):
            client.wire.abort()

    def _stop_reading(self) -> None:
        if self._client is not None and self._client.wire is not None:
            self._client.wire.pause_reading()

    def _read_again(self) -> None:
        if self._client is not None and self._client.wire is not None:
            self._client.wire.resume_reading()

    def _published(self, topic: str, payload: bytes, retained: bool, dup: bool, packet_id: int, qos: int) -> None:
        if qos == 1:
            receipt: int | None = self._receipt_base | packet_id
        else:
            receipt = self._receipt_base | _QOS_2 | packet_id if qos else None
        self._on_message(topic, payload, retained, dup, packet_id, receipt)

    def _subscribed(self, _client: Any, _mid: int, codes: Sequence[int], _properties: Any) -> None:
        if self._suback is not None and not self._suback.done():
            self._suback.set_result(codes)


def _reason(packet: object) -> str:
    if isinstance(packet, bytes) and packet:
        return reasons.disconnected(packet[0])
    return str(packet) if isinstance(packet, Exception) else "connection lost"
