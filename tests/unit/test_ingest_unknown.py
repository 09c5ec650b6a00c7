"""Devices that send what no point stands for: gathered with what they send, bounded, kept over a restart."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import hostile
from support.ingest_site import make_site

from ingest import unknown_store
from ingest.batcher import Batcher, BatchLimits
from ingest.codecs.thingsboard import ThingsboardGateway
from ingest.gate import Gate
from ingest.guess import guess_kind
from ingest.lookup import PointLookup
from ingest.quarantine import Quarantine
from ingest.redelivery import Redelivery
from ingest.routes import Route
from ingest.topic_filter import TopicFilter
from ingest.unknown import UnknownDevices, UnknownKey
from plant.registry import PointRegistry

NOW_MS = 1_732_190_000_500


def make_gate() -> tuple[Gate, UnknownDevices]:
    site = make_site()
    registry = PointRegistry(site.points)
    route = Route("thingsboard_gateway", (TopicFilter("v1/{enterprise}/gateway"),), ThingsboardGateway)
    unknown = UnknownDevices()
    gate = Gate(
        PointLookup(site, registry, [route]),
        Batcher(BatchLimits()),
        Quarantine(),
        Redelivery(),
        unknown=unknown,
    )
    return gate, unknown


def send(gate: Gate, topic: str, content: object, at_ms: int = NOW_MS) -> None:
    payload = content if isinstance(content, bytes) else json.dumps(content).encode()
    gate.on_message("broker", topic, payload, False, False, 1, None, at_ms)


def test_a_new_device_is_shown_with_what_it_sends_and_how_often() -> None:
    gate, unknown = make_gate()
    for n in range(5):
        values = {"E1-P1": 1, "ch4_lel": 3.5 + n, "state": None}
        send(gate, "tocsin/v1/E1/NEW-7/up", {"ts": NOW_MS, "values": values}, NOW_MS + 2000 * n)
    [device] = unknown.devices()
    assert (device.device, device.enterprise, device.messages, device.period_s()) == ("NEW-7", "E1", 5, 2.0)
    assert set(device.keys) == {"ch4_lel", "state"}  # E1-P1 is a point
    seen = device.keys["ch4_lel"]
    assert (seen.seen, seen.last, seen.low, seen.high) == (5, 7.5, 3.5, 7.5)
    guess = guess_kind("ch4_lel", seen)
    assert guess is not None
    assert guess.kind == "gas.combustible"


def test_a_device_behind_a_gateway_is_told_from_its_neighbours() -> None:
    gate, unknown = make_gate()
    send(
        gate, "v1/E2/gateway", {"Meter A": [{"ts": NOW_MS, "values": {"液位": 2.5}}], "Meter B": [{"values": {"x": 1}}]}
    )
    assert {(d.device, d.enterprise, *d.keys) for d in unknown.devices()} == {
        ("Meter A", "E2", "液位"),
        ("Meter B", "E2", "x"),
    }


def test_a_topic_that_nobody_knows_is_looked_into_as_well() -> None:
    gate, unknown = make_gate()
    send(gate, "plant/line1/temp", b" 23.5 ")
    send(gate, "plant/line2", {"data": {"temp": 20, "ts": 5}, "time": 1, "ok": True})
    by_topic = {d.topic: d.keys for d in unknown.devices()}
    assert by_topic["plant/line1/temp"][""].last == 23.5
    assert {k: v.last for k, v in by_topic["plant/line2"].items()} == {"data.temp": 20.0, "ok": 1.0}


def test_known_points_cost_nothing_and_leave_nothing() -> None:
    gate, unknown = make_gate()
    send(gate, hostile.TOPIC, {"values": {"E1-P1": 1}})
    assert len(unknown) == 0


def test_a_flood_is_counted_and_looked_into_once_a_second() -> None:
    gate, unknown = make_gate()
    for n in range(1000):
        send(gate, "tocsin/v1/E1/NEW/up", {"values": {f"k{n}": n}}, NOW_MS + n)
    [device] = unknown.devices()
    assert device.messages == 1000
    assert list(device.keys) == ["k0"]


def test_memory_is_bounded_by_devices_and_by_keys() -> None:
    unknown = UnknownDevices(max_devices=10)
    for n in range(100):
        topic = f"t{n}" + "x" * 10_000
        if unknown.is_due(topic, NOW_MS):
            unknown.note(topic, f"d{n}", "", [(f"k{i}" * 500, float(i), "") for i in range(1000)], NOW_MS)
    assert len(unknown) == 10
    assert unknown.devices()[0].device == "d99"
    assert all(len(d.keys) <= 200 and len(d.topic) <= 256 for d in unknown.devices())


def test_they_are_kept_over_a_restart(tmp_path: Path) -> None:
    gate, unknown = make_gate()
    send(gate, "tocsin/v1/E1/A/up", {"values": {"氧": 20.9}})
    send(gate, "tocsin/v1/E1/B/up", {"values": {"k": float("1e308")}})
    unknown_store.save(unknown, tmp_path / "u.json", NOW_MS)
    again = UnknownDevices()
    loaded = unknown_store.load(tmp_path / "u.json")
    assert loaded is not None
    again.restore(loaded.devices)
    assert again.devices() == unknown.devices()
    assert unknown_store.load(tmp_path / "none.json") is None
    (tmp_path / "bad.json").write_bytes(b"{")
    with pytest.raises(ValueError, match=r"bad\.json"):
        unknown_store.load(tmp_path / "bad.json")


@pytest.mark.parametrize("payload", hostile.payloads())
def test_nothing_hostile_gets_through(payload: bytes) -> None:
    gate, unknown = make_gate()
    for topic in ("tocsin/v1/E1/NEW/up", "nobody/knows", "v1/E1/gateway"):
        send(gate, topic, payload)
    assert all(device.device.isprintable() for device in unknown.devices())


@given(st.binary(max_size=300))
def test_no_payload_breaks_it(payload: bytes) -> None:
    gate, unknown = make_gate()
    send(gate, "nobody/knows", payload)
    send(gate, "tocsin/v1/E1/NEW/up", payload)
    assert len(unknown) <= 2


@pytest.mark.parametrize(
    ("key", "unit", "low", "high", "kind"),
    [
        ("O2", "%VOL", 20.1, 20.9, "gas.oxygen"),
        ("gasLEL", "", 0, 5, "gas.combustible"),
        ("nh3_1", "ppm", 0, 20, "ammonia.ppm"),
        ("CO-2", "ppm", 0, 20, "gas.toxic.co"),
        ("一氧化碳", "", 0, 20, "gas.toxic.co"),
        ("进口温度", "℃", 20, 40, "dust.inlet_temperature"),
        ("level2", "", 1, 9, "tank.level"),
        ("TankLevel", "m", 1, 9, "tank.level"),
        ("co2", "", 400, 900, None),
        ("xyz", "", 0, 1, None),
    ],
)
def test_guesses(key: str, unit: str, low: float, high: float, kind: str | None) -> None:
    guess = guess_kind(key, UnknownKey(2, high, low, high, unit))
    assert (guess.kind if guess is not None else None) == kind
