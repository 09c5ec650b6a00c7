"""gmqtt with a fast path for PUBLISH and acknowledgements of our own.

Stands on the internals of gmqtt 0.8; tests/contracts/test_ingest_gmqtt_internals.py fails when they move:
* MQTTProtocol(connection_state=, id_generator=), its `_connection`, `_transport`, and BaseMQTTProtocol's
  connection_made and connection_lost, which keep StreamReaderProtocol's `_closed` future;
* MQTTConnection(transport, protocol, clean_session, keepalive, package_handler=, logger=), its `put_package`,
  `send_package`, `_last_data_in`, `_keepalive` and `_keep_connection`;
* Client._create_connection, which makes the connection, and Client.reconnect, which the handler calls.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any, Final

from gmqtt import Client
from gmqtt.mqtt.connection import MQTTConnection
from gmqtt.mqtt.package import Package
from gmqtt.mqtt.protocol import BaseMQTTProtocol, MQTTProtocol

OnPublish = Callable[[str, bytes, bool, bool, int, int], None]
"""(topic, payload, retained, DUP, packet id, QoS)."""

_MAX_TOPICS: Final = 200_000
_KEPT_BYTES: Final = 16 << 20
"""Of a packet longer than this only the first bytes are kept: enough to acknowledge it and to set it aside."""

_INCOMPLETE: Final = -1
_MALFORMED: Final = -2


class WireProtocol(MQTTProtocol):  # type: ignore[misc]
    """Reads packets straight from the socket's chunks: no stream reader, no task, no objects for a PUBLISH."""

    def __init__(self, *, connection_state: Any, id_generator: Any, on_publish: OnPublish) -> None:
        super().__init__(connection_state=connection_state, id_generator=id_generator)
        self._on_publish = on_publish
        self._has_properties = connection_state.protocol_version >= 5
        self._topics: dict[bytes, str] = {}
        self._chunks: list[bytes] = []
        self._have = 0
        self._need = 0

    def connection_made(self, transport: Any) -> None:
        # Not MQTTProtocol's, which would start its read loop.
        BaseMQTTProtocol.connection_made(self, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is None:  # lost before gmqtt had wrapped it
            BaseMQTTProtocol.connection_lost(self, exc)
        else:
            super().connection_lost(exc)

    def eof_received(self) -> bool:
        return False  # the transport closes itself

    def data_received(self, data: bytes) -> None:
        if self._need:
            self._have += len(data)
            if self._have - len(data) < _KEPT_BYTES:
                self._chunks.append(data)
            if self._have < self._need:
                return
            whole = b"".join(self._chunks)
            if len(whole) < self._have:  # a giant, cut short
                self._read_cut(whole, data)
                return
            data = whole
        self._read(data)

    def _read_cut(self, head: bytes, last: bytes) -> None:
        rest = self._have - self._need
        head = head[:_KEPT_BYTES]
        start = 1
        while head[start] & 0x80:
            start += 1
        if head[0] & 0xF0 == 0x30:
            self._publish(head, head[0], start + 1, len(head))
        self._read(last[len(last) - rest :] if rest else b"")

    def _read(self, data: bytes) -> None:
        """All whole packets of `data`; the rest is kept."""
        self._chunks = []
        self._have = self._need = 0
        end_of_data = len(data)
        start = 0
        self._connection.saw_data()
        while end_of_data - start >= 2:
            length = data[start + 1]
            body = start + 2
            if length & 0x80:
                length, body = _varint(data, start + 1, end_of_data)
                if length == _INCOMPLETE:
                    break
                if length == _MALFORMED:
                    self._transport.abort()
                    return
            end = body + length
            if end > end_of_data:
                self._keep(data, start, end - start)
                return
            command = data[start]
            if command & 0xF0 == 0x30:
                self._publish(data, command, body, end)
            else:
                self._connection.put_package(Package(command, data[body:end]))
            start = end
        self._keep(data, start, 0)

    def _keep(self, data: bytes, start: int, need: int) -> None:
        if start < len(data):
            self._chunks = [data[start:]]
            self._have = len(data) - start
            self._need = need or self._have + 1

    def _publish(self, data: bytes, command: int, body: int, end: int) -> None:
        at = body + 2 + (data[body] << 8 | data[body + 1] if end - body >= 2 else 0)
        name = data[body + 2 : at]
        topic = self._topics.get(name)
        if topic is None:
            topic = self._remember(name)
        packet_id = 0
        qos = command >> 1 & 3
        if qos:
            if at + 2 > end:
                self._transport.abort()  # without its packet id nobody can acknowledge it
                return
            packet_id = data[at] << 8 | data[at + 1]
            at += 2
        if self._has_properties and at < end:
            # No property matters here; a length that leads past the end leaves no payload, which is set aside.
            length = data[at]
            at += 1
            if length & 0x80:
                length, at = _varint(data, at - 1, end)
                length = length if length >= 0 else end
            at += length
        self._on_publish(topic, data[at:end], bool(command & 1), bool(command & 8), packet_id, qos)

    def _remember(self, name: bytes) -> str:
        if len(self._topics) >= _MAX_TOPICS:
            self._topics.clear()
        topic = self._topics[name] = name.decode("utf-8", "backslashreplace")
        return topic


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A variable byte integer that starts at `at`: (value, where it ends); or _INCOMPLETE or _MALFORMED as value."""
    value = 0
    for shift in (0, 7, 14, 21):
        if at >= end:
            return _INCOMPLETE, at
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
    return _MALFORMED, at


class WireConnection(MQTTConnection):  # type: ignore[misc]
    """Keeps alive while paused, when the broker's answers are not read."""

    paused = False

    def pause_reading(self) -> None:
        if not self.paused and not self.is_closing():
            self.paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self.paused and not self.is_closing():
            self.paused = False
            self.saw_data()
            self._transport.resume_reading()

    def abort(self) -> None:
        """Drop the connection without a word."""
        self._transport.abort()

    def saw_data(self) -> None:
        self._last_data_in = asyncio.get_running_loop().time()

    def _keep_connection(self) -> None:
        if self.paused:
            self.saw_data()
        elif asyncio.get_running_loop().time() - self._last_data_in >= 2 * self._keepalive:
            # gmqtt would close gently, which waits for a dead peer to take what is still to be written.
            self.abort()
            return
        super()._keep_connection()


class WireClient(Client):  # type: ignore[misc]
    """One connection, never reconnecting by itself: the source makes a new client each time."""

    def __init__(self, client_id: str, on_publish: OnPublish, *, clean_session: bool = False, **others: Any) -> None:
        """`others`: properties of MQTT 5, and what else gmqtt's own client takes."""
        super().__init__(client_id, clean_session=clean_session, **others)
        self._on_publish = on_publish

    @property
    def wire(self) -> WireConnection | None:
        """The connection, once there is one."""
        connection: WireConnection | None = self._connection
        return connection

    async def reconnect(self, delay: bool = False) -> None:
        """Left to the source."""

    async def _create_connection(
        self, host: str, port: int, ssl: ssl.SSLContext | None, clean_session: bool, keepalive: int
    ) -> WireConnection:
        handler = self._package_handler
        transport, protocol = await asyncio.get_running_loop().create_connection(
            lambda: WireProtocol(
                connection_state=self._connection_state,
                id_generator=handler.id_generator,
                on_publish=self._on_publish,
            ),
            host,
            port,
            ssl=ssl,
        )
        return WireConnection(
            transport, protocol, clean_session, keepalive, package_handler=handler, logger=self._logger
        )
