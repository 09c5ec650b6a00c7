"""Packets of HJ 212-2017: vectors, values, flags, times, parts, answers, damage."""

import pytest

from ingest.codecs.hj212 import Hj212Codec
from ingest.codecs.hj212.checksum import crc
from ingest.codecs.hj212.packet import answer_to, read_packet, segment_of, write_packet
from ingest.codecs.port import Parsed, PayloadError
from ingest.reason import Reason
from plant.quality import NO_TIME_MS, UNREADABLE_TIME_MS, Quality
from simulators.wire.hj212 import encode

MN = "010000A8900016F000169DC0"
VECTOR = (
    b"##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;"
    b"CP=&&RtdInterval=30&&1C80\r\n"
)
"""The example of the standard's clause on packets."""
AT_MS = 1_470_013_137_000
"""2016-08-01 08:58:57 in China."""


def packet(content: str, head: str = "ST=31;CN=2011;PW=123456", flag: str = "Flag=5") -> bytes:
    return write_packet(f"QN=20160801085857223;{head};MN={MN};{flag};CP=&&{content}&&".encode())


def parse(content: str, **changes: str) -> Parsed:
    return Hj212Codec().parse("t", packet(content, **changes), AT_MS)


def test_the_standards_example_is_read_and_written() -> None:
    assert crc(VECTOR[6:-6]) == 0x1C80
    read = read_packet(VECTOR)
    assert (read.cn, read.mn, read.flag, read.content) == ("1062", MN, 5, "RtdInterval=30")
    assert write_packet(segment_of(VECTOR)) == VECTOR


@pytest.mark.parametrize("length", [0, 1, 2, 255, 1023, 1024, 1025, 9999])
def test_the_quick_crc_is_the_standards_step_by_step(length: int) -> None:
    data = bytes(i * 37 % 251 for i in range(length))
    register = 0xFFFF
    for byte in data:
        register = register >> 8 ^ byte
        for _ in range(8):
            register = register >> 1 ^ 0xA001 if register & 1 else register >> 1
    assert crc(data) == register


def test_values_keys_device_and_time() -> None:
    parsed = parse("DataTime=20160801085857;LA-Rtd=50.1,LA-Flag=N;a01001-Rtd=-3.5,a01001-Flag=N")
    (samples,) = parsed.samples
    assert samples.device == MN
    assert samples.keys == ("LA-Rtd", "a01001-Rtd")
    assert list(samples.values) == [50.1, -3.5]
    assert samples.measured_at_ms == AT_MS
    assert samples.qualities == b""
    assert parsed.faults == []


@pytest.mark.parametrize("command", ["2031", "2051", "2061"])
def test_statistics_have_keys_of_their_own(command: str) -> None:
    content = "DataTime=20160801085800;LA-Min=1,LA-Avg=2,LA-Max=3,LA-Cou=4,LA-Flag=N"
    (samples,) = parse(content, head=f"ST=31;CN={command};PW=1").samples
    assert samples.keys == ("LA-Min", "LA-Avg", "LA-Max", "LA-Cou")


@pytest.mark.parametrize(
    ("flag", "quality"),
    [
        ("N", Quality.GOOD),
        ("T", Quality.GOOD),
        ("S", Quality.UNCERTAIN),
        ("C", Quality.BAD),
        ("M", Quality.BAD),
        ("F", Quality.BAD),
        ("D", Quality.BAD),
        ("B", Quality.BAD),
        ("x", Quality.UNCERTAIN),
    ],
)
def test_flags_are_qualities(flag: str, quality: Quality) -> None:
    (samples,) = parse(f"DataTime=20160801085857;a-Rtd=1,a-Flag={flag};b-Rtd=2,b-Flag=N;c-Rtd=3").samples
    assert bytes(samples.qualities or bytes(3)) == bytes([quality, 0, 0])


def test_a_sampling_time_stands_above_the_packets() -> None:
    (samples,) = parse("DataTime=20160801085857;a-SampleTime=20160801085800,a-Rtd=1;b-Rtd=2").samples
    assert list(samples.measured_at_ms) == [AT_MS - 57_000, AT_MS]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "expected"),
    [("", NO_TIME_MS), ("DataTime=2016;", UNREADABLE_TIME_MS), ("DataTime=20161341085857;", UNREADABLE_TIME_MS)],
)
def test_missing_and_unreadable_times(written: str, expected: int) -> None:
    (samples,) = parse(f"{written}a-Rtd=1").samples
    assert samples.measured_at_ms == expected


def test_another_zone() -> None:
    codec = Hj212Codec(zone="UTC")
    (samples,) = codec.parse("t", packet("DataTime=20160801085857;a-Rtd=1"), AT_MS).samples
    assert samples.measured_at_ms == AT_MS + 8 * 3_600_000


def test_what_is_no_number_is_set_aside_alone() -> None:
    parsed = parse("DataTime=20160801085857;a-Rtd=1,a-Flag=D;b-Rtd=abc;c-Rtd=,c-Flag=N;d-Rtd=1_0;e-Rtd=5")
    (samples,) = parsed.samples
    assert samples.keys == ("a-Rtd", "c-Rtd", "e-Rtd")
    assert list(samples.values) == [1.0, None, 5.0]
    assert samples.qualities == bytes([2, 0, 0])
    assert parsed.faults == [(Reason.WRONG_TYPE, "b-Rtd: abc"), (Reason.WRONG_TYPE, "d-Rtd: 1_0")]


def test_a_part_that_is_no_field_is_told_and_the_rest_is_taken() -> None:
    parsed = parse("DataTime=20160801085857;garbage;a-Rtd=1,b c-Rtd=2")
    assert parsed.samples[0].keys == ("a-Rtd",)
    assert parsed.faults == [(Reason.WRONG_SHAPE, "garbage"), (Reason.WRONG_SHAPE, "b c-Rtd")]


def test_a_name_that_stands_twice_is_not_taken() -> None:
    parsed = parse("DataTime=20160801085857;a-Rtd=1;a-Rtd=2;b-Rtd=3")
    assert parsed.samples[0].keys == ("b-Rtd",)
    assert parsed.faults == [(Reason.DUPLICATE_KEY, "a-Rtd")]


def test_parts_of_one_exchange_share_its_time() -> None:
    codec = Hj212Codec()
    parts = "ST=31;CN=2011;PW=1;PNUM=2;PNO="
    first = codec.parse("t", packet("DataTime=20160801085857;a-Rtd=1", parts + "1", "Flag=7"), AT_MS)
    second = codec.parse("t", packet("b-Rtd=2", parts + "2", "Flag=7"), AT_MS)
    assert [p.samples[0].measured_at_ms for p in (first, second)] == [AT_MS, AT_MS]
    late = Hj212Codec().parse("t", packet("b-Rtd=2", parts + "2", "Flag=7"), AT_MS)
    assert late.samples[0].measured_at_ms == NO_TIME_MS


def test_commands_that_bring_no_data_give_nothing() -> None:
    assert Hj212Codec().parse("t", VECTOR, AT_MS).samples == []


@pytest.mark.parametrize(("command", "answer"), [("2011", "9014"), ("2051", "9014"), ("1013", "9013")])
def test_what_asks_for_an_answer_gets_it(command: str, answer: str) -> None:
    written = answer_to(read_packet(packet("", head=f"ST=31;CN={command};PW=123456")))
    assert written is not None
    assert segment_of(written) == (f"QN=20160801085857223;ST=91;CN={answer};PW=123456;MN={MN};Flag=4;CP=&&&&".encode())


@pytest.mark.parametrize(("head", "flag"), [("ST=31;CN=2011;PW=1", "Flag=4"), ("ST=91;CN=9011;PW=1", "Flag=5")])
def test_what_asks_for_none_or_is_an_answer_gets_none(head: str, flag: str) -> None:
    assert answer_to(read_packet(packet("", head=head, flag=flag))) is None


def test_answers_over_mqtt_go_to_the_topic_given() -> None:
    content = packet("DataTime=20160801085857;a-Rtd=1")
    assert Hj212Codec().parse("t", content, AT_MS).answers == []
    ((topic, payload),) = Hj212Codec(answer_topic="down/{device}").parse("t", content, AT_MS).answers
    assert topic == f"down/{MN}"
    assert b"CN=9014" in payload


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", Reason.MALFORMED),
        (VECTOR[:-8], Reason.MALFORMED),
        (VECTOR[2:], Reason.MALFORMED),
        (VECTOR + b"x", Reason.MALFORMED),
        (VECTOR.replace(b"0101", b"01x1"), Reason.MALFORMED),
        (VECTOR.replace(b"1C80", b"1C8x"), Reason.MALFORMED),
        (VECTOR.replace(b"1C80", b"1C81"), Reason.CHECKSUM),
        (VECTOR.replace(b"Interval=30", b"Interval=31"), Reason.CHECKSUM),
        (write_packet(b"QN=1;ST=31;CN=2011"), Reason.MALFORMED),
        (write_packet(b"ST=31;CN=2011;CP=&&a-Rtd=1&&"), Reason.MALFORMED),
        (write_packet(b"MN=a/#;CN=2011;CP=&&a-Rtd=1&&"), Reason.MALFORMED),
        (write_packet(b"MN=a;CN=2011;CP=&&a-Rtd=\xff&&"), Reason.MALFORMED),
        (write_packet(b"MN=a;CN=2011;Flag=xx;CP=&&a-Rtd=1&&"), Reason.MALFORMED),
    ],
)
def test_damage_is_named(payload: bytes, reason: Reason) -> None:
    with pytest.raises(PayloadError) as error:
        Hj212Codec().parse("t", payload, AT_MS)
    assert error.value.reason is reason


def test_the_line_end_may_be_missing() -> None:
    assert read_packet(VECTOR[:-2]).mn == MN


def test_the_encoder_is_understood() -> None:
    content = encode(MN, {"LA-Rtd": 50.5, "a01001-Rtd": None}, AT_MS + 223, flags={"a01001": "D"})
    parsed = Hj212Codec().parse("t", content, AT_MS)
    (samples,) = parsed.samples
    assert (samples.keys, list(samples.values)) == (("LA-Rtd", "a01001-Rtd"), [50.5, None])
    assert (samples.measured_at_ms, samples.qualities) == (AT_MS, bytes([0, 2]))
    assert read_packet(content).qn == "20160801085857223"


def test_what_is_remembered_is_bounded() -> None:
    codec = Hj212Codec()
    for i in range(9_000):
        content = f"QN={i};CN=2011;PNUM=2;PNO=1;MN=m{i};Flag=7;CP=&&DataTime=20160801085857;a{i}-Rtd=1&&".encode()
        codec.parse("t", write_packet(content), AT_MS)
    assert len(codec._shapes) <= 4_000
    assert len(codec._data_times) <= 4_000
