"""Silence, live: stale alarms come when field or broker fall silent, and not because the service itself was away."""

import subprocess
from pathlib import Path

import pytest
from support.decided import booked_keys, keys, reference_keys
from support.field import Field
from support.live import POINTS, Live, running_broker
from support.waiting import eventually

from plant.batch import Batch
from plant.entries import Readings, SourceUp, Tick
from plant.quality import Quality
from tocsin.clock import SystemClock
from tocsin.configuration import read_configuration
from tocsin.runtime.core import Core

HOUR_MS = 3_600_000


def silent_after(seconds: float) -> str:
    return f"""\
  - id: silent
    applies_to: {{kind: gas.combustible}}
    condition: {{stale: {{after_s: {seconds:g}}}}}
    severity: yellow
"""


def test_stale_alarms_come_when_publishers_and_broker_have_gone(tmp_path: Path) -> None:
    clock = SystemClock()
    with (
        running_broker(tmp_path / "broker") as broker,
        Live(tmp_path, broker.port, rules=silent_after(3)) as live,
    ):
        live.start()
        with Field(broker.port, POINTS) as field:
            heard_ms = {point: clock.now_ms() for point in POINTS if field.send(point, 5.0)}
            field.settle()
        broker.stop()
        raised = {("raised", "silent", point) for point in POINTS}
        assert eventually(lambda: raised <= set(live.names()), 3 + 2 + 0.5)
        late_ms = max(
            event.received_at - heard_ms[event.subject] for _, event in live.booked() if event.subject in heard_ms
        )
        assert late_ms <= (3 + 2) * 1000
        assert live.stop() == 0


def make_old(live: Live) -> int:
    """A data folder as a service leaves it that was killed an hour ago with every point heard; returns its end."""
    then_ms = SystemClock().now_ms() - HOUR_MS
    core = Core.open(live.data, read_configuration(live.site), (), then_ms - 5000)
    rows = [(number, then_ms, 5.0, Quality.GOOD) for number in core.registry.registry.numbers.values()]
    core.append([SourceUp(then_ms - 4000, "broker"), Readings(then_ms, Batch.of(rows), "broker"), Tick(then_ms + 1000)])
    core.close()
    return core.journal.end


@pytest.mark.parametrize("broker_is_there", [True, False])
def test_an_hour_away_is_not_the_silence_of_the_field(tmp_path: Path, broker_is_there: bool) -> None:
    with (
        running_broker(tmp_path / "broker") as broker,
        Live(tmp_path, broker.port, rules=silent_after(5)) as live,
    ):
        end = make_old(live)
        if not broker_is_there:
            broker.stop()
            process = live.spawn()
            assert eventually(lambda: len(live.entries()) > end + 2)
            assert process.poll() is None
            assert not live.names()
            broker.start()
            live.wait_ready()
        else:
            live.start()
        with Field(broker.port, POINTS) as field:
            for point in POINTS[1:]:
                field.send(point, 5.0)
            field.settle()
        # Silence counts from the start: who says nothing from then on is missed, once the time has come.
        assert eventually(lambda: ("raised", "silent", POINTS[0]) in live.names(), 5 + 2 + 0.5)
        first = next(event for _, event in live.booked())
        assert first.onset is not None
        assert first.onset > SystemClock().now_ms() - 20_000
        assert not [event for _, event in live.booked() if event.historical]
        assert live.stop() == 0
        assert booked_keys(live) == keys(live.replayed()) == reference_keys(live)


def test_a_kill_and_a_pause_raise_nothing(tmp_path: Path) -> None:
    with (
        running_broker(tmp_path / "broker") as broker,
        Live(tmp_path, broker.port, rules=silent_after(2.5)) as live,
        Field(broker.port, POINTS) as field,
    ):
        live.start()
        field.flow(every_s=0.02, levels=(5.0,))
        assert eventually(lambda: len({r.point for r in live.readings()}) == len(POINTS))
        live.kill()
        with pytest.raises(subprocess.TimeoutExpired):
            subprocess.run(["sleep", "60"], timeout=3, check=False)
        live.start()
        confirmed = {sent.value for sent in field.settle()}
        assert eventually(lambda: confirmed <= {reading.value for reading in live.readings()})
        field.stop()
        assert live.stop() == 0
        assert [name for name in live.names() if name[2] != "E2-P1"] == []
        assert booked_keys(live) == keys(live.replayed()) == reference_keys(live)
