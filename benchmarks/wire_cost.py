"""What a reading costs to decode in each wire form, relative to the native one in the same run."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from benchmarks.figure import Figure, emit, is_quick, say
from benchmarks.ingest_cost import ns_each
from ingest.codecs import native
from ingest.codecs.alink import Alink
from ingest.codecs.decoded import Decoded
from ingest.codecs.gb26875 import Gb26875Codec
from ingest.codecs.hj212 import Hj212Codec
from ingest.codecs.iotda import Iotda
from ingest.codecs.mapping import MappingCodec
from ingest.codecs.mapping.schema import Mapping
from ingest.codecs.opcua_json import OpcuaJson
from ingest.codecs.plain import Plain
from ingest.codecs.port import Codec
from ingest.codecs.sparkplug import SparkplugCodec
from ingest.codecs.thingsboard import Thingsboard, ThingsboardGateway
from ingest.lookup import PointLookup, TopicPoints
from ingest.routes import Route
from ingest.topic_filter import TopicFilter
from ingest.wire_topic import WireTopic
from plant.registry import PointRegistry
from plant.site import Enterprise, Point, Site, Unit
from simulators.wire import gb26875, hj212
from simulators.wire.sparkplug import EdgeNode

NOW_MS: Final = 1_732_190_000_500
TS: Final = 1_732_190_000_123
ISO: Final = "2024-11-21T11:53:20.123Z"
DEVICES: Final = 100
KEYS: Final = 50
JSON_GOAL: Final = 3.0
BINARY_GOAL: Final = 5.0

Message = tuple[str, bytes]


class Form:
    """A wire form under measurement: `make` a codec; `message` of one device with its values by key."""

    def __init__(
        self,
        name: str,
        make: Callable[[], Codec],
        topic: str,
        message: Callable[[str, dict[str, float]], Any],
        *,
        goal: float = JSON_GOAL,
        before: Sequence[Message] = (),
        place: Callable[[int, int], tuple[str, str]] | None = None,
    ) -> None:
        """`goal`: at most so many times native; `before`: what a codec must have seen; `place`: (device, key) of
        points.csv by numbers, where keys are no ids of points.
        """
        self.name = name
        self.goal = goal
        self.before = before
        self.place = place
        self.make = make
        self.topic = topic
        self.message = message

    def messages(self, keys: int) -> list[Message]:
        """One of each device."""
        made = []
        for number in range(DEVICES):
            device = f"D{number:03d}"
            said = self.message(device, {f"{device}-P{key:02d}": 12.3 + key for key in range(keys)})
            topic = self.topic.format(device=device)
            made.append((topic, said if isinstance(said, bytes) else msgspec.json.encode(said)))
        return made


def _mapping(**said: Any) -> Callable[[], Codec]:
    return lambda: MappingCodec(Mapping.model_validate(said))


FORMS: Final = (
    Form("thingsboard", Thingsboard, "tb/{device}", lambda d, v: {"ts": TS, "values": v}),
    Form("thingsboard flat", Thingsboard, "tb/{device}", lambda d, v: v),
    Form("thingsboard_gateway", ThingsboardGateway, "gw", lambda d, v: {d: [{"ts": TS, "values": v}]}),
    Form(
        "alink",
        Alink,
        "/sys/pk/{device}/thing/event/property/post",
        lambda d, v: {"id": "1", "version": "1.0", "params": {k: {"value": n, "time": TS} for k, n in v.items()}},
    ),
    Form(
        "iotda",
        Iotda,
        "$oc/devices/{device}/sys/properties/report",
        lambda d, v: {"services": [{"service_id": "S", "properties": v, "event_time": "20241121T115320Z"}]},
    ),
    Form(
        "opcua_json",
        OpcuaJson,
        "opcua/json/{device}",
        lambda d, v: {
            "MessageId": "1",
            "MessageType": "ua-data",
            "PublisherId": d,
            "Messages": [{"DataSetWriterId": 1, "SequenceNumber": 7, "Timestamp": ISO, "Payload": v}],
        },
    ),
    Form(
        "opcua_json data values",
        OpcuaJson,
        "opcua/json/{device}",
        lambda d, v: {
            "MessageType": "ua-data",
            "PublisherId": d,
            "Messages": [
                {"DataSetWriterId": 1, "Payload": {k: {"Value": n, "SourceTimestamp": ISO} for k, n in v.items()}}
            ],
        },
    ),
    Form(
        "mapping of members",
        _mapping(device="sn", time={"path": "t"}, values=[{"members": "d"}]),
        "map",
        lambda d, v: {"sn": d, "t": TS, "d": v},
    ),
    Form(
        "mapping of records",
        _mapping(records="d[*]", device="$.sn", values=[{"key_path": "k", "path": "v"}], time={"path": "t"}),
        "map",
        lambda d, v: {"sn": d, "d": [{"k": k, "v": n, "t": TS} for k, n in v.items()]},
    ),
)
EDGES: Final = {f"D{number:03d}": EdgeNode("G", f"D{number:03d}") for number in range(DEVICES)}


def _hj212(device: str, values: dict[str, float]) -> bytes:
    return hj212.encode(device, values, TS)


def _gb26875(device: str, values: dict[str, float]) -> bytes:
    source = int(device[1:]).to_bytes(6, "little")
    objects = [gb26875.Analog(1, 1, 10, key, 6, value) for key, value in enumerate(values.values())]
    return gb26875.encode(source, objects, TS)


BINARY: Final = (
    Form(
        "sparkplug",
        SparkplugCodec,
        "spBv1.0/G/NDATA/{device}",
        lambda d, v: EDGES[d].data(v, TS)[1],
        goal=BINARY_GOAL,
        before=[edge.birth({f"{device}-P{key:02d}": 0.0 for key in range(KEYS)}, TS) for device, edge in EDGES.items()],
    ),
    Form(
        "hj212",
        Hj212Codec,
        "hj",
        _hj212,
        goal=BINARY_GOAL,
        place=lambda device, key: (f"D{device:03d}", f"D{device:03d}-P{key:02d}"),
    ),
    Form(
        "gb26875",
        Gb26875Codec,
        "gb",
        _gb26875,
        goal=BINARY_GOAL,
        place=lambda device, key: (f"{device:012X}", f"1-1-10-{key}-6"),
    ),
)
SINGLE: Final = (Form("plain", Plain, "p/{device}/{device}-P00", lambda d, v: b"12.3"),)


def make_lookup(form: Form | None) -> PointLookup:
    """100 devices of 50 points each; points are found by id."""
    site = Site("bench", "Asia/Shanghai", None, None)
    site.enterprises["E1"] = Enterprise("E1", "bench", "R1")
    site.units["U1"] = Unit("U1", "E1", "bench", "workshop")
    for device in range(DEVICES):
        for key in range(KEYS):
            prefix = "S." if form is not None and form.name == "iotda" else ""
            name = f"{prefix}D{device:03d}-P{key:02d}"
            place = form.place(device, key) if form is not None and form.place is not None else (None, None)
            site.points[name] = Point(
                point=name, unit="U1", enterprise="E1", kind="gas.combustible", unit_symbol="%LEL",
                range_low=0.0, range_high=100.0, period_s=1.0, report="periodic",
                ll=None, l=None, h=25.0, hh=50.0, deadband=2.0, topic=None, key=place[1], device=place[0], gas=None,
                ref_temp_c=None, principle=None, calibration_due=None, tags=(),
            )  # fmt: skip
    registry = PointRegistry()
    registry.assign(site.points)
    routes = []
    if form is not None:
        topics = (TopicFilter("#"), TopicFilter("$oc/#"))
        routes = [Route(form.name, topics, form.make, enterprise="E1")]
    return PointLookup(site, registry, routes)


Work = Callable[[], object]


def native_work(keys: int) -> Work:
    """Decodes one message of each device, lookup of the points included."""
    lookup = make_lookup(None)
    messages: list[tuple[TopicPoints, bytes]] = []
    for number in range(DEVICES):
        values = {f"D{number:03d}-P{key:02d}": 12.3 + key for key in range(keys)}
        points = lookup.topic(f"tocsin/v1/E1/D{number:03d}/up")
        assert isinstance(points, TopicPoints)
        messages.append((points, msgspec.json.encode({"ts": TS, "values": values})))

    def decode() -> list[Decoded | None]:
        return [native.decode(payload, points, _refuse) for points, payload in messages]

    return decode


def form_work(form: Form, keys: int) -> Work:
    """The same for another form: parsing, and turning samples into readings."""
    lookup = make_lookup(form)
    codec = form.make()
    messages: list[tuple[WireTopic, str, bytes]] = []
    for topic, payload in form.before:
        codec.parse(topic, payload, NOW_MS)
    for topic, payload in form.messages(keys):
        points = lookup.topic(topic)
        assert isinstance(points, WireTopic)
        decoded = points.decoded(codec.parse(topic, payload, NOW_MS).samples, _refuse)
        assert decoded is not None, f"{form.name} at {topic}"
        assert len(decoded.qualities) == keys, f"{form.name} at {topic}"
        messages.append((points, topic, payload))

    def decode() -> list[Decoded | None]:
        return [
            points.decoded(codec.parse(topic, payload, NOW_MS).samples, _refuse) for points, topic, payload in messages
        ]

    return decode


def best_ns(works: Sequence[Work], count: int, rounds: int) -> list[float]:
    """CPU ns for each of `count` readings, the best of many rounds. All take turns: others use the machine too."""
    best = [float("inf")] * len(works)
    for _ in range(rounds):
        for at, work in enumerate(works):
            best[at] = min(best[at], ns_each(work, count, repeats=1))
    return best


def _refuse(reason: object, detail: str) -> None:
    raise AssertionError(f"{reason}: {detail}")


def main() -> None:
    rounds = 10 if is_quick() else 60
    for forms, keys in (((*FORMS, *BINARY), KEYS), (SINGLE, 1)):
        works = [native_work(keys), *(form_work(form, keys) for form in forms)]
        base_ns, *found = best_ns(works, DEVICES * keys, rounds)
        for form, ns in zip(forms, found, strict=True):
            note = f"{keys} a message: {ns:.0f} ns a reading, native {base_ns:.0f}"
            say(f"  {form.name:24s} {ns / base_ns:5.2f} x native, {note}")
            name = f"decode {form.name} / native"
            emit(Figure(name=name, value=ns / base_ns, unit="x", goal=form.goal, at_least=False, note=note))


if __name__ == "__main__":
    main()
