"""The live publisher against a real Mosquitto: everything arrives, in time, also across a broker's restart."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from support.mosquitto import Mosquitto, free_port, mosquitto_path
from support.simulated import SMALL_SITE, point, site_of
from support.waiting import eventually

from simulators import BrokerAwayError, BrokerSettings, Published, Publisher, Scenario, Simulation
from tocsin.clock import SystemClock

NOW_MS = SystemClock().now_ms
SITE = site_of([point(f"p{i}", "gas.combustible", 0, 100, device=f"D{i % 4}", key=f"k{i}") for i in range(20)])


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    if mosquitto_path() is None:
        pytest.skip("mosquitto is not installed (make services)")
    made = Mosquitto(tmp_path / "mosquitto")
    made.start()
    yield made
    made.stop()


class Subscriber:
    """A persistent session that keeps every (topic, ts) with its values."""

    def __init__(self, port: int) -> None:
        self.messages: dict[tuple[str, int], dict[str, float]] = {}
        self._up = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="subscriber", clean_session=False)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe("tocsin/v1/#", qos=1)
        self._client.on_subscribe = lambda *_: self._up.set()
        self._client.on_message = self._take
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._up.wait(10)

    @property
    def readings(self) -> int:
        return sum(map(len, list(self.messages.values())))

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _take(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        form = json.loads(message.payload)
        self.messages[message.topic, form["ts"]] = form["values"]


@pytest.fixture
def subscriber(broker: Mosquitto) -> Iterator[Subscriber]:
    made = Subscriber(broker.port)
    yield made
    made.close()


def scenario(duration_s: float) -> Scenario:
    return Scenario(name="live", duration_s=duration_s)


def test_everything_arrives_as_simulated_and_with_the_time_of_now(broker: Mosquitto, subscriber: Subscriber) -> None:
    before_ms = NOW_MS()
    publisher = Publisher(SITE, scenario(30), BrokerSettings("127.0.0.1", broker.port), NOW_MS, speed=15)
    done = publisher.run(threading.Event())
    after_ms = NOW_MS()
    expected = Simulation(SITE, scenario(30)).between(0, 30_000)
    assert done == Published(len(expected), 4 * 30, 0)
    assert eventually(lambda: subscriber.readings == len(expected), 10)
    assert 1_500 < after_ms - before_ms < 10_000
    assert {topic for topic, _ in subscriber.messages} == {f"tocsin/v1/E/D{i}/up" for i in range(4)}
    assert all(before_ms <= ts <= after_ms for _, ts in subscriber.messages)
    simulated = sorted(expected.value.tolist())
    assert sorted(v for values in subscriber.messages.values() for v in values.values()) == simulated


def test_a_broker_that_restarts_in_the_middle_loses_nothing(broker: Mosquitto, subscriber: Subscriber) -> None:
    states: list[bool] = []
    settings = BrokerSettings("127.0.0.1", broker.port, window=50)
    publisher = Publisher(
        SITE, scenario(60), settings, NOW_MS, speed=15, drain_within_s=20, on_state=lambda up, _: states.append(up)
    )
    results: list[Published] = []
    thread = threading.Thread(target=lambda: results.append(publisher.run(threading.Event())))
    thread.start()
    assert eventually(lambda: subscriber.readings > 200)
    broker.stop()
    assert eventually(lambda: False in states)
    broker.start()
    thread.join(60)
    expected = len(Simulation(SITE, scenario(60)).between(0, 60_000))
    assert results == [Published(expected, 4 * 60, 0)]
    assert states[:3] == [True, False, True]
    assert eventually(lambda: subscriber.readings == expected)


def test_a_stop_ends_it_soon_and_cleanly(broker: Mosquitto, subscriber: Subscriber) -> None:
    stop = threading.Event()
    publisher = Publisher(SITE, scenario(3600), BrokerSettings("127.0.0.1", broker.port), NOW_MS)
    results: list[Published] = []
    thread = threading.Thread(target=lambda: results.append(publisher.run(stop)))
    thread.start()
    assert eventually(lambda: subscriber.readings > 10)
    stop.set()
    thread.join(5)
    assert results
    assert results[0].unacknowledged == 0
    assert eventually(lambda: subscriber.readings == results[0].readings)


def test_a_broker_that_hangs_holds_the_readings_back_and_a_stop_still_ends_it(broker: Mosquitto) -> None:
    stop, paused, goes_on = (threading.Event() for _ in range(3))
    looked: list[int] = []

    def now_ms() -> int:
        if paused.is_set():
            looked.append(1)  # once for each message that comes to its time
            if len(looked) > 5:
                goes_on.set()
        return NOW_MS()

    def pause_the_broker(*_: object) -> None:
        if not paused.is_set():
            broker.pause()
            paused.set()

    publisher = Publisher(
        SITE,
        scenario(3600),
        BrokerSettings("127.0.0.1", broker.port, window=5),
        now_ms,
        speed=50,
        drain_within_s=0.1,
        progress=pause_the_broker,
    )
    results: list[Published] = []
    thread = threading.Thread(target=lambda: results.append(publisher.run(stop)))
    thread.start()
    try:
        assert paused.wait(10)
        goes_on.wait(2)  # where the window is full already, nothing more comes to its time
        stop.set()
        thread.join(10)
        assert 0 < results[0].unacknowledged <= 5
        assert results[0].messages < 4 * 100 + 5
    finally:
        stop.set()
        thread.join(10)
        broker.proceed()


def test_a_broker_that_is_not_there_is_an_error_that_names_it() -> None:
    port = free_port()
    publisher = Publisher(SMALL_SITE, scenario(10), BrokerSettings("127.0.0.1", port), NOW_MS, connect_within_s=1.0)
    with pytest.raises(BrokerAwayError, match=f"no broker answers at 127.0.0.1:{port}"):
        publisher.run(threading.Event())


def test_a_stop_ends_it_while_the_broker_is_still_away() -> None:
    stop = threading.Event()
    stop.set()
    publisher = Publisher(SMALL_SITE, scenario(10), BrokerSettings("127.0.0.1", free_port()), NOW_MS)
    assert publisher.run(stop) == Published(0, 0, 0)


def test_a_broker_that_refuses_says_why(tmp_path: Path) -> None:
    if mosquitto_path() is None:
        pytest.skip("mosquitto is not installed (make services)")
    broker = Mosquitto(tmp_path / "closed", users={"device": "right"})
    broker.start()
    try:
        url = f"mqtt://device:wrong@127.0.0.1:{broker.port}"
        publisher = Publisher(SMALL_SITE, scenario(10), BrokerSettings.from_url(url), NOW_MS, connect_within_s=1.0)
        with pytest.raises(BrokerAwayError, match="refused: not authorised"):
            publisher.run(threading.Event())
    finally:
        broker.stop()


def test_addresses() -> None:
    assert BrokerSettings.from_url("mqtt://127.0.0.1") == BrokerSettings("127.0.0.1", 1883)
    tls = BrokerSettings.from_url("mqtts://u:p%40ss@localhost:9999", window=5)
    assert tls == BrokerSettings("localhost", 9999, tls=True, username="u", password="p@ss", window=5)
    with pytest.raises(ValueError, match="mqtt://host:port"):
        BrokerSettings.from_url("http://localhost")
    with pytest.raises(ValueError, match="speed is 0"):
        Publisher(SMALL_SITE, scenario(1), tls, NOW_MS, speed=0)
