"""Health is a plain fold of named checks."""

import json

import pytest

from tocsin.observe.health import Check, Matters, judge


@pytest.mark.parametrize(
    ("matters", "live", "ready"),
    [(Matters.LIVE, False, False), (Matters.READY, True, False), (Matters.NOTED, True, True)],
)
def test_a_failing_check_means_what_it_says(matters: Matters, live: bool, ready: bool) -> None:
    health = judge([Check("broker", True), Check("disk", False, "no room", matters)])
    assert (health.live, health.ready, health.reasons) == (live, ready, ("disk: no room",))


def test_all_well() -> None:
    health = judge([Check("broker", True), Check("disk", True)])
    assert (health.live, health.ready, health.reasons) == (True, True, ())


def test_nothing_checked_is_not_ready() -> None:
    assert not judge([]).ready


def test_json_names_every_check_and_reason() -> None:
    health = judge([Check("broker", False), Check("influx", False, "HTTP 401", Matters.NOTED)])
    assert json.loads(health.to_json()) == {
        "live": True,
        "ready": False,
        "reasons": ["broker: not ok", "influx: HTTP 401"],
        "checks": {"broker": False, "influx": False},
    }
