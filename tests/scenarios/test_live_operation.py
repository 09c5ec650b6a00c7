"""A day with the service, as an operator has it: asked, acted on, stopped, started with other rules."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.decided import booked_keys, keys, reference_keys
from support.field import Field, left_at_broker
from support.live import LIMIT_RULE, POINTS, Live, running_broker
from support.mosquitto import Mosquitto
from support.waiting import eventually
from support.webhook_receiver import WebhookReceiver

OTHER_RULE = """\
  - id: other
    applies_to: {points: [E1-P1, E1-P2]}
    condition: {limit: {h: 40}}
    severity: yellow
"""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with running_broker(tmp_path / "broker") as broker:
        yield broker


def only_alarm(live: Live) -> str:
    (event,) = (event for _, event in live.booked())
    return event.alarm


def test_mosquitto_pub_from_a_shell_raises_an_alarm(tmp_path: Path, broker: Mosquitto) -> None:
    program = shutil.which("mosquitto_pub")
    if program is None:
        pytest.skip("mosquitto_pub is not installed")
    with WebhookReceiver() as receiver, Live(tmp_path, broker.port, webhook=receiver.url) as live:
        live.start()
        topic, payload = "tocsin/v1/E1/D1/up", '{"values":{"E1-P1":31.5}}'
        subprocess.run([program, "-p", str(broker.port), "-q", "1", "-t", topic, "-m", payload], check=True)
        receiver.wait_for(1)
        event = receiver.received[0].event
        assert (event["type"], event["source"]) == ("org.tocsin.alarm.raised", "/enterprises/E1")
        assert (event["data"]["subject"], event["data"]["level"], event["data"]["value"]) == ("E1-P1", "h", 31.5)
        assert live.stop() == 0


def test_sigterm_under_load_drains(tmp_path: Path, broker: Mosquitto) -> None:
    with Live(tmp_path, broker.port) as live, Field(broker.port, POINTS) as field:
        live.start()
        field.flow(every_s=0.0005)
        assert eventually(lambda: len(live.booked()) > 20)
        assert live.stop(within_s=10) == 0
        field.stop()
        taken = [reading.value for reading in live.readings()]
        left = {next(iter(json.loads(payload)["values"].values())) for _, payload in left_at_broker(broker.port)}
        assert {sent.value for sent in field.settle()} <= left | set(taken)
        assert not left & set(taken), "taken in, but not acknowledged"
        assert len(taken) == len(set(taken))
        # All that was taken in is decided.
        assert booked_keys(live) == keys(live.replayed()) == reference_keys(live)


def test_a_second_writer_is_refused(tmp_path: Path, broker: Mosquitto) -> None:
    with Live(tmp_path, broker.port) as live:
        live.start()
        assert live.process is not None
        for command in (("run", "--config", str(live.config)), ("book", "rebuild", "--data", str(live.data))):
            second = live.tocsin(*command)
            assert second.returncode == 2
            assert str(live.process.pid) in second.stderr
            assert "Traceback" not in second.stderr
        assert live.status("readyz") == 200
        assert live.stop() == 0
        rebuilt = live.tocsin("book", "rebuild", "--data", str(live.data))
        assert rebuilt.returncode == 0, rebuilt.stderr


def test_reading_commands_while_it_runs(tmp_path: Path, broker: Mosquitto) -> None:
    with Live(tmp_path, broker.port) as live, Field(broker.port, POINTS) as field:
        live.start()
        field.flow(every_s=0.005)
        assert eventually(lambda: len(live.booked()) > 10)
        data = ("--data", str(live.data))

        shown = live.tocsin("alarms", *data, "--json", "--limit", "1000")
        assert shown.returncode == 0
        assert {json.loads(line)["rule"] for line in shown.stdout.splitlines()} == {"gas"}
        assert live.tocsin("quarantine", *data).returncode == 0

        for what, name in (("readings", "feed.csv"), ("events", "events.jsonl")):
            done = live.tocsin("export", what, *data, "--out", str(tmp_path / name))
            assert done.returncode == 0, done.stderr
        booked = {(event.alarm, event.event, event.at) for _, event in live.booked()}
        exported = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text("utf-8").splitlines()]
        assert {(e["alarm"], e["event"], e["at"]) for e in exported} <= booked
        replayed = live.replayed()
        assert len(replayed) >= 10

        archive = tmp_path / "backup.tar.gz"
        assert live.tocsin("backup", str(archive), *data).returncode == 0
        field.stop()
        assert live.stop() == 0

        # What was exported is a feed that amounts to the same alarms; what was restored goes on from where it stood.
        again = live.tocsin("replay", str(tmp_path / "feed.csv"), "--site", str(live.site))
        assert again.returncode == 0, again.stderr
        assert {json.loads(line)["rule"] for line in again.stdout.splitlines()} == {"gas"}
        restored = tmp_path / "restored"
        done = live.tocsin("restore", str(archive), str(restored))
        assert done.returncode == 0, done.stderr
        done = live.tocsin("book", "rebuild", "--data", str(restored))
        assert done.returncode == 0, done.stderr


def test_acknowledging_through_the_service_and_straight_to_the_log(tmp_path: Path, broker: Mosquitto) -> None:
    with (
        WebhookReceiver() as receiver,
        Live(tmp_path, broker.port, webhook=receiver.url) as live,
        Field(broker.port, POINTS) as field,
    ):
        live.start()
        field.send("E1-P1", 60.0)
        receiver.wait_for(1)
        alarm = only_alarm(live)
        data = ("--data", str(live.data))
        unknown = live.tocsin("ack", "nosuchalarm", "--by", "Li", *data)
        assert unknown.returncode == 1
        assert live.tocsin("ack", alarm, "--by", "Li", "--comment", "on the way", *data).returncode == 0
        assert [name for name, _, _ in live.names()] == ["raised", "acknowledged"]
        receiver.wait_for(2)
        twice = live.tocsin("ack", alarm, "--by", "Wang", *data)
        assert twice.returncode == 1
        field.send("E1-P2", 60.0)
        receiver.wait_for(3)
        second = live.booked()[-1][1].alarm
        assert live.stop() == 0

        assert live.tocsin("ack", second, "--by", "Wang", *data).returncode == 0
        assert live.tocsin("ack", second, "--by", "Wang", *data).returncode == 1
        live.start()
        receiver.wait_for(4)  # who is told of alarms is told of this, too
        assert receiver.received[-1].event["type"] == "org.tocsin.alarm.acknowledged"
        assert [name for name, _, _ in live.names()] == ["raised", "acknowledged", "raised", "acknowledged"]
        assert live.stop() == 0
        rebuilt = live.tocsin("book", "rebuild", *data)
        assert rebuilt.returncode == 0, rebuilt.stderr


def test_an_alarm_that_a_kill_left_undecided_is_told_after_an_action_in_between(
    tmp_path: Path, broker: Mosquitto
) -> None:
    """The journal is ahead of the book, and a command comes before the service does."""
    with (
        WebhookReceiver() as receiver,
        Live(tmp_path, broker.port, webhook=receiver.url) as live,
        Field(broker.port, POINTS) as field,
    ):
        live.start()
        field.send("E1-P1", 60.0)
        receiver.wait_for(1)
        alarm = only_alarm(live)
        field.flow(every_s=0.0005)
        for _ in range(5):
            assert eventually(lambda: len(live.booked()) > 0)
            before = len(live.entries())
            assert eventually(lambda before=before: len(live.entries()) > before + 3)
            live.kill()
            live.tocsin("ack", alarm, "--by", "Li", "--data", str(live.data))
            live.start()
        field.stop()
        field.last_of_all()
        field.settle()
        live.wait_delivered(lambda: receiver.accepted)
        assert ("acknowledged", "gas", "E1-P1") in live.names()
        assert live.stop() == 0
        assert booked_keys(live) == keys(live.replayed()) == reference_keys(live)


def test_a_changed_and_a_removed_rule(tmp_path: Path, broker: Mosquitto) -> None:
    with (
        WebhookReceiver() as receiver,
        Live(tmp_path, broker.port, rules=LIMIT_RULE + OTHER_RULE, webhook=receiver.url) as live,
        Field(broker.port, POINTS) as field,
    ):
        live.start()
        field.send("E1-P1", 45.0)
        field.send("E1-P2", 45.0)
        receiver.wait_for(4)
        gas = {event.alarm for _, event in live.booked() if event.rule == "gas"}
        assert live.stop() == 0

        # The limit of one rule falls, the other rule goes.
        live.set_rules(LIMIT_RULE.replace("hh: 50", "hh: 40") + "    version: 2\n")
        live.start()
        receiver.wait_for(6)
        removed = [event for _, event in live.booked() if event.reason == "rule_removed"]
        assert {(event.event, event.rule, event.subject) for event in removed} == {
            ("cleared", "other", "E1-P1"),
            ("cleared", "other", "E1-P2"),
        }
        field.send("E1-P1", 45.0)
        receiver.wait_for(7)
        changed = live.booked()[-1][1]
        assert (changed.event, changed.level, changed.version) == ("upgraded", "hh", 2)
        assert changed.alarm in gas  # active alarms and their ids are kept
        live.kill()

        # The same folder again, after a kill: nothing happens twice.
        live.start()
        field.send("E1-P2", 5.0)
        assert eventually(lambda: live.booked()[-1][1].event == "cleared")
        assert len(live.booked()) == 8
        assert live.stop() == 0
        assert booked_keys(live) == keys(live.replayed())
        rebuilt = live.tocsin("book", "rebuild", "--data", str(live.data))
        assert rebuilt.returncode == 0, rebuilt.stderr


def test_rules_with_a_mistake_start_nothing_and_change_nothing(tmp_path: Path, broker: Mosquitto) -> None:
    with Live(tmp_path, broker.port) as live:
        live.start()
        assert live.stop() == 0
        before = len(live.entries())
        live.set_rules(LIMIT_RULE.replace("h: 25", "h: 75"))
        done = live.tocsin("run", "--config", str(live.config))
        assert done.returncode == 2
        assert "rules.yaml:" in done.stderr
        assert len(live.entries()) == before
