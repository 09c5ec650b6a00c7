"""What must not be taken for another's, or for now: devices behind one gateway, sessions that are over."""

from dataclasses import replace
from typing import Any

from support.ingest_site import make_point, make_site

from ingest.batcher import Batcher
from ingest.codecs.iotda import Iotda
from ingest.codecs.plain import Plain
from ingest.codecs.sparkplug import SparkplugCodec
from ingest.codecs.sparkplug.schema import Payload
from ingest.codecs.thingsboard import ThingsboardGateway
from ingest.gate import Gate
from ingest.lookup import PointLookup
from ingest.quarantine import Quarantine
from ingest.reason import Reason
from ingest.redelivery import Redelivery
from ingest.routes import Route
from ingest.topic_filter import TopicFilter
from ingest.unknown import UnknownDevices
from plant.registry import PointRegistry
from plant.site import Point

NOW_MS = 1_732_190_000_500


def point(name: str, **cells: Any) -> Point:
    return replace(make_point(name, "E1"), **cells)


def route(form: str, topics: str, make: Any) -> Route:
    return Route(form, (TopicFilter(topics),), make, "E1")


class Tried:
    def __init__(self, made: Route, *points: Point) -> None:
        site = make_site(*points)
        self.registry = PointRegistry()
        self.registry.assign(site.points)
        self.down: list[list[str]] = []
        self.unknown = UnknownDevices()
        self.gate = Gate(
            PointLookup(site, self.registry, (made,)),
            Batcher(),
            Quarantine(),
            Redelivery(),
            on_down=lambda numbers, _: self.down.append([self.registry.id_of(n) for n in numbers]),
            unknown=self.unknown,
        )

    def send(self, topic: str, payload: bytes, *, retained: bool = False, now_ms: int = NOW_MS) -> dict[str, float]:
        self.gate.on_message("broker", topic, payload, retained, False, 1, 1, now_ms)
        batch = self.gate.batcher.take().batch
        return {self.registry.id_of(int(n)): float(v) for n, v in zip(batch.point, batch.value, strict=True)}

    def set_aside(self, reason: Reason) -> int:
        return self.gate.quarantine.counts[reason]


def test_devices_behind_a_gateway_that_use_one_key_are_not_mixed_up() -> None:
    tried = Tried(
        route("tb", "gw/telemetry", ThingsboardGateway), point("A", topic="gw/telemetry", key="gas", device="Meter A")
    )
    payload = b'{"Meter A":[{"values":{"gas":1}}],"Meter B":[{"values":{"gas":99}}]}'
    assert tried.send("gw/telemetry", payload) == {"A": 1.0}
    assert tried.set_aside(Reason.UNKNOWN_POINT) == 1
    assert [(d.device, *d.keys) for d in tried.unknown.devices()] == [("Meter B", "gas")]


def test_where_the_topic_names_the_device_points_csv_may_call_it_as_it_likes() -> None:
    topic = "$oc/devices/5fdb_7/sys/properties/report"
    tried = Tried(route("iotda", "$oc/#", Iotda), point("A", topic=topic, key="Gas.level", device="hall 3"))
    payload = b'{"services":[{"service_id":"Gas","properties":{"level":7}}]}'
    assert tried.send(topic, payload) == {"A": 7.0}


def sparkplug(seq: int, **metric: Any) -> bytes:
    payload = Payload(seq=seq, timestamp=NOW_MS)
    payload.metrics.add(datatype=10, **metric)
    return bytes(payload.SerializeToString())


def test_a_retained_birth_or_death_of_an_earlier_session_changes_nothing() -> None:
    made = route("sparkplug", "spBv1.0/#", SparkplugCodec)
    tried = Tried(made, point("A", device="G/N", key="gas"), point("B", device="G/N", key="level"))
    assert tried.send("spBv1.0/G/NBIRTH/N", sparkplug(0, name=b"gas", alias=1, double_value=1.0)) == {"A": 1.0}
    old = sparkplug(0, name=b"level", alias=1, double_value=5.0)
    assert tried.send("spBv1.0/G/NBIRTH/N", old, retained=True) == {}
    assert tried.send("spBv1.0/G/NDEATH/N", sparkplug(0, name=b"bdSeq", long_value=0), retained=True) == {}
    assert tried.send("spBv1.0/G/NDATA/N", sparkplug(1, alias=1, double_value=30.0)) == {"A": 30.0}
    assert (tried.down, tried.set_aside(Reason.NO_SAMPLE)) == ([], 2)


def test_an_alias_that_a_birth_gives_to_two_metrics_stands_for_neither() -> None:
    made = route("sparkplug", "spBv1.0/#", SparkplugCodec)
    for alias in (0, 7):
        tried = Tried(made, point("A", device="G/N", key="gas"), point("B", device="G/N", key="level"))
        birth = Payload(seq=0, timestamp=NOW_MS)
        birth.metrics.add(name=b"gas", alias=alias, datatype=10, double_value=1.0)
        birth.metrics.add(name=b"level", alias=alias, datatype=10, double_value=2.0)
        assert tried.send("spBv1.0/G/NBIRTH/N", bytes(birth.SerializeToString())) == {"A": 1.0, "B": 2.0}
        assert tried.set_aside(Reason.DUPLICATE_KEY) == (1 if alias else 0)
        assert tried.send("spBv1.0/G/NDATA/N", sparkplug(1, name=b"gas", alias=alias, double_value=3.0)) == {"A": 3.0}
        assert tried.send("spBv1.0/G/NDATA/N", sparkplug(2, alias=alias, double_value=9.0)) == {}
        assert tried.set_aside(Reason.UNKNOWN_ALIAS) == 1


def test_what_a_message_that_was_refused_holds_is_not_what_the_one_before_held() -> None:
    topic = "spBv1.0/G/NBIRTH/N"
    tried = Tried(route("sparkplug", "spBv1.0/#", SparkplugCodec), point("A", topic=topic, key="gas"))
    assert tried.send(topic, sparkplug(0, name=b"gas", double_value=1.0)) == {"A": 1.0}
    tried.send("spBv1.0/G/XBIRTH/M", b"")
    assert tried.set_aside(Reason.UNKNOWN_TOPIC) == 1
    assert tried.unknown.devices() == []


def test_an_unknown_plain_value_is_shown_by_the_key_that_points_csv_needs() -> None:
    made = route("plain", "plant/{device}/{key}", Plain)
    tried = Tried(made)
    assert tried.send("plant/D7/temp", b"23.5") == {}
    (device,) = tried.unknown.devices()
    assert (device.device, list(device.keys)) == ("D7", ["temp"])
    adopted = Tried(made, point("T", device=device.device, key="temp"))
    assert adopted.send("plant/D7/temp", b"23.5") == {"T": 23.5}


def test_a_million_things_that_cannot_be_read_are_counted_with_the_latest_key() -> None:
    quarantine = Quarantine()
    topic, payload = "a\nb", b"x" * 200
    for n in range(1000):
        quarantine.record(topic, Reason.UNKNOWN_POINT, payload, f"k{n}", NOW_MS + n // 500)
    quarantine.record("other", Reason.UNKNOWN_POINT, payload, "o", NOW_MS)
    quarantine.record(topic, Reason.WRONG_TYPE, payload, "w", NOW_MS)
    quarantine.record(topic, Reason.UNKNOWN_POINT, bytes(payload), "last", NOW_MS + 9)
    entries = {(e.topic, e.reason): (e.count, e.detail) for e in quarantine.entries()}
    assert entries == {
        ("a\\nb", "unknown_point"): (1001, "last"),
        ("other", "unknown_point"): (1, "o"),
        ("a\\nb", "wrong_type"): (1, "w"),
    }
    assert quarantine.entries()[0].detail == "last"
    assert quarantine.counts["unknown_point"] == 1002
