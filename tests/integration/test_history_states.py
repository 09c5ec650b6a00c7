"""The service writes how things stand: every measurement of the reference page is there, and goes on after a kill."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.field import Field
from support.influx import ORG, TOKEN, InfluxServer, influx  # noqa: F401 - a fixture
from support.live import POINTS, Live, running_broker
from support.mosquitto import Mosquitto
from support.waiting import eventually
from support.webhook_receiver import WebhookReceiver

BUCKET = "states"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "influxdb.md"
SETTINGS = """\
[influx]
url = "{url}"
org = "{org}"
bucket = "{bucket}"
token_file = "token"
raw_days = 0
status_s = 1
interval_s = 0.05
"""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with running_broker(tmp_path / "broker") as broker:
        yield broker


def fields_on_the_page() -> dict[str, set[str]]:
    """Measurement -> fields and tags that the page gives it."""
    found: dict[str, set[str]] = {}
    part = ""
    for row in PAGE.read_text(encoding="utf-8").splitlines():
        if row.startswith("#"):
            names = re.findall(r"`([a-z_0-9]+)`", row)
            part = names[0] if len(names) == 1 else ""
        cells = [cell.strip() for cell in row.split("|")]
        if part and len(cells) > 3 and cells[1] in ("tag", "field"):
            found.setdefault(part, set()).update(re.findall(r"`([a-z_]+)`", cells[2]))
    return found


def columns(server: InfluxServer, measurement: str) -> set[str]:
    rows = server.query(f"SELECT * FROM {measurement} ORDER BY time DESC LIMIT 50", BUCKET)
    return {name for row in rows for name, value in row.items() if value is not None and name != "time"}


def still_open(live: Live) -> set[str]:
    listed = live.tocsin("alarms", "--data", str(live.data), "--json").stdout
    return {json.loads(row)["alarm"] for row in listed.splitlines()}


def test_every_measurement_has_what_the_page_says(influx: InfluxServer, tmp_path: Path, broker: Mosquitto) -> None:  # noqa: F811
    for name in (BUCKET, f"{BUCKET}_1m", f"{BUCKET}_1h"):
        influx.make_bucket(name)
    (tmp_path / "token").write_text(TOKEN)
    settings = SETTINGS.format(url=influx.url, org=ORG, bucket=BUCKET)
    with (
        WebhookReceiver() as receiver,
        Live(tmp_path, broker.port, webhook=receiver.url, settings=settings) as live,
        Field(broker.port, POINTS) as field,
    ):
        live.start()
        field.flow(every_s=0.01)
        assert eventually(lambda: len(columns(influx, "alarm_span")) > 0 and len(columns(influx, "attempt")) > 0)
        live.kill()
        before = influx.query("SELECT last(uptime_s) FROM tocsin", BUCKET)[0]["time"]
        live.start()
        assert eventually(lambda: influx.query("SELECT last(up) FROM tocsin", BUCKET)[0]["time"] > before)  # type: ignore[operator]
        field.stop()
        for name in ("risk", "online", "device", "delivery", "health", "source", "tocsin", "active", "alarm"):
            assert eventually(lambda name=name: len(columns(influx, name)) > 0), name  # type: ignore[misc]

        page = fields_on_the_page()
        for name in ("risk", "online", "device", "attempt", "delivery", "alarm_span", "active"):
            extra = columns(influx, name) - page[name]
            assert not extra, f"{name} has {extra}, of which the page says nothing"
        risk = influx.query("SELECT last(colour), red, orange FROM risk WHERE kind = 'site'", BUCKET)
        assert risk[0]["last"] in (0, 3, 4)
        booked = {event.alarm for _, event in live.booked()}
        assert eventually(
            lambda: {str(row["alarm"]) for row in influx.query("SELECT alarm FROM alarm_span", BUCKET)} >= booked
        )
        listed = (
            "SELECT * FROM (SELECT last(alarm) AS alarm, colour FROM active WHERE time > now() - 5m GROUP BY slot)"
            " WHERE alarm <> ''"
        )
        assert eventually(lambda: {str(row["alarm"]) for row in influx.query(listed, BUCKET)} == still_open(live))
        checks = influx.query("SELECT last(ok) FROM health GROUP BY check", BUCKET)
        assert {"influx", "rollups", "states"} <= {str(row["check"]) for row in checks}
        assert live.stop() == 0
    assert "stumbled" not in live.log
