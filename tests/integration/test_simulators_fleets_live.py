"""Fleets of many connections at a real broker: births and rebirths, wills, links that go down, recorded feeds."""

import json
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from support.form_fleets import small_site
from support.mosquitto import Mosquitto, mosquitto_path
from support.simulated import point, site_of
from support.waiting import eventually

from ingest.codecs.sparkplug import SparkplugCodec
from ingest.codecs.sparkplug.schema import Payload
from ingest.feed import Feed
from simulators import BrokerSettings, Published, Publisher, Scenario
from simulators.fleets.site import addressed
from simulators.wire.forms import form_of
from tocsin.clock import SystemClock

NOW_MS = SystemClock().now_ms
MANY = site_of([point(f"p{i}", "gas.combustible", 0, 100, device=f"D{i:03}", key="k") for i in range(200)])
NODE = addressed(small_site("E"), form_of("sparkplug"))


class Ear:
    """Everything that is published, in order; and a client to publish with."""

    def __init__(self, port: int) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self._up = threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self.client.on_connect = lambda client, *_: client.subscribe([("#", 1), ("$SYS/broker/clients/connected", 0)])
        self.client.on_subscribe = lambda *_: self._up.set()
        self.client.on_message = self._take
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert self._up.wait(10)

    def kinds(self) -> list[str]:
        """Sparkplug's kinds of message, in order."""
        return [topic.split("/")[2] for topic, _ in list(self.messages) if topic.startswith("spBv1.0/")]

    def _take(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        self.messages.append((message.topic, message.payload))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    if mosquitto_path() is None:
        pytest.skip("mosquitto is not installed (make services)")
    made = Mosquitto(tmp_path / "mosquitto", options="sys_interval 1")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def ear(broker: Mosquitto) -> Iterator[Ear]:
    made = Ear(broker.port)
    yield made
    made.client.disconnect()
    made.client.loop_stop()


class Running:
    """A publisher in a thread."""

    def __init__(self, publisher: Publisher) -> None:
        self.stop = threading.Event()
        self.results: list[Published] = []
        self._thread = threading.Thread(target=lambda: self.results.append(publisher.run(self.stop)))
        self._thread.start()

    def end(self) -> Published:
        self.stop.set()
        self._thread.join(20)
        return self.results[0]


def scenario(duration_s: float, **others: Any) -> Scenario:
    return Scenario.model_validate({"name": "live", "duration_s": duration_s, **others})


def test_a_connection_for_each_device_and_all_come_back_after_the_broker_restarts(broker: Mosquitto, ear: Ear) -> None:
    publisher = Publisher(
        MANY, scenario(3600), BrokerSettings("127.0.0.1", broker.port), NOW_MS, connections="device", drain_within_s=20
    )
    assert publisher.connections == 200
    running = Running(publisher)
    connected = ("$SYS/broker/clients/connected", b"201")
    assert eventually(lambda: connected in ear.messages)
    broker.stop()
    ear.messages.clear()
    broker.start()
    assert eventually(lambda: connected in ear.messages)
    done = running.end()
    assert done.unacknowledged == 0
    assert done.readings == done.messages


def test_gateways_carry_so_many_devices_each(broker: Mosquitto) -> None:
    publisher = Publisher(
        MANY, scenario(2), BrokerSettings("127.0.0.1", broker.port), NOW_MS, connections="gateway", per_gateway=30
    )
    assert publisher.connections == 7
    assert publisher.run(threading.Event()) == Published(400, 400, 0)


def test_a_node_is_born_before_it_speaks_and_answers_a_rebirth(broker: Mosquitto, ear: Ear) -> None:
    target = BrokerSettings("127.0.0.1", broker.port)
    running = Running(Publisher(NODE, scenario(3600), target, NOW_MS, form="sparkplug"))
    assert eventually(lambda: ear.kinds().count("DDATA") >= 2)
    first = ear.kinds()
    assert first[0] == "NBIRTH"
    assert first.index("DBIRTH") < first.index("DDATA")
    command = Payload(timestamp=NOW_MS())
    command.metrics.add(name=b"Node Control/Rebirth", datatype=11, boolean_value=True)
    ear.client.publish("spBv1.0/E/NCMD/E-U", command.SerializeToString(), qos=1)
    assert eventually(lambda: ear.kinds().count("NBIRTH") == 2)
    assert eventually(lambda: ear.kinds()[-1] == "DDATA")
    running.end()
    assert eventually(lambda: ear.kinds()[-1] == "NDEATH")
    codec = SparkplugCodec()
    asked = [answer for message in ear.messages if message[0].startswith("spBv1.0") and "NCMD" not in message[0]
             for answer in codec.parse(*message, NOW_MS()).answers]  # fmt: skip
    assert asked == [], "the numbers have a gap, or data came before its birth"


def test_a_link_that_goes_down_breaks_the_connection_and_the_broker_sends_the_will(broker: Mosquitto, ear: Ear) -> None:
    down = {"kind": "link", "unit": "E-U", "point_kind": "*", "at_s": 3, "for_s": 3, "share": 1.0, "magnitude": 3}
    target = BrokerSettings("127.0.0.1", broker.port)
    publisher = Publisher(NODE, scenario(12, faults=[down]), target, NOW_MS, form="sparkplug", speed=2)
    done = publisher.run(threading.Event())
    assert done.unacknowledged == 0
    assert eventually(lambda: ear.kinds().count("NDEATH") == 2)
    kinds = ear.kinds()
    died = kinds.index("NDEATH")
    assert "DDATA" in kinds[:died]
    assert kinds[died + 1] == "NBIRTH"
    assert "DDATA" in kinds[died + 1 :]
    births = [Payload.FromString(p).metrics[0].long_value for t, p in ear.messages if "/NBIRTH/" in t]
    deaths = [Payload.FromString(p).metrics[0].long_value for t, p in ear.messages if "/NDEATH/" in t]
    assert births == deaths == [0, 1]


@pytest.mark.parametrize("shifted", [True, False])
def test_a_recorded_feed_goes_out_in_its_pace_with_times_of_now_or_its_own(
    broker: Mosquitto, ear: Ear, shifted: bool
) -> None:
    at_ms = np.array([1_700_000_000_000 + 1000 * i for i in range(4)], dtype=np.int64)
    values = np.array([1.0, 2.0, np.nan, 4.0])
    feed = Feed(np.zeros(4, np.uint32), at_ms, values, np.array([0, 0, 2, 0], np.uint8))
    began_ms = NOW_MS()
    target = BrokerSettings("127.0.0.1", broker.port)
    done = Publisher(MANY, feed, target, NOW_MS, speed=2, shifted=shifted, form="thingsboard").run(threading.Event())
    assert done == Published(4, 4, 0)
    assert NOW_MS() - began_ms >= 1500
    assert eventually(lambda: len([1 for topic, _ in ear.messages if not topic.startswith("$SYS")]) == 4)
    sent = [json.loads(p) for t, p in ear.messages if t == "thingsboard/E/D000/telemetry"]
    assert [m["values"]["k"] for m in sent] == [1.0, 2.0, None, 4.0]
    times = [m["ts"] for m in sent]
    if shifted:
        assert [b - a for a, b in pairwise(times)] == [500, 500, 500]
        assert began_ms <= times[0] <= NOW_MS()
    else:
        assert times == at_ms.tolist()
