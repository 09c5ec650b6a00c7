"""Frames of GB/T 26875.3-2011: vectors, values, states, confirmations, damage."""

from dataclasses import replace

import msgspec
import pytest

from ingest.codecs.gb26875 import Gb26875Codec
from ingest.codecs.gb26875.frame import CONFIRM, DENY, SEND, Frame, confirmation, read_frame, write_frame
from ingest.codecs.port import Parsed, PayloadError
from ingest.reason import Reason
from plant.quality import UNREADABLE_TIME_MS
from simulators.wire.gb26875 import Analog, State, encode

AT_MS = 1_625_187_604_000
"""2021-07-02 09:00:04 in China."""
LABEL = bytes([4, 0, 9, 2, 7, 21])
SOURCE = bytes.fromhex("2c312c320000")

SMOKE = bytes.fromhex(
    "4040140010000509091b07152c312c320000784d07918e23300002020101012a010001000200"
    "31bac5bdd3bfdab0e531bbd8c2b731bac500bac5d6f7bbfaf898cfa000000025110301060c472323"
)
"""A captured frame of a smoke detector in fire."""
HANDSHAKE = bytes.fromhex("4040690010000a110e030615000000000000ac103cd56d1d0100021630" + "2323")
ANALOG_ADU = bytes.fromhex("03020102280102030403200304000902071" + "50d0379030405060201500500090207" + "15")


def frame(adu: bytes, command: int = SEND) -> bytes:
    return write_frame(Frame(7, (1, 0), LABEL, SOURCE, bytes(6), command, adu))


def parse(content: bytes) -> Parsed:
    return Gb26875Codec().parse("t", content, AT_MS)


def test_a_captured_sign_of_life_is_read_and_confirmed() -> None:
    read = read_frame(HANDSHAKE)
    assert (read.serial, read.version, read.command, read.adu) == (0x69, (0x10, 0), SEND, b"\x16")
    assert write_frame(read) == HANDSHAKE
    assert parse(HANDSHAKE).samples == []


def test_published_analogue_objects() -> None:
    (samples,) = parse(frame(ANALOG_ADU)).samples
    assert samples.device == "0000322C312C"
    assert samples.keys == ("1-2-40-67305985-3", "13-3-121-100992003-2")
    assert list(samples.values) == [80.0, 204.81]
    assert samples.units == ("degC", "m")
    assert list(samples.measured_at_ms) == [AT_MS, AT_MS + 1000]  # type: ignore[arg-type]


def test_a_captured_smoke_detector_in_fire() -> None:
    (samples,) = parse(SMOKE).samples
    assert samples.device == "0000322C312C"
    state = dict(zip(samples.keys, samples.values, strict=True))
    assert {key for key, value in state.items() if value} == {"1-1-42-65537-fire"}
    assert len(state) == 9


@pytest.mark.parametrize(
    ("analog", "value", "unit"),
    [
        (1, 5.0, ""),
        (2, 3.21, "m"),
        (3, -12.5, "degC"),
        (4, 0.3, "MPa"),
        (5, 101.3, "kPa"),
        (6, 25.0, "%LEL"),
        (7, 60.0, "s"),
        (8, 220.5, "V"),
        (9, 1.5, "A"),
        (10, 12.3, "L/s"),
        (11, 4.4, "m3/min"),
        (12, 7.0, "m/s"),
        (200, -32768.0, ""),
    ],
)
def test_every_analogue_type_has_its_step_and_unit(analog: int, value: float, unit: str) -> None:
    (samples,) = parse(encode(SOURCE, [Analog(1, 1, 10, 65537, analog, value)], AT_MS)).samples
    assert list(samples.values) == [value]
    assert (samples.units or ("",)) == (unit,)


def test_states_of_systems_and_of_the_device_itself() -> None:
    (system,) = parse(encode(SOURCE, [State(1, 0, 0b10_0001_0000_0011)], AT_MS)).samples
    on = [key for key, value in zip(system.keys, system.values, strict=True) if value]
    assert on == ["1-0-normal", "1-0-fire", "1-0-mains_fault", "1-0-reset"]
    (device,) = parse(frame(bytes([21, 1, 0b0100_0101]) + LABEL)).samples
    on = [key for key, value in zip(device.keys, device.values, strict=True) if value]
    assert on == ["device-normal", "device-fault", "device-line_fault"]


def test_a_time_that_is_none_costs_trust_alone() -> None:
    bad = frame(ANALOG_ADU.replace(LABEL, bytes([61, 0, 9, 2, 13, 21])))
    (samples,) = parse(bad).samples
    assert list(samples.measured_at_ms) == [UNREADABLE_TIME_MS, AT_MS + 1000]  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [4, 5, 6, 7, 8, 24, 25, 26, 28])
def test_what_is_no_reading_is_let_pass(kind: int) -> None:
    assert parse(frame(bytes([kind, 1, 0, 0, 0, 0]))) == Parsed()


def test_unknown_types_and_wrong_counts_are_told() -> None:
    assert parse(frame(bytes([99, 1, 2, 3]))).faults == [(Reason.WRONG_SHAPE, "type 99 is not known")]
    short = parse(frame(bytes([3, 3]) + ANALOG_ADU[2:]))
    assert len(short.samples[0].keys) == 2
    assert short.faults[0][0] is Reason.WRONG_SHAPE
    assert parse(frame(bytes([3, 1, 1, 2]))).samples == []


def test_what_the_centre_sends_holds_no_readings() -> None:
    assert parse(frame(ANALOG_ADU, CONFIRM)) == Parsed()


def test_a_confirmation_turns_the_addresses_round_and_keeps_the_serial() -> None:
    sent = read_frame(frame(ANALOG_ADU))
    answer = confirmation(sent)
    assert answer is not None
    read = read_frame(answer)
    assert (read.serial, read.version, read.command) == (sent.serial, sent.version, CONFIRM)
    assert (read.source, read.destination, read.time, read.adu) == (sent.destination, sent.source, LABEL, b"")
    for command in (CONFIRM, DENY):
        assert confirmation(msgspec.structs.replace(sent, command=command)) is None


def test_confirmations_over_mqtt_go_to_the_topic_given() -> None:
    ((topic, payload),) = Gb26875Codec(answer_topic="fire/{device}/down").parse("t", frame(ANALOG_ADU), AT_MS).answers
    assert topic == "fire/0000322C312C/down"
    assert read_frame(payload).command == CONFIRM


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda b: b"", Reason.MALFORMED),
        (lambda b: b[:-1], Reason.MALFORMED),
        (lambda b: b + b"#", Reason.MALFORMED),
        (lambda b: b"@A" + b[2:], Reason.MALFORMED),
        (lambda b: b[:-1] + b"x", Reason.MALFORMED),
        (lambda b: b[:24] + b"\xff\xff" + b[26:], Reason.MALFORMED),
        (lambda b: b[:30] + bytes([b[30] ^ 1]) + b[31:], Reason.CHECKSUM),
    ],
)
def test_damage_is_named(damage: "object", reason: Reason) -> None:
    with pytest.raises(PayloadError) as error:
        parse(damage(frame(ANALOG_ADU)))  # type: ignore[operator]
    assert error.value.reason is reason


def test_a_text_too_long_and_a_value_too_large_for_the_encoder() -> None:
    state = State(1, 1, 2, 40, 1, "7楼02室会议室烟感" * 5)
    assert len(parse(encode(SOURCE, [state, replace(state, bits=0)], AT_MS)).samples[0].keys) == 18
    with pytest.raises(ValueError, match="short format"):
        encode(SOURCE, [Analog(1, 1, 1, 1, 3, 4000.0)], AT_MS)


def test_what_is_remembered_is_bounded() -> None:
    codec = Gb26875Codec()
    for i in range(11_000):
        codec.parse("t", encode(SOURCE, [Analog(1, 1, 1, i, 3, 1.0)], AT_MS), AT_MS)
        codec.parse("t", encode(SOURCE, [State(1, 1, 1, 1, i)], AT_MS), AT_MS)
    assert len(codec._shapes) <= 10_000
    assert len(codec._state_keys) <= 10_000
