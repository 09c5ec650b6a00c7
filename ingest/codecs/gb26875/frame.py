"""Frames of GB/T 26875.3-2011: where one begins and ends, its sum, its control unit. Clause 6.6, table 1."""

import struct
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from ingest.codecs.local_time import local_fields

START: Final = b"@@"
END: Final = b"##"
LONGEST_ADU: Final = 1_024

SEND: Final = 2
"""Commands: a device sends data, the centre confirms it, a device answers a request, either side denies."""
CONFIRM: Final = 3
RESPOND: Final = 5
DENY: Final = 6

_CONTROL: Final = struct.Struct("<HBB6s6s6sHB")
"""Serial, major and user version, time label, source, destination, length of the ADU, command."""
HEAD_BYTES: Final = len(START) + _CONTROL.size
TAIL_BYTES: Final = 1 + len(END)
LONGEST_FRAME: Final = HEAD_BYTES + LONGEST_ADU + TAIL_BYTES


class FrameError(ValueError):
    """Bytes that are no frame; the text says why."""


class SumError(FrameError):
    """A frame that was damaged on its way."""


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One frame; addresses are the six bytes as sent (low byte first)."""

    serial: int
    version: tuple[int, int]
    """Major version (1 in this edition) and the user's version."""
    time: bytes
    """Second, minute, hour, day, month, year of the century: when it was sent, on the sender's wall clock."""
    source: bytes
    destination: bytes
    command: int
    adu: bytes
    """The application data unit; may be empty."""


def checksum(content: bytes) -> int:
    """The low eight bits of the sum over the control unit and the ADU."""
    return sum(content) & 0xFF


def frame_length(head: bytes | bytearray, at: int = 0) -> int:
    """Bytes of the frame whose first HEAD_BYTES stand at `at`. FrameError if its ADU would be too long."""
    length: int = head[at + 24] | head[at + 25] << 8
    if length > LONGEST_ADU:
        raise FrameError(f"an application data unit of {length} bytes, at most {LONGEST_ADU}")
    return HEAD_BYTES + length + TAIL_BYTES


def read_frame(content: bytes) -> Frame:
    """The one frame that the bytes are. FrameError if they are not exactly one whole frame."""
    if len(content) < HEAD_BYTES + TAIL_BYTES:
        raise FrameError(f"{len(content)} bytes, a frame has at least {HEAD_BYTES + TAIL_BYTES}")
    if not content.startswith(START):
        raise FrameError("does not begin with @@")
    length = frame_length(content)
    if len(content) != length:
        raise FrameError(f"{len(content)} bytes, its length field says {length}")
    if not content.endswith(END):
        raise FrameError("does not end with ##")
    if checksum(content[2:-3]) != content[-3]:
        raise SumError(f"the sum is {checksum(content[2:-3]):02X}, the frame says {content[-3]:02X}")
    serial, major, user, time, source, destination, _, command = _CONTROL.unpack_from(content, 2)
    return Frame(serial, (major, user), time, source, destination, command, content[HEAD_BYTES:-TAIL_BYTES])


def frames_in(payload: bytes) -> list[bytes]:
    """The frames of a payload; the whole of it where they don't stand one behind the other."""
    frames = []
    at = 0
    while at < len(payload):
        if len(payload) - at < HEAD_BYTES + TAIL_BYTES or not payload.startswith(START, at):
            return [payload]
        try:
            length = frame_length(payload, at)
        except FrameError:
            return [payload]
        frames.append(payload[at : at + length])
        at += length
    return frames


def write_frame(frame: Frame) -> bytes:
    """The bytes of a frame. ValueError if a part does not fit."""
    if len(frame.adu) > LONGEST_ADU or any(len(part) != 6 for part in (frame.time, frame.source, frame.destination)):
        raise ValueError("an ADU of at most 1,024 bytes, a time and addresses of six")
    major, user = frame.version
    content = _CONTROL.pack(
        frame.serial, major, user, frame.time, frame.source, frame.destination, len(frame.adu), frame.command
    )
    content += frame.adu
    return START + content + bytes([checksum(content)]) + END


def time_label(time_ms: int, zone: ZoneInfo) -> bytes:
    """A time label: second, minute, hour, day, month, year of the century (clause 8.2.2)."""
    year, month, day, hour, minute, second = local_fields(time_ms, zone)
    return bytes([second, minute, hour, day, month, year % 100])


def confirmation(frame: Frame) -> bytes | None:
    """What the centre answers: a confirmation with the frame's serial and time; None where it asks for none."""
    if frame.command != SEND:
        return None
    return write_frame(Frame(frame.serial, frame.version, frame.time, frame.destination, frame.source, CONFIRM, b""))


def address_name(address: bytes) -> str:
    """An address as people write it: twelve hex digits, the high byte first."""
    return address[::-1].hex().upper()
