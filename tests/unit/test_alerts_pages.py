"""The reference pages say what the code does."""

import json
import re
import tomllib
from pathlib import Path

from alerts.channels.webhook import WebhookSettings
from rules.events import AlarmEvent, public_form
from rules.identity import alarm_id

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def page(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def first_column(text: str) -> list[str]:
    """The names in the first columns of all tables of a page."""
    return [name for cell in re.findall(r"^\| ([a-z_, ]+) \|", text, re.M) for name in cell.split(", ")]


def test_the_event_on_the_page_is_an_event() -> None:
    (example,) = re.findall(r"```json\n(.*?)\n```", page("events.md"), re.S)
    form = json.loads(example)
    assert list(public_form(AlarmEvent(**form))) == list(form), "keys in the published order"
    assert form["alarm"] == alarm_id(form["rule"], form["subject"], form["side"], form["at"])
    assert set(first_column(page("events.md"))) >= {*form, "pending", "forecast"}


def test_every_setting_is_on_the_page() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", page("webhook.md"), re.S)
    (given,) = tomllib.loads(example)["webhook"]
    WebhookSettings.model_validate(given)
    assert set(WebhookSettings.model_fields) <= set(first_column(page("webhook.md")))
