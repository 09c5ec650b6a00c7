"""Lost connections and broker restarts with messages in flight: no reading is lost, none is there twice."""

import json
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.decided import booked_keys, keys, reference_keys
from support.field import Field, left_at_broker
from support.live import POINTS, Live, running_broker
from support.mosquitto import Mosquitto
from support.proxy import Proxy
from support.waiting import eventually

from plant.entries import SourceDown, SourceUp

PERIOD_S = 0.05
"""So short that any pause makes a late reading look like one of a clock that went back (semantics 1.7)."""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with running_broker(tmp_path / "broker") as broker:
        yield broker


def check(live: Live, field: Field) -> None:
    """All of what the broker took is there once, and the alarms are those of the journal."""
    values = {sent.value for sent in field.settle()}
    assert eventually(lambda: values <= {reading.value for reading in live.readings()}), "readings are missing"
    assert live.stop() == 0
    doubled = [value for value, n in Counter(reading.value for reading in live.readings()).items() if n > 1]
    assert not doubled, f"{len(doubled)} readings are there twice"
    assert booked_keys(live), "no alarm was raised"
    assert booked_keys(live) == keys(live.replayed()) == reference_keys(live)


def source_entries(live: Live) -> list[type]:
    return [type(entry) for entry in live.entries() if isinstance(entry, SourceUp | SourceDown)]


@pytest.mark.parametrize("adapter", ["gmqtt", "paho"])
def test_a_line_that_loses_acknowledgements_and_breaks(tmp_path: Path, broker: Mosquitto, adapter: str) -> None:
    with (
        Proxy(broker.port) as proxy,
        Live(tmp_path, proxy.port, period_s=PERIOD_S, mqtt=f'adapter = "{adapter}"') as live,
        Field(broker.port, POINTS) as field,
    ):
        live.start()
        field.flow(every_s=0.002)
        for cuts in range(1, 4):
            before = len(field.confirmed)
            proxy.swallow()
            assert eventually(lambda before=before: len(field.confirmed) > before + 100)
            values = {sent.value for sent in list(field.confirmed)}
            assert eventually(lambda values=values: values <= {reading.value for reading in live.readings()})
            proxy.cut()
            assert eventually(lambda cuts=cuts: source_entries(live).count(SourceUp) == cuts + 1)
        field.stop()
        check(live, field)
        assert source_entries(live) == [SourceUp, *[SourceDown, SourceUp] * 3]


def test_the_broker_restarts_with_messages_in_flight(tmp_path: Path, broker: Mosquitto) -> None:
    with (
        Live(tmp_path, broker.port, period_s=PERIOD_S) as live,
        Field(broker.port, POINTS) as field,
    ):
        live.start()
        assert live.process is not None
        for point in POINTS:
            field.send(point, 5.0)
        assert eventually(lambda: len(list(live.readings())) == len(POINTS))
        live.process.send_signal(signal.SIGSTOP)
        for n in range(300):
            field.send(POINTS[n % 8], 60.0 if n % 20 < 4 else 5.0, with_time=n % 5 > 0)
        field.settle()
        broker.stop()  # the messages are on their way or queued, none is acknowledged
        live.process.send_signal(signal.SIGCONT)
        assert eventually(lambda: source_entries(live)[-1:] == [SourceDown])
        broker.start()
        assert eventually(lambda: source_entries(live)[-1:] == [SourceUp])
        check(live, field)
        assert source_entries(live) == [SourceUp, SourceDown, SourceUp]


def test_broker_restarts_under_load_lose_nothing(tmp_path: Path, broker: Mosquitto) -> None:
    """Devices repeat what the broker did not confirm to them: such readings come twice, as the same reading."""
    with (
        Live(tmp_path, broker.port, period_s=PERIOD_S) as live,
        Field(broker.port, POINTS, without_time=0.0) as field,
    ):
        live.start()
        field.flow(every_s=0.002)
        for restarts in range(1, 3):
            before = len(field.confirmed)
            assert eventually(lambda before=before: len(field.confirmed) > before + 200)
            broker.stop()
            broker.start()
            assert eventually(lambda restarts=restarts: source_entries(live).count(SourceUp) == restarts + 1)
        field.stop()
        values = {sent.value for sent in field.settle()}
        assert eventually(lambda: values <= {reading.value for reading in live.readings()}), "readings are missing"
        assert live.stop() == 0
        assert len({(r.point, r.measured_at_ms, r.value) for r in live.readings()}) == len(
            {reading.value for reading in live.readings()}
        )
        assert booked_keys(live) == keys(live.replayed()) == reference_keys(live)


def test_a_broker_that_hangs_is_left_and_found_again(tmp_path: Path, broker: Mosquitto) -> None:
    with (
        Live(tmp_path, broker.port, period_s=PERIOD_S, mqtt="keepalive_s = 1") as live,
        Field(broker.port, POINTS) as field,
    ):
        live.start()
        field.send(POINTS[0], 60.0)
        field.settle()
        broker.pause()
        assert eventually(lambda: source_entries(live)[-1:] == [SourceDown])
        assert live.status("readyz") == 503
        assert "broker" in live.get("readyz")[1]
        broker.proceed()
        assert eventually(lambda: live.status("readyz") == 200)
        field.send(POINTS[1], 60.0)
        check(live, field)


def test_a_stop_leaves_nothing_at_two_brokers_that_the_journal_has(tmp_path: Path, broker: Mosquitto) -> None:
    with running_broker(tmp_path / "second") as second:
        more = f'[[mqtt]]\nurl = "mqtt://127.0.0.1:{second.port}"\nname = "second"'
        with (
            Live(tmp_path, broker.port, settings=more) as live,
            Field(broker.port, POINTS[:4]) as field,
            Field(second.port, POINTS[4:], seed=1) as other,
        ):
            live.start()
            for one in (field, other):
                one.flow(every_s=0.001)
            assert eventually(lambda: len({reading.point for reading in live.readings()}) == len(POINTS))
            assert live.stop() == 0
            for one in (field, other):
                one.stop()
            taken = {reading.value for reading in live.readings()}
            for one, port in ((field, broker.port), (other, second.port)):
                sent = {sent.value for sent in one.settle()}
                left = {next(iter(json.loads(payload)["values"].values())) for _, payload in left_at_broker(port)}
                assert not left & taken
                assert sent <= left | taken
