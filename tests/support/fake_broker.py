"""A broker of a few lines that says what a real one will not: refusals, broken packets, sudden ends."""

import asyncio
from collections.abc import Sequence

Packet = tuple[int, bytes]
"""(first byte, body)."""


class FakeBroker:
    """Accepts every connection; `suback_codes` are used one SUBSCRIBE after the other, the last one for ever."""

    def __init__(
        self, *, protocol: int, suback_codes: Sequence[int] = (1,), connack_code: int = 0, pongs: bool = True
    ) -> None:
        """`pongs`: whether a PINGREQ is answered."""
        self.port = 0
        self.received: list[Packet] = []
        self.connections = 0
        self._protocol = protocol
        self._suback_codes = list(suback_codes)
        self._connack_code = connack_code
        self._pongs = pongs
        self._writer: asyncio.StreamWriter | None = None
        self._server: asyncio.Server | None = None
        self._news = asyncio.Event()

    async def __aenter__(self) -> "FakeBroker":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        if self._writer is not None:
            self._writer.close()

    def send(self, *packets: bytes) -> None:
        """Raw bytes to the latest client."""
        assert self._writer is not None
        for packet in packets:
            self._writer.write(packet)

    def drop(self) -> None:
        """End the latest connection without a word."""
        assert self._writer is not None
        self._writer.transport.abort()

    def kinds(self) -> list[int]:
        """The packet types received so far."""
        return [first >> 4 for first, _ in self.received]

    async def until_received(self, kind: int, count: int = 1) -> list[bytes]:
        """The bodies of the packets of one type, once there are `count`."""
        async with asyncio.timeout(20):
            while self.kinds().count(kind) < count:
                self._news.clear()
                await self._news.wait()
        return [body for first, body in self.received if first >> 4 == kind]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writer = writer
        properties = b"\x00" if self._protocol == 5 else b""
        try:
            while True:
                first = (await reader.readexactly(1))[0]
                body = await reader.readexactly(await _length(reader))
                kind = first >> 4
                if kind == 1:
                    writer.write(packet(0x20, bytes([0, self._connack_code]) + properties))
                elif kind == 8:
                    code = self._suback_codes.pop(0) if len(self._suback_codes) > 1 else self._suback_codes[0]
                    writer.write(packet(0x90, body[:2] + properties + bytes([code])))
                elif kind == 10:
                    writer.write(packet(0xB0, body[:2] + (b"\x00\x00" if self._protocol == 5 else b"")))
                elif kind == 12 and self._pongs:
                    writer.write(packet(0xD0, b""))
                self.received.append((first, body))
                self._news.set()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def packet(first: int, body: bytes) -> bytes:
    """A whole MQTT packet."""
    length, head = len(body), bytearray([first])
    while True:
        length, digit = divmod(length, 128)
        head.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(head) + body


def publish_packet(topic: bytes, rest: bytes, *, packet_id: int = 1, flags: int = 0x02) -> bytes:
    """A PUBLISH; `rest` is what follows the packet id: in MQTT 5 the properties, then the payload."""
    return packet(0x30 | flags, len(topic).to_bytes(2, "big") + topic + packet_id.to_bytes(2, "big") + rest)


async def _length(reader: asyncio.StreamReader) -> int:
    value = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value
        shift += 7
