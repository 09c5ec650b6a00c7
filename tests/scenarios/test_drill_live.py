"""Exercises on a real broker: marked everywhere, and the real alarms beside them are what they would be without."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.live import Live, running_broker
from support.mosquitto import Mosquitto
from support.waiting import eventually
from support.webhook_receiver import WebhookReceiver

from tocsin.book import BookReader
from tocsin.log.layout import BOOK, EXERCISE

RULES = """\
  - id: gas
    applies_to: {kind: gas.combustible}
    condition: {limit: {h: 25, hh: 50, deadband: 2}}
  - id: silent
    applies_to: {kind: gas.combustible}
    condition: {stale: {severity: blue}}
"""
SCENARIO = """\
name: short-leak
duration_s: 60
incidents:
  - {name: leak, kind: leak, point: E1-P1, at_s: 10, for_s: 30, magnitude: 80, rise_s: 3}
"""
REAL, REHEARSED = "tocsin/v1/E1/D1/up", "tocsin/exercise/v1/E1/D1/up"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with running_broker(tmp_path / "broker") as broker:
        yield broker


def exercised(live: Live) -> list[tuple[str, str, str, bool]]:
    """(event, rule, subject, exercise) of the exercises' alarm book."""
    path = live.data / EXERCISE / BOOK
    if not path.exists():
        return []
    reader = BookReader.open_for_reading(path)
    try:
        events = [b.numbered.event for b in reader.events(limit=100_000)]
    finally:
        reader.close()
    return [(e.event, e.rule, e.subject, e.exercise) for e in events]


def publish(broker: Mosquitto, topic: str, value: float) -> None:
    """One reading of E1-P1, at QoS 1, from a client of its own."""
    from paho.mqtt.publish import single

    payload = json.dumps({"values": {"E1-P1": value}})
    single(topic, payload, qos=1, hostname="127.0.0.1", port=broker.port)


def test_an_exercise_alarm_is_marked_and_a_real_one_is_raised_beside_it(tmp_path: Path, broker: Mosquitto) -> None:
    settings = "[exercise]\nenabled = true\n"
    with (
        WebhookReceiver() as receiver,
        Live(tmp_path, broker.port, webhook=receiver.url, settings=settings) as live,
    ):
        live.start()
        publish(broker, REHEARSED, 60.0)
        receiver.wait_for(1)
        (first,) = receiver.received
        assert (first.event["data"]["exercise"], first.event["data"]["subject"]) == (True, "E1-P1")
        assert first.id.startswith("exercise.")
        assert live.booked() == [], "the real book knows nothing of it"
        assert live.names() == []
        publish(broker, REAL, 60.0)
        receiver.wait_for(2)
        second = receiver.received[1]
        assert (second.event["data"]["exercise"], second.event["type"]) == (False, "org.tocsin.alarm.raised")
        assert live.names() == [("raised", "gas", "E1-P1")]
        assert exercised(live) == [("raised", "gas", "E1-P1", True)]
        assert [reading.value for reading in live.readings()] == [60.0]
        assert live.stop() == 0
        assert "exercises_on" in live.log


def test_a_real_subscription_to_everything_takes_no_exercise(tmp_path: Path, broker: Mosquitto) -> None:
    with Live(tmp_path, broker.port, mqtt='subscribe = ["#"]') as live:
        live.start()
        publish(broker, REHEARSED, 60.0)
        publish(broker, REAL, 60.0)
        assert eventually(lambda: live.names() == [("raised", "gas", "E1-P1")])
        assert [reading.value for reading in live.readings()] == [60.0]
        assert live.metrics()['tocsin_quarantined_total{reason="unknown_topic"}'] == 1


def test_a_rehearsal_is_scored_and_leaves_nothing_silent_behind(tmp_path: Path, broker: Mosquitto) -> None:
    settings = "[exercise]\nenabled = true\n"
    (tmp_path / "leak.yaml").write_text(SCENARIO, encoding="utf-8")
    with (
        WebhookReceiver() as receiver,
        Live(tmp_path, broker.port, webhook=receiver.url, settings=settings, rules=RULES) as live,
    ):
        live.start()
        arguments = ("drill", "leak.yaml", "--live", "--speed", "10", "--json", "out.json", "--fail-on", "point")
        ran = live.tocsin(*arguments)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        outcome = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
        assert (outcome["live"], outcome["total"]["hits"], outcome["total"]["false_alarms"]) == (True, 1, 0)
        assert {(name, rule, marked) for name, rule, _, marked in exercised(live)} == {
            ("raised", "gas", True),
            ("upgraded", "gas", True),
            ("downgraded", "gas", True),
            ("cleared", "gas", True),
        }
        assert {name for name, rule, _ in live.names() if rule == "gas"} == set()
        assert {r.event["data"]["exercise"] for r in receiver.received if r.event["data"]["rule"] == "gas"} == {True}
        assert live.stop() == 0


def test_a_rehearsal_needs_a_service_with_exercises(tmp_path: Path, broker: Mosquitto) -> None:
    (tmp_path / "leak.yaml").write_text(SCENARIO, encoding="utf-8")
    with Live(tmp_path, broker.port) as live:
        off = live.tocsin("drill", "leak.yaml", "--live")
        assert off.returncode == 2
        assert "exercises are off" in off.stderr
        nothing = live.tocsin("drill", "--live")
        assert nothing.returncode == 2
        assert "name the scenarios" in nothing.stderr
