"""Self-tests, heartbeat and own conditions of a service as it runs, with a broker, a webhook and a watcher outside."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import tocsin
from support.field import Field
from support.live import POINTS, Live, running_broker
from support.mosquitto import Mosquitto
from support.standins.mqtt_device import Siren
from support.waiting import eventually
from support.watcher import Watcher
from support.webhook_receiver import WebhookReceiver

from alerts.record import AlarmRecord
from ingest.source import SourceSettings
from tocsin.book import BookReader
from tocsin.log.layout import BOOK
from tocsin.selftest.publish import publish

SELF_TEST = """\
[selftest]
point = "SELF-TEST"
at = ["03:17"]
within_s = 2
"""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with running_broker(tmp_path / "broker") as broker:
        yield broker


def with_reserved_point(live: Live) -> Live:
    """Add a centre with a point of the kind self-test to the site."""
    site = live.site
    (site / "site.yaml").write_text("name: Live county\ntimezone: Asia/Shanghai\npacks: [self-test]\n")
    for name, row in (
        ("enterprises.csv", "CENTRE,Centre,north"),
        ("units.csv", "CENTRE-IT,CENTRE,Tocsin,other"),
        ("points.csv", "SELF-TEST,CENTRE-IT,self-test,1,0,1,86400"),
    ):
        with (site / name).open("a", encoding="utf-8") as file:
            file.write(row + "\n")
    return live


def alarms(live: Live, rule: str) -> list[AlarmRecord]:
    reader = BookReader.open_for_reading(live.data / BOOK)
    try:
        return [alarm for alarm in reader.alarms() if alarm.rule == rule]
    finally:
        reader.close()


def selftest(live: Live, what: str) -> tuple[int, str, str]:
    done = tocsin("selftest", what, "--data", live.data, "--json")
    return done.code, done.out, done.err


def test_a_test_alarm_goes_all_the_way_and_a_broken_channel_is_an_alarm(tmp_path: Path, broker: Mosquitto) -> None:
    with (
        WebhookReceiver() as receiver,
        with_reserved_point(Live(tmp_path, broker.port, webhook=receiver.url, settings=SELF_TEST)) as live,
    ):
        live.start()
        code, out, err = selftest(live, "run")
        assert (code, err) == (0, "")
        run = json.loads(out)
        assert run["ok"]
        assert run["over"] == ["centre"]
        passed = ["published", "raised", "queued", "delivered", "acknowledged", "cleared"]
        assert sorted(run["legs"], key=passed.index) == passed
        assert list(run["legs"].values()) == sorted(run["legs"].values())
        named = [name for name in live.names() if name[1] == "self-test"]
        assert [name[0] for name in named] == ["raised", "acknowledged", "cleared"]
        assert alarms(live, "self-test") == [], "nothing is left on a board"
        assert live.metrics()["tocsin_selftest_ok"] == 1
        assert live.metrics()['tocsin_selftest_leg_seconds{leg="delivered"}'] == run["legs"]["delivered"]
        assert selftest(live, "status")[0] == 0

        receiver.answer(always=500)
        code, out, err = selftest(live, "run")
        assert code == 1
        assert err.startswith("delivered: the word over centre is due after ")
        assert "HTTP 500" in err
        assert json.loads(out)["failed"] == "delivered"
        assert alarms(live, "self-test") == []
        assert eventually(lambda: len(alarms(live, "tocsin.self-test")) == 1)
        (own,) = alarms(live, "tocsin.self-test")
        assert (own.severity, own.subject, own.enterprise) == ("orange", "SELF-TEST", "CENTRE")
        assert own.reason.startswith("the leg `delivered` failed: ")
        status, body = live.get("readyz")
        assert status == 200
        assert not json.loads(body)["checks"]["self-test"]
        assert live.metrics()["tocsin_selftest_ok"] == 0
        assert selftest(live, "status")[0] == 1

        # What is on is known after a restart; the next good run mends it.
        assert live.stop() == 0
        receiver.answer()
        live.start()
        # A run that was killed has left its alarm behind: the next one clears it first.
        left = SourceSettings("broker", "127.0.0.1", broker.port, ("x",))
        asyncio.run(publish(left, "tocsin/v1/CENTRE/self-test/up", "SELF-TEST", 1.0, 5.0))
        assert eventually(lambda: len(alarms(live, "self-test")) == 1)
        assert selftest(live, "run")[0] == 0
        assert alarms(live, "self-test") == []
        assert eventually(lambda: [n for n in live.names() if n[1] == "tocsin.self-test"][-1][0] == "cleared")
        assert [n[0] for n in live.names() if n[1] == "tocsin.self-test"] == ["raised", "cleared"]
        assert live.stop() == 0


ROUTES = """\
routes:
  - id: self-test
    match: {rule: [self-test]}
    ladder: [{to: [{contact: duty}], over: [siren, notices], at_once: true}]
    resolved: false
    last: true
"""
CHANNELS = """\
[[channel]]
kind = "file"
name = "notices"
path = "notices.jsonl"
[[channel]]
kind = "mqtt"
name = "siren"
url = "mqtt://127.0.0.1:%d"
topic = "devices/{handle}/command"
reply_topic = "devices/{handle}/reply"
confirm_s = 1
"""


def test_it_takes_the_way_of_its_route_up_to_the_reply_of_a_device(tmp_path: Path, broker: Mosquitto) -> None:
    settings = f'{SELF_TEST}over = ["siren", "notices"]\n{CHANNELS % broker.port}'
    siren = Siren(broker.port)
    with with_reserved_point(Live(tmp_path, broker.port, settings=settings)) as live:
        (live.site / "contacts.csv").write_text(
            "contact,name,role,region_or_enterprise,phone,email,channels,handles\n"
            "duty,Duty room,duty,CENTRE,,,siren notices,siren=S1\n"
        )
        (live.site / "routes.yaml").write_text(ROUTES)
        live.start()
        code, out, err = selftest(live, "run")
        assert (code, err) == (0, ""), live.log[-3000:]
        run = json.loads(out)
        assert run["over"] == ["notices", "siren"]
        assert run["legs"]["delivered"] <= run["legs"]["confirmed"] <= run["legs"]["acknowledged"]
        assert len(siren.commands) == 1
        (line,) = (tmp_path / "notices.jsonl").read_text("utf-8").splitlines()
        assert json.loads(line)["items"][0]["event"]["rule"] == "self-test"

        siren.script = "slow"
        code, _, err = selftest(live, "run")
        assert code == 1
        assert err.startswith("delivered: the word to duty over siren is ")
        assert live.stop() == 0
    siren.stop()


def test_a_schedule_that_the_service_slept_through_is_an_alarm_until_it_is_made_up_for(
    tmp_path: Path, broker: Mosquitto
) -> None:
    with (
        WebhookReceiver() as receiver,
        with_reserved_point(Live(tmp_path, broker.port, webhook=receiver.url, settings=SELF_TEST)) as live,
    ):
        live.start()
        assert selftest(live, "run")[0] == 0
        assert live.stop() == 0
        # Two days pass, as far as the record knows.
        record = live.data / "selftests.json"
        kept = json.loads(record.read_text("utf-8"))
        for run in kept["runs"]:
            run["begun_ms"] -= 172_800_000
        kept["last_good_ms"] -= 172_800_000
        record.write_text(json.dumps(kept), "utf-8")
        live.start()
        own = ("tocsin.self-test", "SELF-TEST")
        told = [("raised", *own), ("cleared", *own)]
        assert eventually(lambda: [name for name in live.names() if name[1:] == own] == told)
        events = [event for _, event in live.booked() if event.rule == "tocsin.self-test"]
        assert events[0].reason == "no test alarm has got through for 48.0 h"
        runs = json.loads(record.read_text("utf-8"))["runs"]
        assert [(run["cause"], run["ok"]) for run in runs] == [("asked", True), ("schedule", True)]


def test_a_broker_that_is_away_is_an_alarm_and_fails_the_test_where_it_breaks(
    tmp_path: Path, broker: Mosquitto
) -> None:
    settings = f"{SELF_TEST}[watch]\nbroker_down_s = 5\n"
    with with_reserved_point(Live(tmp_path, broker.port, settings=settings)) as live:
        live.start()
        code, _, err = selftest(live, "run")
        assert code == 1
        assert err.startswith("queued: nobody is to be told (after 2 s)")
        broker.stop()
        code, _, err = selftest(live, "run")
        assert code == 1
        assert err.startswith("published: no connection to 127.0.0.1:")
        assert eventually(lambda: [alarm.subject for alarm in alarms(live, "tocsin.broker")] == ["broker"])
        (own,) = alarms(live, "tocsin.broker")
        assert own.severity == "orange"
        assert own.reason.startswith("no connection: ")


def test_the_watcher_hears_until_the_process_is_killed_or_the_book_is_stuck(tmp_path: Path, broker: Mosquitto) -> None:
    with Watcher(patience_s=2.5) as watcher:
        settings = f'[heartbeat]\nurl = "{watcher.url}"\nevery_s = 1\nstuck_after_s = 3\nallow_private = true\n'
        with Live(tmp_path, broker.port, settings=settings) as live, Field(broker.port, POINTS) as field:
            live.start()
            assert watcher.heard(3)
            assert not watcher.alarmed.is_set()
            assert watcher.beats[-1]["site"] == "Live county"
            assert watcher.beats[-1]["alive"] is True
            field.send(POINTS[0], 60.0)
            assert eventually(lambda: watcher.beats[-1]["alarms"] == {"red": 1})

            # Somebody holds the alarm book: what is decided can't be booked, and the decider waits.
            holder = sqlite3.connect(live.data / BOOK, isolation_level=None)
            holder.execute("BEGIN IMMEDIATE")
            field.send(POINTS[1], 60.0)
            assert watcher.alarmed.wait(15)
            assert live.status("healthz") == 200, "it lives, and knows nothing of it"
            assert live.metrics()['tocsin_heartbeats_total{outcome="withheld"}'] >= 1
            assert "heartbeat: withheld: nothing was decided" in live.get("readyz")[1]
            before = len(watcher.beats)
            holder.execute("ROLLBACK")
            holder.close()
            assert watcher.heard(before + 2)
            watcher.forgive()

            live.kill()
            assert watcher.alarmed.wait(10)


def test_what_cannot_work_is_said_before_anything_starts(tmp_path: Path, broker: Mosquitto) -> None:
    (tmp_path / "short").write_text("whsec_x!")
    heart = '[heartbeat]\nurl = "https://watcher.example.org/"\nsecret_file = "short"\n'
    with Live(tmp_path, broker.port, settings=f'{SELF_TEST}over = ["sms"]\n{heart}') as live:
        done = live.tocsin("run", "--config", str(live.config))
        assert done.returncode == 2
        assert done.stderr.splitlines() == [
            f"{live.config}:1: heartbeat: {tmp_path / 'short'}: not a Standard Webhooks secret,"
            " allowed is whsec_ and base64",
            f"{live.config}:1: selftest: SELF-TEST is no point of the site",
            f"{live.config}:1: selftest.over: sms is no channel, allowed are none, for there are no channels",
        ]
        assert not live.data.exists()
