"""What the benchmarks are judged by, and the packets of their publisher."""

import subprocess
import sys
from pathlib import Path

import pytest
from gmqtt.mqtt.utils import unpack_variable_byte_integer

from benchmarks import one_reading
from benchmarks.figure import Figure
from benchmarks.load import EPISODE, Load
from benchmarks.wire import packet, publish

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("value", "goal", "at_least", "met", "ratio"),
    [
        (1.2, 0.75, True, True, 1.6),
        (0.6, 0.75, True, False, 0.8),
        (25.0, 50.0, False, True, 2.0),
        (100.0, 50.0, False, False, 0.5),
        (0.0, 0.0, False, True, None),
        (1.0, 0.0, False, False, None),
        (None, 50.0, False, None, None),
    ],
)
def test_a_ratio_of_one_and_more_is_met(
    value: float | None, goal: float, at_least: bool, met: bool | None, ratio: float | None
) -> None:
    figure = Figure(name="f", value=value, unit="u", goal=goal, at_least=at_least)
    assert figure.is_met is met
    assert figure.ratio == (None if ratio is None else pytest.approx(ratio))


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16_383, 16_384, 100_000])
def test_a_packet_says_its_length(size: int) -> None:
    made = packet(0x32, bytes(size))
    length, rest = unpack_variable_byte_integer(made[1:])
    assert (made[0], length, bytes(rest)) == (0x32, size, bytes(size))


def test_a_publish_holds_topic_packet_id_and_payload() -> None:
    assert publish(b"a/b", 258, b"{}") == b"\x32\x09\x00\x03a/b\x01\x02{}"


def test_an_alarming_device_goes_over_its_limit_and_back() -> None:
    load = Load(devices=3, keys=1)
    over = [b":60.0}" in load.message_of(0, turn, turn, 1) for turn in range(3 * EPISODE)]
    assert over == [False] * EPISODE + [True] * EPISODE + [False] * EPISODE
    assert not any(b":60.0}" in load.message_of(1, turn, turn, 1) for turn in range(3 * EPISODE))


def test_without_a_broker_a_figure_is_skipped_by_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(one_reading, "find_mosquitto", lambda: None)
    monkeypatch.setattr(sys, "argv", ["one_reading"])
    one_reading.main()
    assert '"value":null' in (out := capsys.readouterr().out)
    assert "mosquitto is not installed" in out


def test_an_unknown_benchmark_is_refused_with_the_names_there_are() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "nosuch"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "one_reading" in done.stderr
