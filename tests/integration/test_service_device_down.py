"""A Sparkplug device that dies at a live service: its points are stale at once, and the log says why."""

from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from support.live import Live, running_broker
from support.waiting import eventually

from plant.entries import DeviceDown, Readings
from simulators.wire.sparkplug import EdgeNode
from tocsin.clock import SystemClock

RULES = """\
  - id: stale
    applies_to: {kind: "*"}
    condition: {stale: {after_s: 3600}}
    severity: blue
"""
WIRE = '[[wire]]\ntopics = ["spBv1.0/#"]\nform = "sparkplug"\nenterprise_level = 2\n'
POINTS = """\
point,unit,kind,unit_symbol,range_low,range_high,period_s,device,key
E1-P1,E1-U,gas.combustible,%LEL,0,100,1,E1/N1/D1,a
E1-P2,E1-U,gas.combustible,%LEL,0,100,1,E1/N1/D2,a
"""


def test_a_dead_device_is_told_in_order_with_its_readings(tmp_path: Path) -> None:
    with running_broker(tmp_path / "broker") as broker:
        live = Live(tmp_path, broker.port, rules=RULES, settings=WIRE)
        (live.site / "points.csv").write_text(POINTS, encoding="utf-8")
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        with live:
            live.start()
            client.connect("127.0.0.1", broker.port)
            client.loop_start()
            try:
                edge, now_ms = EdgeNode("E1", "N1"), SystemClock().now_ms()
                for message in (
                    edge.birth({}, now_ms),
                    edge.birth({"a": 1.0}, now_ms, device="D1"),
                    edge.birth({"a": 1.0}, now_ms, device="D2"),
                    edge.data({"a": 2.0}, now_ms + 1, device="D1"),
                    edge.device_death("D1", now_ms + 2),
                ):
                    client.publish(*message, qos=1)
                assert eventually(lambda: live.names() == [("raised", "stale", "E1-P1")]), live.log
                client.publish(*edge.birth({"a": 3.0}, now_ms + 3, device="D1"), qos=1)
                assert eventually(lambda: live.names()[1:] == [("cleared", "stale", "E1-P1")]), live.log
            finally:
                client.disconnect()
                client.loop_stop()
        kinds = [type(entry) for entry in live.entries() if isinstance(entry, Readings | DeviceDown)]
    death = kinds.index(DeviceDown)
    assert kinds.count(DeviceDown) == 1
    assert Readings in kinds[:death]
    assert Readings in kinds[death:]
