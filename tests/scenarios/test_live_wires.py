"""One device of each JSON and plain wire form on a real broker ends in an alarm of the live service."""

from pathlib import Path

from support.field import Field
from support.live import POINTS, Live, running_broker
from support.waiting import eventually

POINTS_CSV = """\
point,unit,kind,unit_symbol,range_low,range_high,period_s,topic,key,device,gas,ref_temp_c
E1-P1,E1-U,gas.combustible,%LEL,0,100,1,,,,,
E1-P2,E1-U,gas.combustible,%LEL,0,100,1,,gas,Dev 2,,
E1-P3,E1-U,gas.combustible,%LEL,0,100,1,,gas,pk/d3,,
E1-P4,E1-U,gas.combustible,%LEL,0,100,1,,Gas.level,d4,,
E1-P5,E1-U,gas.combustible,%LEL,0,100,1,,Gas,plc5,,
E1-P6,E1-U,gas.combustible,%LEL,0,100,1,plc/6/gas,,,CH4,
E1-P7,E1-U,gas.combustible,%LEL,0,100,1,,G7,gw7,,
E2-P1,E2-U,gas.combustible,%LEL,0,100,1,,,,,
"""

SETTINGS = """\
[[wire]]
topics = ["plant/{enterprise}/{device}/telemetry"]
form = "thingsboard"
[[wire]]
topics = ["v1/gateway/telemetry"]
form = "thingsboard_gateway"
enterprise = "E1"
[[wire]]
topics = ["/sys/+/+/thing/event/property/post"]
form = "alink"
enterprise = "E1"
[[wire]]
topics = ["$oc/devices/+/sys/properties/report"]
form = "iotda"
enterprise = "E1"
[[wire]]
topics = ["opcua/json/#"]
form = "opcua_json"
[[wire]]
topics = ["plc/#"]
form = "plain"
[[wire]]
topics = ["any/{enterprise}"]
form = "mapping"
mapping = "any.yaml"
"""

MAPPING = """\
records: list
device: $.sn
values: [{key_path: id, path: v}]
"""

MESSAGES = {
    "E1-P1": ("plant/E1/D1/telemetry", b'{"E1-P1": 60.0, "E2-P1": 60.0}'),
    "E1-P2": ("v1/gateway/telemetry", b'{"Dev 2": [{"values": {"gas": 60.0, "E2-P1": 60.0}}]}'),
    "E1-P3": ("/sys/pk/d3/thing/event/property/post", b'{"id":"1","params":{"gas":{"value":60.0}}}'),
    "E1-P4": (
        "$oc/devices/d4/sys/properties/report",
        b'{"services":[{"service_id":"Gas","properties":{"level":60.0}}]}',
    ),
    "E1-P5": (
        "opcua/json/plc5",
        b'{"MessageType":"ua-data","PublisherId":"plc5","Messages":[{"DataSetWriterId":1,"Payload":{"Gas":60.0}}]}',
    ),
    "E1-P6": ("plc/6/gas", b"3.0 %VOL"),
    "E1-P7": ("any/E1", b'{"sn":"gw7","list":[{"id":"G7","v":60.0},{"id":"E2-P1","v":60.0}]}'),
}
"""By point. 3 %VOL of methane is 60 %LEL."""


def test_a_device_of_each_form_ends_in_an_alarm(tmp_path: Path) -> None:
    (tmp_path / "any.yaml").write_text(MAPPING, encoding="utf-8")
    with (
        running_broker(tmp_path / "broker") as broker,
        Field(broker.port, POINTS) as field,
        Live(tmp_path, broker.port, settings=SETTINGS) as live,
    ):
        (live.site / "points.csv").write_text(POINTS_CSV, encoding="utf-8")
        live.start()
        for topic, payload in MESSAGES.values():
            field.publish(topic, payload)
        field.settle()

        assert eventually(lambda: {event.subject for _, event in live.booked()} == set(MESSAGES)), live.log[-2000:]
        assert {event.level for _, event in live.booked()} == {"hh"}
        assert {reading.value for reading in live.readings()} == {60.0}
        assert {reading.point for reading in live.readings()} == set(MESSAGES)
        metrics = live.metrics()
        assert metrics['tocsin_quarantined_total{reason="foreign_enterprise"}'] == 3
        assert live.stop() == 0


def test_a_mapping_that_cannot_be_read_is_told_before_anything_starts(tmp_path: Path) -> None:
    live = Live(tmp_path, 1, settings=SETTINGS)
    done = live.tocsin("run", "--config", str(live.config))
    assert done.returncode == 2
    assert "any.yaml:1: can't be read" in done.stderr
    assert "Traceback" not in done.stderr
