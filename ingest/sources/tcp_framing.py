"""Packets in a stream of bytes: where one ends, which device sent it, how it is answered. Pure.

A stream may begin in the middle of a packet and may hold anything between two. The cutter goes on to the next start
it finds; what it passed over is told once and counted.
"""

from typing import Final, Literal, Protocol

import msgspec

from ingest.codecs.gb26875 import frame as gb26875
from ingest.codecs.hj212 import packet as hj212

TcpForm = Literal["hj212", "gb26875"]

MAX_DAMAGED: Final = 16
"""Packets that can't be read, in a row; more, and nobody of ours is speaking."""
MAX_GARBAGE_BYTES: Final = 64 << 10
"""Bytes outside of packets since the last good one."""
SAMPLE_BYTES: Final = 256


class Heard(msgspec.Struct, frozen=True, gc=False):
    """One thing cut from a stream."""

    content: bytes
    """A whole packet, or the beginning of what can't be read."""
    device: str
    """"" for what can't be read."""
    answer: bytes | None
    """What the device waits for; None where it waits for nothing."""


class Framing(Protocol):
    """How packets of one form lie in a stream."""

    start: bytes
    head_bytes: int
    between: bytes
    """Bytes that may stand between two packets and mean nothing."""

    def length(self, buffer: bytearray, at: int) -> int:
        """Bytes of the packet whose head stands at `at`; ValueError if that is no head."""

    def hear(self, packet: bytes) -> Heard:
        """The packet, its sums checked; ValueError if it is damaged."""


class Hj212Framing:
    """HJ 212-2017. The CR LF at the end counts as what stands between: some devices leave it out."""

    start = hj212.START
    head_bytes = hj212.HEAD_BYTES
    between = hj212.END

    def length(self, buffer: bytearray, at: int) -> int:
        return hj212.packet_length(buffer, at) - len(hj212.END)

    def hear(self, packet: bytes) -> Heard:
        read = hj212.read_packet(packet)
        return Heard(packet, read.mn, hj212.answer_to(read))


class Gb26875Framing:
    """GB/T 26875.3-2011."""

    start = gb26875.START
    head_bytes = gb26875.HEAD_BYTES
    between = b""

    def length(self, buffer: bytearray, at: int) -> int:
        return gb26875.frame_length(buffer, at)

    def hear(self, packet: bytes) -> Heard:
        read = gb26875.read_frame(packet)
        return Heard(packet, gb26875.address_name(read.source), gb26875.confirmation(read))


def framing_of(form: TcpForm) -> Framing:
    """The framing of a form."""
    return Hj212Framing() if form == "hj212" else Gb26875Framing()


class Cutter:
    """One connection's stream. Holds at most one packet that is not whole, and what was read last."""

    def __init__(self, framing: Framing, max_packet_bytes: int) -> None:
        self._framing = framing
        self._max_packet_bytes = max_packet_bytes
        self._buffer = bytearray()
        self._damaged = 0
        self._garbage_bytes = 0

    @property
    def is_hopeless(self) -> bool:
        """Whether so much could not be read that the connection is not worth keeping."""
        return self._damaged > MAX_DAMAGED or self._garbage_bytes > MAX_GARBAGE_BYTES

    def feed(self, content: bytes) -> list[Heard]:
        """Everything that is whole now, in order. Stops early when the stream is hopeless."""
        framing, buffer = self._framing, self._buffer
        buffer += content
        heard: list[Heard] = []
        at = 0
        while not self.is_hopeless:
            start = buffer.find(framing.start, at)
            if start < 0:
                kept = 1 if buffer.endswith(framing.start[:1]) else 0
                self._pass_over(buffer[at : len(buffer) - kept], heard)
                at = len(buffer) - kept
                break
            self._pass_over(buffer[at:start], heard)
            at = start
            if len(buffer) - at < framing.head_bytes:
                break
            packet = b""
            try:
                length = framing.length(buffer, at)
                if length > self._max_packet_bytes:
                    raise ValueError("too long")
                if len(buffer) - at < length:
                    break
                packet = bytes(buffer[at : at + length])
                heard.append(framing.hear(packet))
            except ValueError:
                # It may have been no start at all: the next one is looked for right behind.
                self._damaged += 1
                heard.append(Heard(packet or bytes(buffer[at : at + SAMPLE_BYTES]), "", None))
                at += 1
            else:
                self._damaged = self._garbage_bytes = 0
                at += length
        del buffer[:at]
        return heard

    def _pass_over(self, garbage: bytearray, heard: list[Heard]) -> None:
        content = bytes(garbage).strip(self._framing.between) if self._framing.between else bytes(garbage)
        if content:
            if not self._garbage_bytes and not self._damaged:
                heard.append(Heard(content[:SAMPLE_BYTES], "", None))
            self._garbage_bytes += len(content)
