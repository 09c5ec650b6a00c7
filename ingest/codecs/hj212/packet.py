"""Packets of HJ 212-2017: `##`, length, data segment, CRC, CR LF; and the fields of the data segment. Clause 6.3."""

import re
from typing import Final

import msgspec

from ingest.codecs.hj212.checksum import crc

START: Final = b"##"
END: Final = b"\r\n"
HEAD_BYTES: Final = len(START) + 4
TAIL_BYTES: Final = 4 + len(END)

ASKS_FOR_ANSWER: Final = 1
"""Bits of `Flag`; the other six are the version of the standard, 1 for this edition."""
IS_PART: Final = 2
VERSION_2017: Final = 1 << 2

DATA_ANSWER: Final = "9014"
NOTICE_ANSWER: Final = "9013"
CLOCK_REQUEST: Final = "1013"
"""The one thing a device sends by itself that is a notice and no data: it asks to have its clock set."""
SYSTEM: Final = "91"
"""ST of packets about the exchange itself."""

_BETWEEN: Final = b"\r\n\0 "
"""What loggers put behind a packet: CR LF by the standard, also half of it, or the end of a C string."""

_SEGMENT: Final = re.compile(
    rb"(?P<fields>(?:[A-Za-z]+=[^;=&]*;)*)CP=&&(?P<content>[^&]*)&&(?P<more>(?:;[A-Za-z]+=[^;=&]*)*)\Z"
)
_DEVICE: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_FIELD: Final = re.compile(r"([A-Za-z]+)=([^;=&]*)")


class PacketError(ValueError):
    """Bytes that are no packet; the text says why."""


class CrcError(PacketError):
    """A packet that was damaged on its way."""


class Packet(msgspec.Struct, frozen=True, gc=False):
    """The fields of one data segment, as text; "" where one is missing."""

    qn: str
    """When the exchange began, yyyyMMddHHmmssfff: the name of this exchange."""
    st: str
    cn: str
    """The command: 2011 real-time data, 2051 of minutes, 2061 of an hour, 2031 of a day, ..."""
    pw: str
    mn: str
    """The device."""
    flag: int
    """8 bits; see ASKS_FOR_ANSWER, IS_PART."""
    parts: int
    """PNUM, and which of them this is from 1 (PNO); 1 and 1 for a packet that is whole."""
    part: int
    content: str
    """What stands between `CP=&&` and `&&`."""


def packet_length(head: bytes | bytearray, at: int = 0) -> int:
    """Bytes of the packet whose first HEAD_BYTES stand at `at`. PacketError if the length is no number."""
    digits = bytes(head[at + 2 : at + HEAD_BYTES])
    if not digits.isdigit():
        raise PacketError(f"the length is {digits!r}")
    return HEAD_BYTES + int(digits) + TAIL_BYTES


def segment_of(packet: bytes) -> bytes:
    """The data segment of exactly one whole packet, its CRC checked; the CR LF may be missing, or be another line end.

    PacketError for anything else.
    """
    if len(packet) < HEAD_BYTES or not packet.startswith(START):
        raise PacketError("does not begin with ## and a length")
    end = packet_length(packet) - TAIL_BYTES
    tail = packet[end:]
    if len(tail) < 4 or tail[4:].strip(_BETWEEN):
        raise PacketError(f"{len(packet)} bytes, its length field says {end + TAIL_BYTES}")
    segment = packet[HEAD_BYTES:end]
    try:
        said = int(tail[:4], 16)
    except ValueError:
        raise PacketError(f"the CRC is {tail[:4]!r}") from None
    if crc(segment) != said:
        raise CrcError(f"the CRC is {crc(segment):04X}, the packet says {said:04X}")
    return segment


def packets_in(payload: bytes) -> list[bytes]:
    """The packets of a payload; the whole of it where they don't stand one behind the other."""
    packets = []
    at = 0
    while at < len(payload):
        try:
            end = at + packet_length(payload, at) - len(END)
        except PacketError:
            return [payload]
        if not payload.startswith(START, at) or end > len(payload):
            return [payload]
        packets.append(payload[at:end])
        at += len(packets[-1])
        while payload[at : at + 1] and payload[at] in _BETWEEN:
            at += 1
    return packets


def read_packet(packet: bytes) -> Packet:
    """The packet's fields. PacketError if it is damaged, has no such shape, or no MN."""
    found = _SEGMENT.match(segment_of(packet))
    if found is None:
        raise PacketError("no fields with CP=&&...&& at their end")
    try:
        fields = dict(_FIELD.findall((found["fields"] + found["more"]).decode("ascii")))
        content = found["content"].decode("ascii")
    except UnicodeDecodeError:
        raise PacketError("is not ASCII") from None
    if not _DEVICE.fullmatch(fields.get("MN", "")):
        raise PacketError(f"the MN is {fields.get('MN', '')[:80]!r}")
    flag = _whole(fields, "Flag", 0)
    parts, part = (_whole(fields, "PNUM", 1), _whole(fields, "PNO", 1)) if flag & IS_PART else (1, 1)
    return Packet(
        fields.get("QN", ""),
        fields.get("ST", ""),
        fields.get("CN", ""),
        fields.get("PW", ""),
        fields["MN"],
        flag,
        parts,
        part,
        content,
    )


def write_packet(segment: bytes) -> bytes:
    """A whole packet around a data segment. ValueError if that has over 9,999 bytes."""
    if len(segment) > 9_999:
        raise ValueError(f"{len(segment)} bytes, a data segment has at most 9,999")
    return START + b"%04d" % len(segment) + segment + b"%04X" % crc(segment) + END


def answer_to(packet: Packet) -> bytes | None:
    """What the centre answers to data (9014) or a notice (9013); None where the packet asks for no answer.

    Answers and results of the device (9011 and so on) are never answered: two sides would talk without end.
    """
    if not packet.flag & ASKS_FOR_ANSWER or packet.cn.startswith("90"):
        return None
    cn = NOTICE_ANSWER if packet.cn == CLOCK_REQUEST else DATA_ANSWER
    fields = f"QN={packet.qn};ST={SYSTEM};CN={cn};PW={packet.pw};MN={packet.mn};Flag={VERSION_2017};CP=&&&&"
    return write_packet(fields.encode("ascii"))


def _whole(fields: dict[str, str], name: str, missing: int) -> int:
    digits = fields.get(name, "")
    if not digits:
        return missing
    if not digits.isdigit() or len(digits) > 4:
        raise PacketError(f"{name} is {digits!r}")
    return int(digits)
