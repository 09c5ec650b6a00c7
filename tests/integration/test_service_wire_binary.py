"""Sparkplug nodes, HJ 212 loggers and fire-alarm devices at a live service: from their bytes to alarms."""

import socket
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from support.live import Live, running_broker
from support.mosquitto import Mosquitto, free_port
from support.waiting import eventually

from ingest.codecs.gb26875.frame import CONFIRM, read_frame
from ingest.codecs.hj212.packet import read_packet
from simulators.wire import gb26875, hj212
from simulators.wire.sparkplug import EdgeNode
from tocsin.clock import SystemClock

FIRE_SOURCE = bytes([1, 0, 0, 0, 0, 0])
POINTS = """\
point,unit,kind,unit_symbol,range_low,range_high,period_s,device,key
E1-P1,E1-U,gas.combustible,%LEL,0,100,1,E1/N1/D1,Gas/CH4
E1-P2,E1-U,gas.combustible,%LEL,0,100,1,MN1,LA-Rtd
E1-P3,E1-U,gas.combustible,%LEL,0,100,1,000000000001,1-1-10-65537-6
E2-P1,E2-U,gas.combustible,%LEL,0,100,1,E1/N1/D1,Foreign
"""


class Site:
    """A service with both listeners, and the ports they are at."""

    def __init__(self, folder: Path, broker: Mosquitto) -> None:
        self.broker = broker
        self.logger_port, self.fire_port = free_port(), free_port()
        settings = f"""
[[wire]]
topics = ["spBv1.0/#"]
form = "sparkplug"
enterprise_level = 2
[[tcp]]
listen = "127.0.0.1:{self.logger_port}"
form = "hj212"
name = "loggers"
enterprise = "E1"
[[tcp]]
listen = "127.0.0.1:{self.fire_port}"
form = "gb26875"
name = "fire"
enterprise = "E1"
"""
        self.live = Live(folder, broker.port, settings=settings, period_s=1.0)
        (self.live.site / "points.csv").write_text(POINTS, encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with running_broker(tmp_path / "broker") as broker:
        made = Site(tmp_path, broker)
        with made.live:
            made.live.start()
            yield made


def now_ms() -> int:
    return SystemClock().now_ms() // 1000 * 1000


def raised(live: Live) -> set[str]:
    return {subject for event, _, subject in live.names() if event == "raised"}


def dial(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def test_every_form_ends_in_an_alarm(site: Site) -> None:
    requests: list[str] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _client, _data, message: requests.append(message.topic)
    client.connect("127.0.0.1", site.broker.port)
    client.subscribe("spBv1.0/+/NCMD/#")
    client.loop_start()
    try:
        edge = EdgeNode("E1", "N1")
        births = edge.birth({}, now_ms()), edge.birth({"Gas/CH4": 1.0, "Foreign": 99.0}, now_ms(), device="D1")
        client.publish(*edge.data({"Gas/CH4": 60.0}, now_ms(), device="D1"), qos=1)
        assert eventually(lambda: requests == ["spBv1.0/E1/NCMD/N1"]), site.live.log
        assert raised(site.live) == set()
        for message in (*births, edge.data({"Gas/CH4": 60.0, "Foreign": 99.0}, now_ms() + 1, device="D1")):
            client.publish(*message, qos=1)
        with dial(site.logger_port) as logger, dial(site.fire_port) as fire:
            logger.sendall(hj212.encode("MN1", {"LA-Rtd": 61.0}, now_ms()))
            fire.sendall(gb26875.encode(FIRE_SOURCE, [gb26875.Analog(1, 1, 10, 65537, 6, 62.0)], now_ms(), serial=9))
            answer = read_packet(logger.recv(1000))
            assert (answer.cn, answer.mn) == ("9014", "MN1")
            confirmed = read_frame(fire.recv(1000))
            assert (confirmed.command, confirmed.serial) == (CONFIRM, 9)
        assert eventually(lambda: raised(site.live) == {"E1-P1", "E1-P2", "E1-P3"}), site.live.log
    finally:
        client.disconnect()
        client.loop_stop()


def test_what_was_answered_outlives_kill_9(site: Site) -> None:
    with dial(site.logger_port) as logger:
        start_ms = now_ms() - 20_000
        for i in range(20):
            logger.sendall(hj212.encode("MN1", {"LA-Rtd": float(i)}, start_ms + i * 1000))
            assert read_packet(logger.recv(1000)).cn == "9014"
        site.live.kill()
    kept = [reading.value for reading in site.live.readings() if reading.point == "E1-P2"]
    assert kept == [float(i) for i in range(20)]
