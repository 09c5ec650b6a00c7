"""Acting and looking through a running service: overrides, a shelf, and risk with live permits."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.command import tocsin
from support.field import Field
from support.live import Live, running_broker
from support.mosquitto import Mosquitto
from support.waiting import eventually

from tocsin.log.layout import INHERENT


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with running_broker(tmp_path / "broker") as broker:
        yield broker


def rows(live: Live, *arguments: str) -> list[dict[str, Any]]:
    ran = tocsin(*arguments, "--json", "--data", live.data)
    assert ran.code == 0, ran.err
    return [json.loads(line) for line in ran.out.splitlines()]


def test_shelved_overridden_and_seen_while_it_runs(tmp_path: Path, broker: Mosquitto) -> None:
    live = Live(tmp_path, broker.port)
    points = live.site / "points.csv"
    points.write_text(points.read_text() + "E1-HOT,E1-U,permit.hot,1,0,1,60\n")
    data = ("--data", live.data)
    with live, Field(broker.port, ("E1-P1", "E1-P2", "E1-HOT")) as field:
        live.start()
        field.send("E1-P1", 30.0)
        field.send("E1-HOT", 1.0)
        assert eventually(lambda: len(live.booked()) == 1)
        alarm = live.booked()[0][1].alarm
        shelved = tocsin("shelve", alarm, "--by", "li", "--for", "2h", *data)
        assert shelved.code == 0, shelved.err
        call = ("override", "set", "--point", "E1-P2", "--kind", "disabled", "--why", "broken", "--by", "li")
        done = tocsin(*call, *data)
        assert (done.code, "when the service starts" in done.out) == (0, False), done.err
        field.send("E1-P2", 30.0)
        assert eventually(lambda: len(rows(live, "alarms")) == 2)
        states = {a["subject"]: a["effective_state"] for a in rows(live, "alarms")}
        assert states == {"E1-P1": "shelved", "E1-P2": "disabled"}
        assert [one["alarms"] for one in rows(live, "override", "list")] == [1, 1]
        (incident,) = rows(live, "incidents")
        assert incident["first_out"] == alarm
        unit = rows(live, "risk", "E1-U")[0]
        assert (unit["alarms"]["colour"], unit["alarms"]["withheld"]) == ("normal", {"shelved": 1, "disabled": 1})
        assert unit["inherent"]["live"]
        assert unit["inherent"]["because"] == ["kind workshop", "permit.hot at E1-HOT"]
        again = tocsin("unshelve", alarm, "--by", "wang", *data)
        assert again.code == 0
        refused = tocsin("unshelve", alarm, "--by", "wang", *data)
        assert (refused.code, refused.err) == (1, f"{alarm}: the alarm is not shelved\n")
        assert rows(live, "risk", "E1-U")[0]["alarms"]["because"] == alarm
        assert eventually(lambda: (live.data / INHERENT).exists(), within_s=15)
        history = rows(live, "risk", "E1-U", "--history")
        assert [line["colour"] for line in history if line["of"] == "inherent"][-1:] == ["yellow"]
        assert {line["of"] for line in history} == {"alarms", "inherent"}
        assert live.stop() == 0
