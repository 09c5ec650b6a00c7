"""`tocsin devices` on a folder whose service does not run."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.command import Ran, tocsin
from support.data_folder import START_MS, Made, make_data_folder

from plant.entries import Tick
from tocsin.configuration import read_configuration
from tocsin.log.layout import CHECKPOINTS
from tocsin.runtime.core import Core


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The example site; a point of its device DUST was heard 2 s and 3 s after the start. Read only."""
    return make_data_folder(tmp_path_factory.mktemp("devices"))


def lines(ran: Ran) -> list[dict[str, Any]]:
    assert ran.code == 0, ran.err
    return [json.loads(line) for line in ran.out.splitlines()]


def by_device(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {line["device"]: line for line in found if line["about"] == "device"}


def test_json_has_every_device_and_share_as_of_the_logs_last_entry(made: Made) -> None:
    head, *found = lines(tocsin("devices", "--data", made.data, "--json"))
    assert head == {"about": "inventory", "as_of_ms": START_MS + 4000, "since_ms": START_MS, "live": False}
    devices = by_device(found)
    spark = devices.pop("DUST")
    assert (spark["state"], spark["readings"], spark["last_heard_ms"]) == ("reporting", 2, START_MS + 3000)
    assert {device["state"] for device in devices.values()} == {"never"}
    everything = next(line for line in found if line["about"] == "share" and line["scope"] == "all")
    assert everything["expected"] == len(devices) + 1
    assert everything["reporting"] == 1
    assert everything["online_rate"] == pytest.approx(1 / (len(devices) + 1))


def test_only_what_was_asked_for(made: Made) -> None:
    found = lines(tocsin("devices", "--data", made.data, "--json", "--enterprise", "E002", "--state", "reporting"))
    assert list(by_device(found)) == ["DUST"]
    assert {line["id"] for line in found if line.get("scope") == "enterprise"} == {"E002"}
    assert not by_device(lines(tocsin("devices", "--data", made.data, "--json", "--state", "silent")))


def test_the_table_shows_the_devices_and_says_that_no_service_runs(made: Made) -> None:
    ran = tocsin("devices", "--data", made.data, "--state", "reporting")
    assert ran.code == 0
    assert "DUST" in ran.out
    assert "no service runs" in ran.err
    assert "more; --limit shows them" in tocsin("devices", "--data", made.data, "--limit", "1").out


def test_without_a_checkpoint_the_log_tells_the_same(tmp_path: Path) -> None:
    made = make_data_folder(tmp_path)
    before = tocsin("devices", "--data", made.data, "--json").out
    for file in (made.data / CHECKPOINTS).iterdir():
        file.unlink()
    assert tocsin("devices", "--data", made.data, "--json").out == before


def test_a_restart_goes_on_counting(tmp_path: Path) -> None:
    made = make_data_folder(tmp_path)
    core = Core.open(made.data, read_configuration(made.site), (), START_MS + 5000)
    assert core.restart.checkpoint is not None
    entry = Tick(START_MS + 5000)
    core.decide([(core.append([entry]), entry)])
    core.close()
    head, *found = lines(tocsin("devices", "--data", made.data, "--json"))
    assert (head["as_of_ms"], head["since_ms"]) == (START_MS + 5000, START_MS)
    assert by_device(found)["DUST"]["readings"] == 2


def test_the_rate_of_a_period_has_its_working(made: Made) -> None:
    head, *found = lines(
        tocsin(
            "devices", "--rate", "--journal", made.data, "--json", "--from", START_MS + 1500, "--to", START_MS + 9000
        )
    )
    assert head == {
        "about": "period",
        "from_ms": START_MS + 1500,
        "to_ms": START_MS + 4000,
        "listened_ms": 2500,
        "paused_ms": 0,
        "pauses": 0,
    }
    devices = by_device(found)
    spark = devices["DUST"]
    assert (spark["online_ms"], spark["expected_ms"], spark["online_rate"], spark["seen"]) == (2000, 2500, 0.8, True)
    never = [device for device in devices.values() if not device["seen"]]
    assert len(never) == len(devices) - 1
    assert {device["online_rate"] for device in never} == {0.0}
    everything = next(line for line in found if line.get("scope") == "all")
    assert (everything["devices"], everything["never"]) == (len(devices), len(never))
    assert everything["expected_ms"] == 2500 * len(devices)


def test_the_table_of_rates(made: Made) -> None:
    ran = tocsin("devices", "--rate", "--data", made.data, "--limit", "1000", "--enterprise", "E002")
    assert ran.code == 0
    assert "DUST" in ran.out
    assert "E001" not in ran.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rate", "--state", "silent"], "--state is how devices stand now"),
        (["--from", "5"], "--from and --to belong to --rate"),
        (["--rate", "--from", "5", "--to", "5"], "--from 5 is not before --to"),
        (["--rate", "--from", str(START_MS + 60_000)], "the log holds nothing of that period"),
        (["--rate", "--to", str(START_MS - 60_000)], "the log holds nothing of that period"),
        (["--enterprise", "E9"], "no enterprise E9 in the site"),
        (["--rate", "--region", "moon"], "no enterprise of the site lies in a region moon"),
        (["--state", "lost"], "'lost' is not one of"),
    ],
)
def test_a_call_that_is_wrong(made: Made, arguments: list[str], said: str) -> None:
    ran = tocsin("devices", "--data", made.data, *arguments)
    assert ran.code == 2
    assert len(ran.mistakes) == 1
    assert said in ran.err
