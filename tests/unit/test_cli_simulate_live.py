"""The live side of `tocsin simulate`: what can't be is told in one line before anything is sent."""

from functools import partial
from pathlib import Path

import pytest
from support.command import tocsin
from support.mosquitto import free_port

from simulators import Publisher


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["leak", "--form", "morse"], "--form is morse, allowed are native, thingsboard"),
        (["leak", "--connections", "two"], "--connections is two, allowed are one, device, gateway"),
        (["leak", "--start", "soon"], "--start is soon, allowed are now, recorded"),
        (["leak", "--mqtt", "mqtt://127.0.0.1", "--tcp", "127.0.0.1:1"], "give either --mqtt URL or --tcp HOST:PORT"),
        (["leak", "--feed", "x.csv", "--mqtt", "mqtt://127.0.0.1"], "--feed FEED goes with --site DIR"),
        (["sensor-faults", "--tcp", "nowhere", "--form", "hj212"], "--tcp is nowhere, allowed is host:port"),
        (["sensor-faults", "--tcp", "127.0.0.1:1"], "native does not go over TCP, only hj212 and gb26875 do"),
        (
            ["sensor-faults", "--form", "sparkplug", "--connections", "one", "--mqtt", "mqtt://127.0.0.1"],
            "each node of sparkplug needs a connection of its own",
        ),
        (
            ["sensor-faults", "--form", "sparkplug", "--topic", "x/{device}", "--mqtt", "mqtt://127.0.0.1"],
            "the topics of sparkplug are those of its specification",
        ),
    ],
)
def test_a_wrong_call_is_one_line(arguments: list[str], said: str) -> None:
    ran = tocsin("simulate", *arguments)
    assert ran.code == 2
    (line,) = ran.mistakes
    assert said in line


def test_a_site_that_the_form_cannot_tell_names_its_points(tmp_path: Path) -> None:
    assert tocsin("init", tmp_path / "site").code == 0
    ran = tocsin(
        "simulate", "quiet-day", "--site", tmp_path / "site", "--form", "sparkplug", "--mqtt", "mqtt://127.0.0.1"
    )
    assert ran.code == 2
    assert ran.mistakes[0].startswith("points.csv:2: E001-GAS-01: device ")


def test_nobody_at_the_tcp_address_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.cli.simulate_live.Publisher", partial(Publisher, connect_within_s=0.3))
    port = free_port()
    ran = tocsin("simulate", "sensor-faults", "--form", "hj212", "--tcp", f"127.0.0.1:{port}")
    assert ran.code == 1
    assert ran.mistakes == [f"tocsin: nobody answers at 127.0.0.1:{port}"]
