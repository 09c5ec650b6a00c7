"""A real Mosquitto with the files made from a site: each enterprise publishes under its own topics, nowhere else."""

import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from support.command import tocsin
from support.mosquitto import Mosquitto, mosquitto_path

pytestmark = pytest.mark.skipif(mosquitto_path() is None, reason="mosquitto is not installed (make services)")

WIRES = """
site = "site"
[mqtt]
url = "mqtt://127.0.0.1:1883"
[[wire]]
form = "thingsboard"
topics = ["tb/{enterprise}/+/telemetry"]
[[wire]]
form = "plain"
topics = ["values/#"]
enterprise_level = 3
"""

POINTS = """point,unit,kind,period_s,topic,key,device
P1,U1,gas.oxygen,1,own/one,k,D1
P2,U2,gas.oxygen,1,own/two,k,D2
"""

MINE = ("tocsin/v1/E1/D1/up", "tb/E1/x/telemetry", "values/a/E1/b", "own/one")
FOREIGN = (
    "tocsin/v1/E2/D1/up",
    "tocsin/v1/E1/D1/x/up",
    "tb/E2/x/telemetry",
    "values/E1/E2/b",
    "own/two",
    "anything",
    "tocsin/exercise/v1/E1/D1/up",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    site.mkdir()
    (site / "site.yaml").write_text("name: Test\ntimezone: Asia/Shanghai\n")
    (site / "enterprises.csv").write_text("enterprise,name,region\nE1,,\nE2,,\n")
    (site / "units.csv").write_text("unit,enterprise,name\nU1,E1,\nU2,E2,\n")
    (site / "points.csv").write_text(POINTS)
    (tmp_path / "tocsin.toml").write_text(WIRES)
    return tmp_path


@pytest.fixture
def broker(folder: Path) -> Iterator[tuple[Mosquitto, dict[str, str]]]:
    made = tocsin("mosquitto", "--config", folder / "tocsin.toml", "--out", folder / "broker", "--generate")
    assert made.code == 0, made.err
    out = folder / "broker"
    users = dict(line.split() for line in (out / "secrets.txt").read_text().splitlines())
    options = f"password_file {out / 'passwords'}\nacl_file {out / 'access'}"
    broker = Mosquitto(folder / "mosquitto", options=options)
    conf = folder / "mosquitto" / "mosquitto.conf"
    conf.write_text(conf.read_text().replace("allow_anonymous true", "allow_anonymous false"))
    broker.start()
    yield broker, users
    broker.stop()


def test_an_enterprise_publishes_under_its_own_topics_alone(broker: tuple[Mosquitto, dict[str, str]]) -> None:
    server, users = broker
    assert set(users) == {"tocsin", "tocsin-drill", "E1", "E2"}
    arrived: queue.Queue[str] = queue.Queue()
    service = _client("tocsin", users["tocsin"], server.port)
    subscribed: queue.Queue[list[int]] = queue.Queue()
    service.on_subscribe = lambda c, u, mid, codes, p: subscribed.put([code.value for code in codes])
    service.on_message = lambda c, u, message: arrived.put(message.topic)
    filters = ("tocsin/v1/+/+/up", "tb/+/+/telemetry", "values/#", "tocsin/exercise/#")
    service.subscribe([(topics, 1) for topics in filters])
    assert subscribed.get(timeout=10) == [1, 1, 1, 1]
    for topic in FOREIGN:
        _publish_refused(topic, users["E1"], server.port)
    device = _client("E1", users["E1"], server.port)
    for topic in MINE:
        device.publish(topic, b"1", qos=1).wait_for_publish(10)
    drill = _client("tocsin-drill", users["tocsin-drill"], server.port)
    drill.publish("tocsin/exercise/v1/E1/D1/up", b"1", qos=1).wait_for_publish(10)
    # The broker keeps the order, so what was refused before the last one would have come by now.
    got = [arrived.get(timeout=10)]
    while got[-1] != "tocsin/exercise/v1/E1/D1/up":
        got.append(arrived.get(timeout=10))
    assert got == [*MINE[:3], "tocsin/exercise/v1/E1/D1/up"]  # own/one is not subscribed here
    for client in (service, device, drill):
        client.disconnect()
        client.loop_stop()


def test_nobody_logs_in_without_a_password(broker: tuple[Mosquitto, dict[str, str]]) -> None:
    server, users = broker
    for user, password in (("E1", users["E2"]), ("E1", ""), ("", "")):
        with pytest.raises(ConnectionRefusedError):
            _client(user, password, server.port)


def test_a_stub_lets_nobody_in_and_files_are_private(folder: Path) -> None:
    out = folder / "broker"
    made = tocsin("mosquitto", "--site", folder / "site", "--out", out)
    assert made.code == 0, made.err
    assert "mosquitto_passwd" in (out / "passwords").read_text()
    assert all(line.startswith("#") for line in (out / "passwords").read_text().splitlines())
    assert {path.stat().st_mode & 0o077 for path in out.iterdir()} == {0}
    again = tocsin("mosquitto", "--site", folder / "site", "--out", out)
    assert again.code == 2
    assert "--force" in again.err


def test_the_configuration_starts_a_broker(folder: Path) -> None:
    out = folder / "broker"
    assert tocsin("mosquitto", "--site", folder / "site", "--out", out).code == 0
    conf = out / "mosquitto.conf"
    server = Mosquitto(folder / "mosquitto")
    text = conf.read_text().replace("listener 1883", f"listener {server.port}")
    (folder / "mosquitto" / "mosquitto.conf").write_text(
        text + f"user root\npersistence_location {folder}/mosquitto/\n"
    )
    server.start()
    try:
        with pytest.raises(ConnectionRefusedError):
            _client("E1", "", server.port)
    finally:
        server.stop()


def test_a_route_that_names_no_enterprise_is_told(folder: Path) -> None:
    (folder / "tocsin.toml").write_text(WIRES + '[[wire]]\nform = "plain"\ntopics = ["loose/+"]\n')
    made = tocsin("mosquitto", "--config", folder / "tocsin.toml", "--out", folder / "broker")
    assert made.code == 0
    assert "loose/+: whose topics" in made.err
    assert "loose" not in (folder / "broker" / "access").read_text().split("user E1")[1]


def _publish_refused(topic: str, password: str, port: int) -> None:
    """Publish what the broker should refuse: it drops the message or, some versions, the connection."""
    client = _client("E1", password, port)
    dealt_with = threading.Event()
    client.on_publish = lambda *_: dealt_with.set()
    client.on_disconnect = lambda *_: dealt_with.set()
    client.publish(topic, b"1", qos=1)
    assert dealt_with.wait(10)
    client.disconnect()
    client.loop_stop()


def _client(user: str, password: str, port: int) -> mqtt.Client:
    """A connected client; ConnectionRefusedError where the broker refuses it."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    if user:
        client.username_pw_set(user, password)
    answers: queue.Queue[bool] = queue.Queue()
    client.on_connect = lambda c, u, flags, code, p: answers.put(not code.is_failure)
    client.connect("127.0.0.1", port)
    client.loop_start()
    if not answers.get(timeout=10):
        client.disconnect()
        client.loop_stop()
        raise ConnectionRefusedError
    return client
