"""Messages of other wire forms through the gate: which route, which point, whose, in which unit."""

from dataclasses import replace
from typing import Any

import pytest
from support.ingest_site import make_point, make_site

from ingest.batcher import Batcher
from ingest.codecs.plain import Plain
from ingest.codecs.port import Codec, Parsed, PayloadError, Samples
from ingest.codecs.thingsboard import Thingsboard, ThingsboardGateway
from ingest.gate import Gate, GateLimits
from ingest.lookup import PointLookup
from ingest.quarantine import Quarantine
from ingest.reason import Reason
from ingest.redelivery import Redelivery
from ingest.routes import Route
from ingest.topic_filter import TopicFilter
from plant.batch import Batch
from plant.quality import NO_TIME_MS, RETAINED
from plant.registry import PointRegistry
from plant.site import Point

NOW_MS = 1_732_190_000_500


class Told:
    """A codec that says what the test says."""

    name = "told"

    def __init__(self, parsed: Parsed | Exception) -> None:
        self.parsed = parsed

    def parse(self, topic: str, payload: bytes, received_at_ms: int) -> Parsed:
        if isinstance(self.parsed, Exception):
            raise self.parsed
        return self.parsed


def point(name: str, enterprise: str, **cells: Any) -> Point:
    return replace(make_point(name, enterprise), **cells)


EXTRA = (
    point("DA", "E1", device="Dev", key="a"),
    point("DB", "E2", device="Dev", key="a"),
    point("DC", "E1", device="Dev", key="c", topic="other/topic"),
    point("own", "E1", device="Dev"),
    point("T1", "E1", topic="plc/7/temp", unit_symbol="degC", kind="tank.temperature"),
    point("H2S", "E1", kind="gas.toxic.h2s", unit_symbol="ppm", ref_temp_c=20.0),
    point("H2S-0", "E1", kind="gas.toxic.h2s", unit_symbol="ppm"),
)


class Tried:
    """A gate with routes, and what went through it."""

    def __init__(self, *routes: Route, extra: tuple[Point, ...] = EXTRA) -> None:
        self.registry = PointRegistry(["gone"])
        site = make_site(*extra)
        self.registry.assign(site.points)
        self.down: list[list[str]] = []
        self.gate = Gate(
            PointLookup(site, self.registry, routes),
            Batcher(),
            Quarantine(),
            Redelivery(),
            GateLimits(),
            on_down=lambda points, now_ms: self.down.append([self.registry.id_of(number) for number in points]),
        )

    def send(self, topic: str, payload: bytes, *, retained: bool = False) -> list[tuple[str, float]]:
        """(point, value) of the readings of one message."""
        self.gate.on_message("broker", topic, payload, retained, False, 1, 1, NOW_MS)
        batch = self.taken()
        return [(self.registry.id_of(int(n)), float(v)) for n, v in zip(batch.point, batch.value, strict=True)]

    def taken(self) -> Batch:
        taken = self.gate.batcher.take()
        assert taken.messages == len(taken.receipts) == 1
        return taken.batch

    @property
    def set_aside(self) -> dict[str, int]:
        return {reason: count for reason, count in self.gate.quarantine.counts.items() if count}


def route(form: str, topics: str, make: Any = None, **whose: Any) -> Route:
    return Route(form, tuple(TopicFilter(topic) for topic in topics.split()), make, **whose)


def told(parsed: Parsed | Exception, **whose: Any) -> Route:
    def make() -> Codec:
        return Told(parsed)

    return route("told", "t/#", make, **whose)


def test_the_first_route_that_matches_counts_and_others_are_native() -> None:
    tried = Tried(
        route("thingsboard", "a/+ tocsin/v1/E1/tb/up", Thingsboard, enterprise="E1"),
        route("plain", "a/#", Plain, enterprise="E1"),
    )
    assert tried.send("a/b", b'{"E1-P1":5}') == [("E1-P1", 5.0)]
    assert tried.send("a/b/E1-P2", b"6") == [("E1-P2", 6.0)]
    assert tried.send("tocsin/v1/E1/tb/up", b'{"E1-P1":7}') == [("E1-P1", 7.0)]
    assert tried.send("tocsin/v1/E1/x/up", b'{"values":{"E1-P1":8}}') == [("E1-P1", 8.0)]
    assert tried.send("plc7/values", b'{"values":{"f":9}}') == [("F1", 9.0)]
    assert tried.set_aside == {}
    assert tried.send("b", b"1") == []
    assert tried.set_aside == {"unknown_topic": 1}


def test_the_native_form_may_have_other_topics() -> None:
    tried = Tried(route("native", "plant/{enterprise}/+"))
    assert tried.send("plant/E1/x", b'{"values":{"E1-P1":8}}') == [("E1-P1", 8.0)]
    assert tried.send("plant/E2/x", b'{"values":{"E1-P1":8}}') == []
    assert tried.set_aside == {"foreign_enterprise": 1}


@pytest.mark.parametrize(
    "whose",
    [{"enterprise": "E1"}, {"enterprise_level": 2}],
    ids=str,
)
def test_a_device_reports_points_of_its_enterprise_only(whose: dict[str, Any]) -> None:
    tried = Tried(route("gateway", "gw/+", ThingsboardGateway, **whose))
    payload = b'{"Dev":[{"values":{"a":1,"E1-P1":2,"E2-P1":3,"none":4,"c":5,"own":6}}]}'
    found = [("DA", 1.0), ("E1-P1", 2.0), ("DC", 5.0), ("own", 6.0)]
    assert tried.send("gw/E1", payload) == found
    assert tried.send("gw/E1", payload) == found, "from the cache"
    assert tried.set_aside == {"foreign_enterprise": 2, "unknown_point": 2}


def test_the_level_says_which_enterprise_and_may_be_missing() -> None:
    tried = Tried(route("gateway", "gw/#", ThingsboardGateway, enterprise_level=2))
    assert tried.send("gw/E2/x", b'{"Dev":[{"values":{"a":1,"E2-P1":3}}]}') == [("DB", 1.0), ("E2-P1", 3.0)]
    assert tried.send("gw/", b'{"Dev":[{"values":{"a":1,"E2-P1":3}}]}') == []
    assert tried.send("gw", b'{"Dev":[{"values":{"a":1,"E2-P1":3}}]}') == []
    assert tried.set_aside == {"foreign_enterprise": 2, "unknown_point": 2}


def test_without_an_enterprise_only_points_that_points_csv_maps_are_reported() -> None:
    only_e1 = tuple(p for p in EXTRA if p.point != "DB")
    tried = Tried(route("gateway", "gw/#", ThingsboardGateway), extra=only_e1)
    assert tried.send("gw/x", b'{"Dev":[{"values":{"a":1,"E1-P1":2}}]}') == [("DA", 1.0)]
    assert tried.set_aside == {"unknown_point": 1}
    several = Tried(route("gateway", "gw/#", ThingsboardGateway))
    assert several.send("gw/x", b'{"Dev":[{"values":{"a":1}}]}') == [], "two enterprises have such a device"


def test_levels_of_the_topic_name_enterprise_device_and_key() -> None:
    tried = Tried(route("plain", "p/{enterprise}/{device}/{key}/value", Plain))
    assert tried.send("p/E1/Dev/a/value", b"1") == [("DA", 1.0)]
    assert tried.send("p/E2/Dev/a/value", b"2") == [("DB", 2.0)]
    assert tried.send("p/E1/Dev/E1-P3/value", b"3") == [("E1-P3", 3.0)]


def test_a_topic_of_one_point_needs_no_key() -> None:
    tried = Tried(route("plain", "plc/#", Plain))
    assert tried.send("plc/7/temp", b"21.5") == [("T1", 21.5)]
    assert tried.send("plc/7/temp", b"70.7 \xc2\xb0F") == [("T1", pytest.approx(21.5))]
    assert tried.send("plc/7/temp", b"5 bar") == []
    assert tried.set_aside == {"unknown_unit": 1}


def test_units_are_converted_value_by_value_or_the_value_is_set_aside() -> None:
    tried = Tried(route("plain", "{enterprise}/{key}", Plain))
    assert tried.send("E1/H2S", b"10 mg/m3") == [("H2S", pytest.approx(10 * 24.04 / 34.076))]
    assert tried.send("E1/H2S-0", b"10 mg/m3") == []
    assert tried.send("E1/H2S-0", b"10 ppm") == [("H2S-0", 10.0)]
    assert tried.send("E1/H2S-0", b"10 furlongs") == []
    details = [entry.detail for entry in tried.gate.quarantine.entries()]
    assert any("ref_temp_c" in detail for detail in details) or len(details) == 1
    assert tried.set_aside == {"unknown_unit": 2}
    mixed = Samples("", ("H2S", "E1-P1", "H2S-0"), [14.17470881863585, None, 1.0], 5, b"", ("mg/m3", "%LEL", "bar"))
    both = Tried(told(Parsed([mixed]), enterprise="E1"))
    both.gate.on_message("broker", "t/x", b"", False, False, 1, 1, NOW_MS)
    batch = both.taken()
    assert batch.value[0] == pytest.approx(10.0)
    assert batch.quality.tolist() == [0, 2]


def test_several_devices_make_one_batch_in_their_order() -> None:
    parts = [
        Samples("Dev", ("a", "x"), [1.0, 2.0], [7, 8], b"\x01\x02"),
        Samples("Dev", ("c",), [3.0]),
        Samples("", ("E1-P1",), [4.0], 9),
        Samples("none", ("y",), [5.0], 9),
    ]
    tried = Tried(told(Parsed(parts), enterprise="E1"))
    tried.gate.on_message("broker", "t/x", b"", True, False, 1, 1, NOW_MS)
    batch = tried.taken()
    ids = [tried.registry.id_of(int(number)) for number in batch.point]
    assert ids == ["DA", "DC", "E1-P1"]
    assert batch.measured_at_ms.tolist() == [7, NO_TIME_MS, 9]
    assert batch.quality.tolist() == [RETAINED | 1, RETAINED, RETAINED]


def test_devices_that_are_down_are_told_by_their_points_of_the_enterprise() -> None:
    tried = Tried(told(Parsed(down=["Dev", "nobody"]), enterprise="E1"))
    assert tried.send("t/x", b"") == []
    assert tried.down == [["DA", "DC", "own"]]
    tried.send("t/x", b"", retained=True)
    assert len(tried.down) == 1, "a retained message changes no state"


def test_answers_wait_until_they_are_taken() -> None:
    tried = Tried(told(Parsed(answers=[("reply", b"yes")])))
    tried.send("t/x", b"")
    tried.send("t/x", b"")
    assert tried.gate.take_answers() == [("reply", b"yes")] * 2
    assert tried.gate.take_answers() == []


def test_errors_and_faults_are_set_aside_by_their_reason() -> None:
    refused = Tried(told(PayloadError(Reason.CHECKSUM, "1C80")))
    assert refused.send("t/x", b"##") == []
    assert [(e.reason, e.detail) for e in refused.gate.quarantine.entries()] == [("checksum", "1C80")]
    broken = Tried(told(RuntimeError("oh")))
    assert broken.send("t/x", b"##") == []
    assert broken.set_aside == {"codec_fault": 1}
    partly = Tried(told(Parsed([Samples("", ("E1-P1",), [1.0])], faults=[(Reason.WRONG_TYPE, "k")]), enterprise="E1"))
    assert partly.send("t/x", b"##") == [("E1-P1", 1.0)]
    assert partly.set_aside == {"wrong_type": 1}


def test_what_strangers_send_is_not_remembered() -> None:
    registry = PointRegistry()
    site = make_site()
    registry.assign(site.points)
    routes = [route("plain", "p/#", Plain, enterprise="E1")]
    lookup = PointLookup(site, registry, routes, max_topics=50, max_cached_keys=40)
    gate = Gate(lookup, Batcher(), Quarantine(), Redelivery())
    for n in range(500):
        gate.on_message("broker", f"p/{n}", b"1", False, False, 1, 1, NOW_MS)
        gate.on_message("broker", "p/E1-P1", b"%d ppm" % n, False, False, 1, 1, NOW_MS)
    assert len(lookup._topics) <= 50


def test_a_new_site_keeps_what_devices_said() -> None:
    made: list[Codec] = []

    def make() -> Codec:
        made.append(Plain())
        return made[-1]

    tried = Tried(one := route("plain", "p/#", make, enterprise="E1"))
    site = make_site(point("new", "E1"))
    registry = PointRegistry(tried.registry.ids)
    registry.assign(site.points)
    tried.registry = registry
    tried.gate.replace_lookup(PointLookup(site, registry, [one]))
    assert tried.send("p/new", b"3") == [("new", 3.0)]
    assert len(made) == 1
