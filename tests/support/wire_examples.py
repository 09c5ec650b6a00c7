"""Valid messages of every wire form, mostly from its platform's documentation, and the samples they hold."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from ingest.codecs.alink import Alink
from ingest.codecs.gb26875 import Gb26875Codec
from ingest.codecs.hj212 import Hj212Codec
from ingest.codecs.hj212.packet import write_packet
from ingest.codecs.iotda import Iotda
from ingest.codecs.mapping import MappingCodec
from ingest.codecs.mapping.schema import Mapping
from ingest.codecs.opcua_json import OpcuaJson
from ingest.codecs.plain import Plain
from ingest.codecs.port import Codec, Parsed
from ingest.codecs.sparkplug import SparkplugCodec
from ingest.codecs.thingsboard import Thingsboard, ThingsboardGateway
from plant.quality import NO_TIME_MS
from simulators.wire import gb26875
from simulators.wire.sparkplug import EdgeNode

NOW_MS = 1_732_190_000_500


class Sample(NamedTuple):
    """One row of `Samples`."""

    device: str
    key: str
    measured_at_ms: int
    value: float | None
    quality: int = 0
    unit: str = ""


@dataclass(frozen=True)
class Example:
    """A message, and what it says. `make` makes a codec that has seen nothing yet."""

    name: str
    make: Callable[[], Codec]
    topic: str
    payload: bytes
    samples: tuple[Sample, ...]
    before: tuple[tuple[str, bytes], ...] = ()
    """(topic, payload) that must have come earlier."""
    set_aside: tuple[str, ...] = ()
    """Details of what is not a number."""

    def codec(self) -> Codec:
        """One that has seen what must have come earlier."""
        codec = self.make()
        for topic, payload in self.before:
            codec.parse(topic, payload, NOW_MS)
        return codec


def rows_of(parsed: Parsed) -> list[Sample]:
    """All samples of a message, one by one, after checking that the columns keep the port's promises."""
    rows = []
    for samples in parsed.samples:
        count = len(samples.keys)
        times = samples.measured_at_ms
        columns = [samples.values, samples.qualities or bytes(count), samples.units or [""] * count]
        columns.append([times] * count if isinstance(times, int) else times)
        assert {len(column) for column in columns} == {count}
        assert all(value is None or type(value) is float for value in samples.values)
        assert all(type(time) is int and NO_TIME_MS <= time < 2**63 for time in columns[3])
        assert all(quality in (0, 1, 2) for quality in columns[1])
        rows += [
            Sample(samples.device, key, time, value, quality, unit)
            for key, value, quality, unit, time in zip(samples.keys, *columns, strict=True)
        ]
    return rows


GATEWAY_MAPPING = Mapping.model_validate(
    {
        "records": "data.sensors[*]",
        "device": "$.gw.sn",
        "time": {"path": "at", "format": "%Y-%m-%d %H:%M:%S", "timezone": "Asia/Shanghai"},
        "quality": {"path": "state", "map": {"0": "good", "1": "bad"}},
        "values": [{"key_path": "code", "path": "val[0]", "unit_path": "unit"}, {"key": "battery", "path": "bat"}],
        "words": {"open": 1, "closed": 0},
    }
)

EDGE = EdgeNode("E1", "N1")
EDGE_BIRTHS = (
    EDGE.birth({"a": 1.0}, NOW_MS),
    EDGE.birth({"Gas/CH4": 1.0, "Gas/H2S": None}, NOW_MS, device="D1"),
)
EDGE_DATA = EDGE.data({"Gas/CH4": 12.5, "Gas/H2S": None}, NOW_MS - 500, device="D1")

EXAMPLES = (
    Example(
        "thingsboard flat",
        Thingsboard,
        "v1/devices/me/telemetry",
        b'{"key1": 12.5, "key2": true, "key3": null, "key4": 3}',
        (
            Sample("", "key1", NO_TIME_MS, 12.5),
            Sample("", "key2", NO_TIME_MS, 1.0),
            Sample("", "key3", NO_TIME_MS, None),
            Sample("", "key4", NO_TIME_MS, 3.0),
        ),
    ),
    Example(
        "thingsboard list",
        Thingsboard,
        "v1/devices/me/telemetry",
        b'[{"ts": 1451649600512, "values": {"key1": 1.5}}, {"key2": 2.5}]',
        (Sample("", "key1", 1451649600512, 1.5), Sample("", "key2", NO_TIME_MS, 2.5)),
    ),
    Example(
        "thingsboard with time",
        Thingsboard,
        "v1/devices/me/telemetry",
        b'{"ts":1451649600512, "values":{"key1":1, "key2":2.5}}',
        (Sample("", "key1", 1451649600512, 1.0), Sample("", "key2", 1451649600512, 2.5)),
    ),
    Example(
        "thingsboard gateway",
        ThingsboardGateway,
        "v1/gateway/telemetry",
        b'{"Device A":[{"ts":1483228800000,"values":{"temperature":42,"humidity":80}},'
        b'{"ts":1483228801000,"values":{"temperature":43,"humidity":82}}],'
        b'"Device B":[{"ts":1483228800000,"values":{"temperature":42,"humidity":80}}]}',
        (
            Sample("Device A", "temperature", 1483228800000, 42.0),
            Sample("Device A", "humidity", 1483228800000, 80.0),
            Sample("Device A", "temperature", 1483228801000, 43.0),
            Sample("Device A", "humidity", 1483228801000, 82.0),
            Sample("Device B", "temperature", 1483228800000, 42.0),
            Sample("Device B", "humidity", 1483228800000, 80.0),
        ),
    ),
    Example(
        "alink",
        Alink,
        "/sys/a1BwAGV/light/thing/event/property/post",
        b'{"id":"123","version":"1.0","sys":{"ack":0},"params":{"Power":{"value":1,"time":1524448722000},'
        b'"WF":{"value":23.6,"time":1524448722001}},"method":"thing.event.property.post"}',
        (Sample("a1BwAGV/light", "Power", 1524448722000, 1.0), Sample("a1BwAGV/light", "WF", 1524448722001, 23.6)),
    ),
    Example(
        "alink bare and mixed",
        Alink,
        "/sys/pk/dn/thing/event/property/post",
        b'{"params":{"level":3.5,"gas":{"value":null,"time":1524448722000},"on":true}}',
        (
            Sample("pk/dn", "level", NO_TIME_MS, 3.5),
            Sample("pk/dn", "gas", 1524448722000, None),
            Sample("pk/dn", "on", NO_TIME_MS, 1.0),
        ),
    ),
    Example(
        "alink pack",
        Alink,
        "/sys/pk/gw/thing/event/property/pack/post",
        b'{"id":"1","params":{"properties":{"Power":{"value":2,"time":1524448722000}},"events":{},'
        b'"subDevices":[{"identity":{"productKey":"p2","deviceName":"d2"},'
        b'"properties":{"WF":{"value":5,"time":1524448722000}}}]}}',
        (Sample("pk/gw", "Power", 1524448722000, 2.0), Sample("p2/d2", "WF", 1524448722000, 5.0)),
    ),
    Example(
        "iotda",
        Iotda,
        "$oc/devices/5fdb75cccbfe2f02ce81d4bf_dev/sys/properties/report",
        b'{"services":[{"service_id":"Temperature","properties":{"value":57,"value2":60},'
        b'"event_time":"20151212T121212Z"},{"service_id":"Battery","properties":{"level":80,"level2":90},'
        b'"event_time":"20151212T121212Z"}]}',
        tuple(
            Sample("5fdb75cccbfe2f02ce81d4bf_dev", key, 1449922332000, value)
            for key, value in {
                "Temperature.value": 57.0,
                "Temperature.value2": 60.0,
                "Battery.level": 80.0,
                "Battery.level2": 90.0,
            }.items()
        ),
    ),
    Example(
        "iotda gateway",
        Iotda,
        "$oc/devices/gw/sys/gateway/sub_devices/properties/report",
        b'{"devices":[{"device_id":"d1","services":[{"service_id":"S","properties":{"k":1.5,"on":true}}]},'
        b'{"device_id":"d2","services":[{"service_id":"S","properties":{"k":2},"event_time":"20151212T121212Z"}]}]}',
        (
            Sample("d1", "S.k", NO_TIME_MS, 1.5),
            Sample("d1", "S.on", NO_TIME_MS, 1.0),
            Sample("d2", "S.k", 1449922332000, 2.0),
        ),
    ),
    Example(
        "opcua network message",
        OpcuaJson,
        "opcua/json/data/plc7",
        b'{"MessageId":"1","MessageType":"ua-data","PublisherId":"plc7","Messages":[{"DataSetWriterId":62541,'
        b'"SequenceNumber":4,"Timestamp":"2024-11-21T11:53:20.5Z","Payload":{"Level":2.5,"Count":3}}]}',
        (Sample("plc7", "Level", 1732190000500, 2.5), Sample("plc7", "Count", 1732190000500, 3.0)),
    ),
    Example(
        "opcua single message, variants and data values",
        lambda: OpcuaJson(key_with_writer=True),
        "opcua/json/data/plc7",
        b'{"MessageId":"1","MessageType":"ua-data","PublisherId":"plc7","Messages":{"DataSetWriterId":7,"Payload":{'
        b'"a":{"Type":10,"Body":1.5},"b":{"Value":{"Type":8,"Body":"42"},"SourceTimestamp":"2024-11-21T11:53:20Z"},'
        b'"c":{"Value":5,"StatusCode":{"Code":2147483648,"Symbol":"Bad"}},"d":{"Value":6,"Status":1073741824},'
        b'"e":{"UaType":11,"Value":"NaN"},"f":{"Type":1,"Body":true}}}}',
        (
            Sample("plc7", "7.a", NO_TIME_MS, 1.5),
            Sample("plc7", "7.b", 1732190000000, 42.0),
            Sample("plc7", "7.c", NO_TIME_MS, 5.0, 2),
            Sample("plc7", "7.d", NO_TIME_MS, 6.0, 1),
            Sample("plc7", "7.e", NO_TIME_MS, float("nan")),
            Sample("plc7", "7.f", NO_TIME_MS, 1.0),
        ),
    ),
    Example(
        "opcua examples of part 14, A.3.4.5",
        OpcuaJson,
        "opcua/json",
        b'{"MessageId":"9279c0b3-da88-45a4-af74-451cebf82db0","MessageType":"ua-data","PublisherId":"MyPublisher",'
        b'"Messages":[{"DataSetWriterId":101,"Timestamp":"2021-09-27T18:45:19.555Z","Payload":{"Active":true,'
        b'"Temperature":25.5,"AdditionalInfo":"The system is running normally (1)"}},{"DataSetWriterId":102,'
        b'"Timestamp":"2021-09-27T18:45:19.555Z","Status":1073741824,"Payload":{"Coordinate":{"X":0,"Y":0.2},'
        b'"Measurements":[20030,20020],"Int64Value":"1","DoubleValue":0.5}}]}',
        (
            Sample("MyPublisher", "Active", 1632768319555, 1.0),
            Sample("MyPublisher", "Temperature", 1632768319555, 25.5),
            Sample("MyPublisher", "Int64Value", 1632768319555, 1.0, 1),
            Sample("MyPublisher", "DoubleValue", 1632768319555, 0.5, 1),
        ),
        set_aside=("AdditionalInfo", "Coordinate", "Measurements"),
    ),
    Example(
        "opcua single message without an envelope, part 14, A.3.3.5",
        OpcuaJson,
        "opcua/json",
        b'{"PublisherId":"MyPublisher","DataSetWriterId":101,"SequenceNumber":68468,"MinorVersion":672341762,'
        b'"Timestamp":"2021-09-27T18:45:19.555Z","Payload":{"Temperature":{"Value":25.5,'
        b'"Status":{"Code":1073741824,"Symbol":"Uncertain"},"SourceTimestamp":"2021-09-27T11:32:38.349925Z"},'
        b'"Counter":{"Value":0}}}',
        (
            Sample("MyPublisher", "Temperature", 1632742358349, 25.5, 1),
            Sample("MyPublisher", "Counter", 1632768319555, 0.0),
        ),
    ),
    Example("plain", Plain, "plc/1/level", b"12.3", (Sample("", "", NO_TIME_MS, 12.3),)),
    Example(
        "plain with a unit",
        Plain,
        "plc/1/h2s",
        b" -1.5e1 mg/m3\r\n",
        (Sample("", "", NO_TIME_MS, -15.0, 0, "mg/m3"),),
    ),
    Example(
        "plain word",
        lambda: Plain(on=("ON", "true"), off=("OFF", "false")),
        "plc/1/fan",
        b"On",
        (Sample("", "", NO_TIME_MS, 1.0),),
    ),
    Example(
        "mapping of records",
        lambda: MappingCodec(GATEWAY_MAPPING),
        "any",
        b'{"gw":{"sn":"G7"},"data":{"sensors":[{"code":"T1","val":[21.5],"unit":"degC","at":"2024-11-21 19:53:20",'
        b'"state":0},{"code":"D1","val":["open"],"at":"2024-11-21 19:53:21","state":1,"bat":3.6}]}}',
        (
            Sample("G7", "T1", 1732190000000, 21.5, 0, "degC"),
            Sample("G7", "D1", 1732190001000, 1.0, 2),
            Sample("G7", "battery", 1732190001000, 3.6, 2),
        ),
    ),
    Example(
        "mapping of members",
        lambda: MappingCodec(
            Mapping.model_validate({"time": {"path": "t", "format": "s"}, "values": [{"members": "d"}]})
        ),
        "any",
        b'[{"t":1732190000,"d":{"a":1,"b":2.5}},{"t":1732190001.5,"d":{"a":null}}]',
        (
            Sample("", "a", 1732190000000, 1.0),
            Sample("", "b", 1732190000000, 2.5),
            Sample("", "a", 1732190001500, None),
        ),
    ),
    Example(
        "sparkplug birth",
        SparkplugCodec,
        *EDGE_BIRTHS[1],
        (Sample("E1/N1/D1", "Gas/CH4", NOW_MS, 1.0), Sample("E1/N1/D1", "Gas/H2S", NOW_MS, None)),
        before=EDGE_BIRTHS[:1],
    ),
    Example(
        "sparkplug data by alias",
        SparkplugCodec,
        *EDGE_DATA,
        (Sample("E1/N1/D1", "Gas/CH4", NOW_MS - 500, 12.5), Sample("E1/N1/D1", "Gas/H2S", NOW_MS - 500, None)),
        before=EDGE_BIRTHS,
    ),
    Example(
        "hj212 real-time data",
        Hj212Codec,
        "any",
        write_packet(
            b"QN=20160801085857223;ST=31;CN=2011;PW=123456;MN=010000A8900016F000169DC0;Flag=5;"
            b"CP=&&DataTime=20160801085857;a01001-Rtd=25.5,a01001-Flag=N;LA-Rtd=50.1,LA-Flag=D&&"
        ),
        (
            Sample("010000A8900016F000169DC0", "a01001-Rtd", 1_470_013_137_000, 25.5),
            Sample("010000A8900016F000169DC0", "LA-Rtd", 1_470_013_137_000, 50.1, 2),
        ),
    ),
    Example(
        "gb26875 analogue value",
        Gb26875Codec,
        "any",
        gb26875.encode(bytes([1, 2, 3, 4, 5, 6]), [gb26875.Analog(1, 2, 10, 65537, 6, 25.5)], 1_625_187_604_000),
        (Sample("060504030201", "1-2-10-65537-6", 1_625_187_604_000, 25.5, 0, "%LEL"),),
    ),
)  # fmt: skip
"""Register a form here, and the whole contract suite runs on it."""
