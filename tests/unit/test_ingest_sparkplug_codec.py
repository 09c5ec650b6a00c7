"""Sparkplug B 3.0: births, data, deaths, gaps, rebirths, data types, quality, bounds."""

import math
from typing import Any

import pytest

from ingest.codecs.port import Parsed, PayloadError
from ingest.codecs.sparkplug import SparkplugCodec
from ingest.codecs.sparkplug.schema import Payload
from ingest.reason import Reason
from plant.quality import NO_TIME_MS, UNREADABLE_TIME_MS, Quality
from simulators.wire.sparkplug import EdgeNode, encode

AT_MS = 1_732_190_000_000
COMMAND = "spBv1.0/G/NCMD/N"
UNCERTAIN = Quality.UNCERTAIN


class Session:
    """A codec and an edge node that talk; `say` is one message at a time of our choice."""

    def __init__(self) -> None:
        self.codec = SparkplugCodec()
        self.node = EdgeNode("G", "N", bd_seq=7)
        self.now_ms = AT_MS

    def say(self, message: tuple[str, bytes], after_ms: int = 1000) -> Parsed:
        self.now_ms += after_ms
        return self.codec.parse(*message, self.now_ms)

    def born(self) -> "Session":
        self.say(self.node.birth({"a": 1.0}, AT_MS))
        self.say(self.node.birth({"b": 2.0, "c": 3.0}, AT_MS, device="D"))
        return self


def readings(parsed: Parsed) -> dict[str, float | None]:
    return {f"{s.device}:{k}": v for s in parsed.samples for k, v in zip(s.keys, s.values, strict=True)}


def grades(parsed: Parsed) -> list[int]:
    return [q for s in parsed.samples for q in (s.qualities or bytes(len(s.keys)))]


def asked(parsed: Parsed) -> bool:
    if not parsed.answers:
        return False
    ((topic, payload),) = parsed.answers
    (metric,) = Payload.FromString(payload).metrics
    assert (topic, metric.name, metric.boolean_value) == (COMMAND, b"Node Control/Rebirth", True)
    return True


def message(kind: str, *metrics: dict[str, Any], seq: int | None = 0, **members: Any) -> tuple[str, bytes]:
    payload = Payload(**({} if seq is None else {"seq": seq}), **{"timestamp": AT_MS, **members})
    for metric in metrics:
        payload.metrics.add(**metric)
    return f"spBv1.0/G/{kind}/N" + ("/D" if kind[0] == "D" else ""), payload.SerializeToString()


def one(datatype: int, **member: Any) -> Parsed:
    """A birth of one metric with the value given."""
    return Session().say(message("NBIRTH", {"name": b"x", "datatype": datatype, **member}))


def test_births_are_readings_and_session_metrics_are_not() -> None:
    session = Session()
    parsed = session.say(session.node.birth({"a": 1.0, "none": None}, AT_MS))
    assert readings(parsed) == {"G/N:a": 1.0, "G/N:none": None}
    assert parsed.samples[0].measured_at_ms == [AT_MS, AT_MS]
    assert (parsed.answers, parsed.faults, grades(parsed)) == ([], [], [0, 0])


def test_data_by_alias_of_node_and_device() -> None:
    session = Session().born()
    parsed = session.say(session.node.data({"a": 1.5}, AT_MS + 1))
    assert readings(parsed) == {"G/N:a": 1.5}
    parsed = session.say(session.node.data({"c": -3.5, "b": 0.0}, AT_MS + 2, device="D"))
    assert readings(parsed) == {"G/N/D:c": -3.5, "G/N/D:b": 0.0}
    assert parsed.samples[0].measured_at_ms == [AT_MS + 2, AT_MS + 2]
    assert not asked(parsed)


def test_data_by_name_needs_no_alias() -> None:
    session = Session()
    session.say(message("NBIRTH", {"name": b"x", "datatype": 1, "int_value": 5}))
    parsed = session.say(message("NDATA", {"name": b"x", "int_value": 255}, seq=1))
    assert readings(parsed) == {"G/N:x": -1.0}
    assert not asked(parsed)


def test_an_alias_of_another_device_is_not_taken() -> None:
    session = Session().born()
    parsed = session.say(message("NDATA", {"alias": 2, "double_value": 9.0}, seq=2))
    assert parsed.samples == []
    assert parsed.faults == [(Reason.UNKNOWN_ALIAS, "alias 2")]
    assert asked(parsed)


def test_alias_0_is_an_alias() -> None:
    session = Session()
    session.say(message("NBIRTH", {"name": b"x", "alias": 0, "datatype": 10, "double_value": 1.0}))
    assert readings(session.say(message("NDATA", {"alias": 0, "double_value": 2.0}, seq=1))) == {"G/N:x": 2.0}
    assert session.say(message("NDATA", {"double_value": 2.0}, seq=2)).faults == [(Reason.UNKNOWN_ALIAS, "alias 0")]


def test_numbers_run_round_at_256() -> None:
    session = Session().born()
    for i in range(600):
        assert not asked(session.say(session.node.data({"a": float(i)}, AT_MS + i)))


def test_a_gap_asks_for_a_rebirth_and_costs_trust_until_it_comes() -> None:
    session = Session().born()
    session.node.data({"a": 1.0}, AT_MS)  # lost on its way
    parsed = session.say(session.node.data({"a": 2.0}, AT_MS))
    assert asked(parsed)
    assert (readings(parsed), grades(parsed)) == ({"G/N:a": 2.0}, [UNCERTAIN])
    again = session.say(session.node.data({"a": 3.0}, AT_MS))
    assert not asked(again)  # not with each message
    assert grades(again) == [UNCERTAIN]
    assert asked(session.say(session.node.data({"a": 3.0}, AT_MS), after_ms=30_000))
    session.say(session.node.birth({"a": 4.0}, AT_MS))
    session.say(session.node.birth({"b": 4.0, "c": 1.0}, AT_MS, device="D"))
    assert grades(session.say(session.node.data({"a": 3.0}, AT_MS), after_ms=60_000)) == [0]


def test_a_lost_node_birth_shows_by_its_numbers() -> None:
    session = Session().born()
    session.say(session.node.data({"a": 1.0}, AT_MS))
    session.node.birth({"other": 1.0, "a": 1.0}, AT_MS + 1)  # lost: alias 1 is another metric now
    for _ in range(4):  # one of them has the number of the last one before
        parsed = session.say(session.node.data({"other": 2.0}, AT_MS + 2))
        assert (readings(parsed), grades(parsed)) == ({"G/N:a": 2.0}, [UNCERTAIN])


def test_a_message_that_comes_twice_is_no_gap() -> None:
    session = Session().born()
    data = session.node.data({"a": 1.0}, AT_MS)
    session.say(data)
    assert not asked(session.say(data))
    assert grades(session.say(session.node.data({"a": 2.0}, AT_MS))) == [0]


def test_a_sender_without_numbers_is_never_asked() -> None:
    session = Session()
    session.say(message("NBIRTH", {"name": b"x", "datatype": 10, "double_value": 1.0}, seq=None))
    for _ in range(3):
        assert not asked(session.say(message("NDATA", {"name": b"x", "double_value": 1.0}, seq=None)))


def test_data_before_birth_asks_and_takes_what_explains_itself() -> None:
    parsed = Session().say(
        message(
            "NDATA",
            {"name": b"d", "double_value": 1.5},
            {"name": b"b", "boolean_value": True},
            {"name": b"typed", "datatype": 2, "int_value": 65535},
            {"name": b"signed or not", "int_value": 255},
            {"alias": 5, "double_value": 2.0},
            seq=17,
        )
    )
    assert readings(parsed) == {"G/N:d": 1.5, "G/N:b": 1.0, "G/N:typed": -1.0}
    assert grades(parsed) == [UNCERTAIN] * 3
    assert parsed.faults == [(Reason.WRONG_TYPE, "signed or not"), (Reason.UNKNOWN_ALIAS, "alias 5")]
    assert asked(parsed)


def test_after_our_own_restart_the_next_message_asks() -> None:
    session = Session().born()
    session.codec = SparkplugCodec()
    parsed = session.say(session.node.data({"b": 1.0}, AT_MS, device="D"))
    assert (parsed.samples, asked(parsed)) == ([], True)
    session.say(session.node.birth({"a": 1.0}, AT_MS))
    session.say(session.node.birth({"b": 2.0}, AT_MS, device="D"))
    assert grades(session.say(session.node.data({"b": 1.0}, AT_MS, device="D"))) == [0]


def test_a_device_birth_before_its_nodes_is_read_and_asks() -> None:
    session = Session()
    session.node.birth({"a": 1.0}, AT_MS)
    parsed = session.say(session.node.birth({"b": 2.0}, AT_MS, device="D"))
    assert (readings(parsed), asked(parsed)) == ({"G/N/D:b": 2.0}, True)
    assert readings(session.say(session.node.data({"b": 5.0}, AT_MS, device="D"))) == {"G/N/D:b": 5.0}


def test_device_data_before_the_device_birth_asks() -> None:
    session = Session()
    session.say(session.node.birth({"a": 1.0}, AT_MS))
    assert asked(session.say(message("DDATA", {"alias": 9, "double_value": 1.0}, seq=1)))


def test_a_device_death_is_that_device_alone() -> None:
    session = Session().born()
    parsed = session.say(session.node.device_death("D", AT_MS))
    assert (parsed.down, asked(parsed)) == (["G/N/D"], False)
    assert grades(session.say(session.node.data({"a": 2.0}, AT_MS))) == [0]
    assert asked(session.say(session.node.data({"b": 2.0}, AT_MS, device="D")))


def test_a_node_death_is_the_node_and_all_its_devices() -> None:
    session = Session().born()
    assert session.say(session.node.death()).down == ["G/N", "G/N/D"]
    assert asked(session.say(session.node.data({"a": 2.0}, AT_MS)))


def test_a_death_of_an_earlier_session_changes_nothing() -> None:
    session = Session().born()
    death = session.node.death()
    session.say(session.node.birth({"a": 1.0}, AT_MS))
    assert session.say(death).down == []
    assert grades(session.say(session.node.data({"a": 2.0}, AT_MS))) == [0]
    assert session.say(session.node.death()).down == ["G/N"]


def test_a_death_of_a_node_that_nobody_knows_is_believed() -> None:
    assert Session().say(EdgeNode("G", "N").death()).down == ["G/N"]


@pytest.mark.parametrize(
    ("datatype", "member", "value"),
    [
        (1, {"int_value": 0xFF}, -1.0),
        (1, {"int_value": 0xFFFFFFFF}, -1.0),
        (2, {"int_value": 0x8000}, -32768.0),
        (3, {"int_value": 0xFFFFFFFE}, -2.0),
        (4, {"long_value": 2**64 - 3}, -3.0),
        (4, {"int_value": 5}, 5.0),
        (5, {"int_value": 255}, 255.0),
        (6, {"int_value": 65535}, 65535.0),
        (7, {"int_value": 2**32 - 1}, 4294967295.0),
        (7, {"long_value": 2**32 - 1}, 4294967295.0),
        (8, {"long_value": 2**63}, 2.0**63),
        (9, {"float_value": 0.5}, 0.5),
        (9, {"double_value": 0.1}, 0.1),
        (10, {"double_value": -0.0}, 0.0),
        (11, {"boolean_value": True}, 1.0),
        (11, {"boolean_value": False}, 0.0),
        (13, {"long_value": AT_MS}, float(AT_MS)),
        (10, {"is_null": True}, None),
        (10, {"is_null": True, "double_value": 5.0}, None),
        (1, {"is_null": True}, None),
        (12, {"string_value": b""}, None),
    ],
)
def test_data_types(datatype: int, member: dict[str, Any], value: float | None) -> None:
    parsed = one(datatype, **member)
    assert readings(parsed) == {"G/N:x": value}
    assert parsed.faults == []


def test_not_a_number_stays_one_for_the_batch_to_judge() -> None:
    value = readings(one(10, double_value=math.nan))["G/N:x"]
    assert value is not None
    assert math.isnan(value)


@pytest.mark.parametrize(
    ("datatype", "member", "reason"),
    [
        (10, {}, Reason.WRONG_TYPE),
        (10, {"int_value": 5}, Reason.WRONG_TYPE),
        (3, {"double_value": 5.0}, Reason.WRONG_TYPE),
        (12, {"string_value": b"12.5"}, Reason.NUMBER_AS_STRING),
        (12, {"string_value": b"open"}, Reason.WRONG_TYPE),
        (14, {"string_value": b"\xff"}, Reason.WRONG_TYPE),
        (16, {"dataset_value": b"\x08\x01"}, Reason.WRONG_TYPE),
        (17, {"bytes_value": b"abc"}, Reason.WRONG_TYPE),
        (19, {"template_value": b"\x12\x00"}, Reason.WRONG_TYPE),
        (19, {"is_null": True}, Reason.WRONG_TYPE),
        (99, {"double_value": 1.0}, Reason.WRONG_TYPE),
    ],
)
def test_what_is_no_number_is_set_aside(datatype: int, member: dict[str, Any], reason: Reason) -> None:
    parsed = one(datatype, **member)
    assert (parsed.samples, parsed.faults) == ([], [(reason, "x")])


@pytest.mark.parametrize(
    ("code", "quality"),
    [(192, Quality.GOOD), (0, Quality.BAD), (500, Quality.BAD), (64, Quality.UNCERTAIN), (216, Quality.GOOD)],
)
def test_the_quality_property(code: int, quality: Quality) -> None:
    payload = Payload(seq=0, timestamp=AT_MS)
    for name in (b"x", b"y"):
        payload.metrics.add(name=name, datatype=10, double_value=1.0)
    payload.metrics[0].properties.keys.extend([b"engUnit", b"Quality"])
    payload.metrics[0].properties.values.add(type=12, string_value=b"ppm")
    payload.metrics[0].properties.values.add(type=3, int_value=code)
    parsed = Session().say(("spBv1.0/G/NBIRTH/N", payload.SerializeToString()))
    assert grades(parsed) == [quality, Quality.GOOD]


def test_times_of_metric_message_or_none() -> None:
    metrics = [
        {"name": b"a", "double_value": 1.0, "datatype": 10, "is_historical": True, "timestamp": 1_500_000_000_000}
    ]
    metrics += [{"name": b"b", "double_value": 1.0, "datatype": 10}]
    metrics += [{"name": b"c", "double_value": 1.0, "datatype": 10, "timestamp": 2**64 - 1}]
    parsed = Session().say(message("NBIRTH", *metrics))
    assert parsed.samples[0].measured_at_ms == [1_500_000_000_000, AT_MS, UNREADABLE_TIME_MS]
    parsed = Session().say(message("NBIRTH", metrics[1], timestamp=0))
    assert parsed.samples[0].measured_at_ms == [NO_TIME_MS]


@pytest.mark.parametrize("topic", ["spBv1.0/STATE/host", "spBv1.0/G/NCMD/N", "spBv1.0/G/DCMD/N/D"])
def test_what_is_not_for_us_is_let_pass(topic: str) -> None:
    assert SparkplugCodec().parse(topic, b"{", AT_MS) == Parsed()


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "x",
        "spBv1.0/G/NDATA",
        "spBv1.0/G/NDATA/N/D",
        "spBv1.0/G/DDATA/N",
        "spBv1.0/G/XDATA/N",
        "spBv1.0//NDATA/N",
        "spAv1.0/G/NDATA/N",
        "spBv1.0/G/DDATA/N/D/E",
        f"spBv1.0/{'g' * 300}/NDATA/N",
    ],
)
def test_other_topics_are_refused(topic: str) -> None:
    with pytest.raises(PayloadError) as error:
        SparkplugCodec().parse(topic, b"", AT_MS)
    assert error.value.reason is Reason.UNKNOWN_TOPIC


def test_bytes_that_are_no_message() -> None:
    with pytest.raises(PayloadError) as error:
        SparkplugCodec().parse("spBv1.0/G/NDATA/N", b"\x0f\xff\xff", AT_MS)
    assert error.value.reason is Reason.MALFORMED


def test_names_that_are_none() -> None:
    metrics = [{"name": name, "datatype": 10, "double_value": 1.0} for name in (b"\xff", b"x" * 300, b"ok")]
    parsed = Session().say(message("NBIRTH", *metrics))
    assert readings(parsed) == {"G/N:ok": 1.0}
    assert [reason for reason, _ in parsed.faults] == [Reason.WRONG_SHAPE] * 2


def test_births_are_remembered_within_a_bound() -> None:
    codec = SparkplugCodec(max_metrics=1_000)
    for i in range(200):
        codec.parse(*EdgeNode("G", f"N{i}").birth({f"m{k}": 1.0 for k in range(10)}, AT_MS), AT_MS)
        codec.parse(*message("NDATA", {"alias": 1, "double_value": 1.0}), AT_MS)
    assert codec.nodes.metrics <= 1_000
    assert 10 < len(codec.nodes) < 50
    forgotten = EdgeNode("G", "N0")
    forgotten.birth({"m0": 1.0}, AT_MS)
    topic, payload = forgotten.data({"m0": 2.0}, AT_MS)
    assert codec.parse(topic, payload, AT_MS).answers


def test_the_plain_encoder_is_understood() -> None:
    assert readings(SparkplugCodec().parse(*encode("G", "N", {"k": 2.5}, AT_MS), AT_MS)) == {"G/N:k": 2.5}
