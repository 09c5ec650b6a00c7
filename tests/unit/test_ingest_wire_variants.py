"""What real devices send that is not quite as their wire form says, and what only looks like a reading."""

import pytest
from support.wire_examples import NOW_MS, rows_of

from ingest.codecs.alink import Alink
from ingest.codecs.iotda import Iotda
from ingest.codecs.opcua_json import OpcuaJson
from ingest.codecs.plain import Plain
from ingest.codecs.port import Codec, Parsed, PayloadError, number_of_text
from ingest.codecs.thingsboard import Thingsboard, ThingsboardGateway
from ingest.reason import Reason
from plant.quality import NO_TIME_MS

ALINK = "/sys/pk/dn/thing/event/property/post"
IOTDA = "$oc/devices/d7/sys/properties/report"


def parse(codec: Codec, payload: str | bytes, topic: str = "a/b") -> Parsed:
    return codec.parse(topic, payload.encode() if isinstance(payload, str) else payload, NOW_MS)


def values(parsed: Parsed) -> dict[str, float | None]:
    return {row.key: row.value for row in rows_of(parsed)}


@pytest.mark.parametrize(
    "text",
    [
        "12,3",
        "1,234.5",
        "1.234,5",
        "2024-11-21",
        "12:30:00",
        "12.3.4",
        "0x1F",
        "0xff",
        "1_000",
        "1'234",
        "1 000",
        "12;3",
    ],
)
def test_a_plain_text_that_only_begins_like_a_number_is_no_number(text: str) -> None:
    with pytest.raises(PayloadError) as refused:
        parse(Plain(), text)
    assert (refused.value.reason, refused.value.detail) == (Reason.WRONG_TYPE, text)


@pytest.mark.parametrize(
    ("payload", "value", "unit"),
    [
        ("+12.3", 12.3, ""),
        ("12.3%LEL", 12.3, "%LEL"),
        ("12.3 %", 12.3, "%"),
        ("21.5 ℃", 21.5, "℃"),
        ("21.5°C", 21.5, "°C"),
        ("3µg/m3", 3.0, "µg/m3"),
        ("7 人", 7.0, "人"),
        ("-0.5e-3 MPa", -0.0005, "MPa"),
        ("12.3\0\0", 12.3, ""),
        ("12.3\r\n\0", 12.3, ""),
    ],
)
def test_a_plain_number_with_a_sign_a_unit_or_the_end_of_a_c_string(payload: str, value: float, unit: str) -> None:
    (samples,) = parse(Plain(), payload).samples
    assert (samples.values, samples.units or ("",)) == ([value], (unit,))


@pytest.mark.parametrize(
    ("codec", "topic", "payload", "key"),
    [
        (Thingsboard(), "a/b", '{"t":"12.3","name":"GT-7"}', "t"),
        (Thingsboard(), "a/b", '{"ts":1732190000123,"values":{"t":" 12.3 ","name":"GT-7"}}', "t"),
        (ThingsboardGateway(), "a/b", '{"D":[{"ts":1732190000123,"values":{"t":"12.3","name":"GT-7"}}]}', "t"),
        (Alink(), ALINK, '{"params":{"t":{"value":"12.3","time":1732190000123},"name":"GT-7"}}', "t"),
        (Iotda(), IOTDA, '{"services":[{"service_id":"S","properties":{"t":"12.3","name":"GT-7"}}]}', "S.t"),
    ],
    ids=["flat", "timed", "gateway", "alink", "iotda"],
)
def test_platforms_whose_devices_put_numbers_in_quotes(codec: Codec, topic: str, payload: str, key: str) -> None:
    parsed = parse(codec, payload, topic)
    assert values(parsed) == {key: 12.3}
    assert [reason for reason, _ in parsed.faults] == [Reason.WRONG_TYPE]


@pytest.mark.parametrize(
    "text", ["0x1F", "1_000", "1,5", "nan", "Infinity", "１２", "12 ppm", "--5", "1e", "9" * 400, "."]
)
def test_text_that_is_no_plain_decimal_number_stays_text(text: str) -> None:
    assert number_of_text(text) == text
    assert values(parse(Thingsboard(), '{"ok":1,"t":"' + text + '"}')) == {"ok": 1.0}


def test_a_time_in_quotes_is_its_time() -> None:
    for payload in (
        '{"ts":"1732190000123","values":{"t":1}}',
        '[{"ts":"1732190000123","values":{"t":1}}]',
    ):
        assert [row.measured_at_ms for row in rows_of(parse(Thingsboard(), payload))] == [1732190000123]
    (row,) = rows_of(parse(Alink(), '{"params":{"t":{"value":1,"time":"1732190000123"}}}', ALINK))
    assert row.measured_at_ms == 1732190000123


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("/sys/pk/dn/thing/service/property/set", '{"method":"thing.service.property.set","params":{"Gas":25}}'),
        ("/sys/pk/dn/thing/event/property/post_reply", '{"code":200,"data":{},"id":"1","params":{"Gas":25}}'),
        ("/sys/pk/dn/thing/event/alarm/post", '{"params":{"value":{"Gas":25},"time":1732190000123}}'),
    ],
)
def test_what_alink_sends_to_a_device_is_no_reading(topic: str, payload: str) -> None:
    assert parse(Alink(), payload, topic) == Parsed()


@pytest.mark.parametrize(
    "topic", ["$oc/devices/d7/sys/properties/set/request_id=1", "$oc/devices/d7/sys/commands/request_id=1"]
)
def test_what_iotda_sends_to_a_device_is_no_reading(topic: str) -> None:
    assert parse(Iotda(), '{"services":[{"service_id":"S","properties":{"t":25}}]}', topic) == Parsed()


@pytest.mark.parametrize(
    ("topic", "device"),
    [
        (IOTDA, "d7"),
        (IOTDA + "?request_id=42", "d7"),
        ("relayed/from/elsewhere", ""),
    ],
)
def test_reports_of_iotda_are_readings_wherever_they_come_from(topic: str, device: str) -> None:
    parsed = parse(Iotda(), '{"services":[{"service_id":"S","properties":{"t":25}}]}', topic)
    assert [(row.device, row.key, row.measured_at_ms) for row in rows_of(parsed)] == [(device, "S.t", NO_TIME_MS)]


@pytest.mark.parametrize("inner", ['"Severity":800', '"Severity":{"Value":800}', '"Severity":"x"'])
def test_opc_ua_events_in_a_network_message_are_no_fields(inner: str) -> None:
    event = '{"MessageType":"ua-event","DataSetWriterId":1,"Payload":{' + inner + "}}"
    frame = '{"MessageType":"ua-deltaframe","DataSetWriterId":2,"Payload":{"Level":3.5}}'
    parsed = parse(OpcuaJson(), f'{{"MessageType":"ua-data","PublisherId":"p","Messages":[{event},{frame}]}}')
    assert (values(parsed), parsed.faults) == ({"Level": 3.5}, [])


def test_an_opc_ua_decimal_is_not_taken_without_its_scale() -> None:
    parsed = parse(OpcuaJson(), '{"Payload":{"a":{"Scale":2,"Value":"12345"},"b":{"Value":{"Scale":2,"Value":"1"}}}}')
    assert values(parsed) == {}
    assert parsed.faults == [(Reason.WRONG_TYPE, "a"), (Reason.WRONG_TYPE, "b")]
    assert values(parse(OpcuaJson(), '{"Payload":{"a":{"Scale":2,"Value":12345}}}')) == {}


def test_an_opc_ua_message_type_that_is_no_text_is_no_fault_of_the_codec() -> None:
    for payload in ('{"MessageType":[],"Messages":[{"Payload":{"a":1}}]}', '{"MessageType":{},"Payload":{"a":1}}'):
        assert values(parse(OpcuaJson(), payload)) == {"a": 1.0}
