"""Devices of the running service: asked over its socket, shown to Prometheus, and never more than a second old."""

import json
from pathlib import Path
from typing import Any

from support.command import tocsin
from support.field import Field
from support.live import POINTS, Live, running_broker
from support.waiting import eventually

from tocsin.clock import SystemClock

RULES = """\
  - id: high
    applies_to: {kind: gas.combustible}
    condition: {limit: {h: 50}}
"""


def asked(live: Live, *arguments: str) -> list[dict[str, Any]]:
    ran = tocsin("devices", "--data", live.data, "--json", *arguments)
    assert ran.code == 0, ran.err
    return [json.loads(line) for line in ran.out.splitlines()]


def states(found: list[dict[str, Any]]) -> dict[str, str]:
    return {line["device"]: line["state"] for line in found if line["about"] == "device"}


def test_devices_report_fall_silent_and_are_told_of_by_the_service(tmp_path: Path) -> None:
    clock = SystemClock()
    with running_broker(tmp_path / "broker") as broker, Live(tmp_path, broker.port, rules=RULES, period_s=1) as live:
        live.start()
        assert set(states(asked(live)).values()) == {"never"}
        with Field(broker.port, POINTS) as field:
            field.send(POINTS[0], 5.0)
            field.settle()
            assert eventually(lambda: live.metrics().get('tocsin_devices{state="reporting"}') == 1.0)
            asked_ms = clock.now_ms()
            found = asked(live)
            head = found[0]
            assert head["live"]
            assert head["as_of_ms"] >= asked_ms - 1000
            assert [device for device, state in states(found).items() if state == "reporting"] == [POINTS[0]]
            metrics = live.metrics()
            assert metrics['tocsin_devices_expected{enterprise="E1"}'] == len(POINTS)
            assert metrics['tocsin_devices_reporting{enterprise="E1"}'] == 1.0
            assert metrics['tocsin_devices_reporting{enterprise="E2"}'] == 0.0
        assert eventually(lambda: live.metrics()['tocsin_devices{state="silent"}'] == 1.0, 3 + 2 + 1)
        assert states(asked(live, "--state", "silent")) == {POINTS[0]: "silent"}
        assert live.stop() == 0
        head, *after = asked(live)
        assert not head["live"]
        assert states(after)[POINTS[0]] == "silent"
        rate = asked(live, "--rate")
        heard = next(line for line in rate if line.get("device") == POINTS[0])
        assert heard["online_ms"] == 3000
