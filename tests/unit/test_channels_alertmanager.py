"""Alertmanager: one alert an alarm and severity, and their ends."""

import json
from typing import Any

import pytest
from pydantic import ValidationError
from support.notices import LINK, T0, facts, item, notice

from alerts.channels.alertmanager import AlertmanagerSettings, alerts_of
from alerts.channels.port import Item

NOW = T0 + 5000


def settings(**changes: Any) -> AlertmanagerSettings:
    return AlertmanagerSettings.model_validate(
        {"kind": "alertmanager", "name": "am", "url": "http://127.0.0.1:9093", "allow_private": True} | changes
    )


def alerts(of: Item, **changes: Any) -> dict[str, dict[str, Any]]:
    """By severity."""
    return {a["labels"]["severity"]: a for a in alerts_of(of, notice(of), NOW, settings(**changes))}


def test_a_raised_alarm_stands_and_its_other_colours_are_ended() -> None:
    found = alerts(item(), labels={"team": "safety"}, stands_s=3600)
    assert found["red"]["labels"] == {
        "team": "safety", "alertname": "gas-combustible", "alarm": "yvfmenxky254frwd", "enterprise": "E001",
        "subject": "E001-GAS-01", "side": "high", "severity": "red",
    }  # fmt: skip
    assert (found["red"]["startsAt"], found["red"]["endsAt"]) == (
        "2024-11-21T11:53:23.000Z",
        "2024-11-21T12:53:28.000Z",
    )
    assert found["red"]["generatorURL"] == LINK
    assert {found[other]["endsAt"] for other in ("orange", "yellow", "blue")} == {"2024-11-21T11:53:23.000Z"}


def test_raised_and_over_are_the_same_alert() -> None:
    over = item(name="cleared", purpose="resolved", at_ms=T0 + 4000)
    assert alerts(over)["red"]["labels"] == alerts(item())["red"]["labels"]
    assert alerts(over)["red"]["endsAt"] == "2024-11-21T11:53:27.000Z"


@pytest.mark.parametrize("changes", [{"purpose": "late"}, {"purpose": "test"}])
def test_what_nobody_clears_ends_by_itself(changes: dict[str, str]) -> None:
    assert alerts(item(**changes))["red"]["endsAt"] == "2024-11-21T12:53:28.000Z"


def test_no_alert_ends_before_it_starts() -> None:
    early = item(name="cleared", purpose="resolved", at_ms=T0 - 9000)
    assert all(a["endsAt"] >= a["startsAt"] for a in alerts(early).values())


def test_an_exercise_has_a_label_and_begins_with_its_mark() -> None:
    (first, *_) = alerts_of(item(), notice(exercise=True), NOW, settings())
    assert first["labels"]["exercise"] == "true"
    assert first["annotations"]["summary"].startswith("【演练】")
    assert "exercise" not in alerts(item())["red"]["labels"]


def test_an_alarm_of_the_whole_site_has_no_empty_labels() -> None:
    about = facts(side="", kind="")
    found = alerts(item(about=about, enterprise="", subject="site"))
    assert "" not in found["red"]["labels"].values()
    assert json.dumps(found)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"url": "http://127.0.0.1:9093", "allow_private": False}, "private address"),
        ({"url": "am:9093"}, "not a web address"),
        ({"labels": {"a-b": "x"}}, "is no label"),
        ({"stands_s": 0}, "greater than 0"),
    ],
)
def test_settings_that_cannot_be_right(changes: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ValidationError, match=wrong):
        settings(**changes)
