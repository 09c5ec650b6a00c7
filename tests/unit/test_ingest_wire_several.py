"""Packets and frames as transparent modems publish them: several in one message, with what stands between."""

from zoneinfo import ZoneInfo

import pytest
from support.wire_examples import rows_of

from ingest.codecs.gb26875 import Gb26875Codec
from ingest.codecs.gb26875.frame import SEND, Frame, time_label, write_frame
from ingest.codecs.hj212 import Hj212Codec
from ingest.codecs.hj212.packet import write_packet
from ingest.codecs.port import PayloadError
from ingest.reason import Reason

AT_MS = 1_732_190_000_000
SOURCE = bytes([1, 0, 0, 0, 0, 0])


def packet(mn: str, value: float, head: str = "Flag=5;") -> bytes:
    segment = f"QN=20241121195320123;ST=22;CN=2011;PW=1;MN={mn};{head}CP=&&DataTime=20241121195320;a1-Rtd={value}&&"
    return write_packet(segment.encode())


def frame(value: int) -> bytes:
    label = time_label(AT_MS, ZoneInfo("Asia/Shanghai"))
    head = bytes([1, 1, 40, 1, 0, 0, 0, 3])
    adu = bytes([3, 1]) + head + value.to_bytes(2, "little") + label
    return write_frame(Frame(7, (1, 0), label, SOURCE, bytes(6), SEND, adu))


@pytest.mark.parametrize("between", [b"", b"\r\n", b"\n\0", b"  "])
def test_packets_of_hj212_one_behind_the_other(between: bytes) -> None:
    bare = packet("M1", 1.5).removesuffix(b"\r\n")
    payload = bare + between + packet("M2", 2.5) + between + bare + between
    parsed = Hj212Codec(answer_topic="down/{device}").parse("t", payload, AT_MS)
    assert [(row.device, row.value) for row in rows_of(parsed)] == [("M1", 1.5), ("M2", 2.5), ("M1", 1.5)]
    assert [topic for topic, _ in parsed.answers] == ["down/M1", "down/M2", "down/M1"]


def test_a_damaged_packet_of_hj212_costs_no_other() -> None:
    damaged = packet("M2", 2.5).replace(b"2.5", b"9.5")
    parsed = Hj212Codec().parse("t", packet("M1", 1.5) + damaged + packet("M3", 3.5), AT_MS)
    assert [(row.device, row.value) for row in rows_of(parsed)] == [("M1", 1.5), ("M3", 3.5)]
    assert [reason for reason, _ in parsed.faults] == [Reason.CHECKSUM]


@pytest.mark.parametrize("end", [b"", b"\r", b"\n", b"\r\n\r\n", b"\r\n\0"])
def test_a_packet_of_hj212_without_a_flag_and_with_any_end(end: bytes) -> None:
    whole = packet("M1", 1.5, "").removesuffix(b"\r\n")
    lower = whole[:-4] + whole[-4:].lower()
    for content in (whole, lower):
        assert [row.value for row in rows_of(Hj212Codec().parse("t", content + end, AT_MS))] == [1.5]


def test_frames_of_gb26875_one_behind_the_other() -> None:
    damaged = bytearray(frame(31))
    damaged[-5] ^= 1
    parsed = Gb26875Codec(answer_topic="down/{device}").parse("t", frame(250) + bytes(damaged) + frame(300), AT_MS)
    assert [row.value for row in rows_of(parsed)] == [25.0, 30.0]
    assert [reason for reason, _ in parsed.faults] == [Reason.CHECKSUM]
    assert len(parsed.answers) == 2


@pytest.mark.parametrize("rest", [b"x", b"##", b"##00", b"@@", b"\x00"])
def test_what_does_not_go_on_as_it_began_is_refused_as_a_whole(rest: bytes) -> None:
    for codec, whole in ((Hj212Codec(), packet("M1", 1.5)), (Gb26875Codec(), frame(250))):
        if rest == b"\x00" and isinstance(codec, Hj212Codec):
            continue
        with pytest.raises(PayloadError):
            codec.parse("t", whole + rest, AT_MS)
