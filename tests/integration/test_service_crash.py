"""kill -9 of the whole service at random instants, under load from a real broker: no reading and no alarm is lost.

TOCSIN_CRASH_ROUNDS chooses how many kills (50). They are shared out to services that run beside each other.
"""

import os
import subprocess
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest
from support.decided import booked_keys, keys, reference_keys
from support.field import Field
from support.live import POINTS, Live, running_broker
from support.waiting import eventually
from support.webhook_receiver import WebhookReceiver

from alerts.channels.webhook import CONCURRENCY

ROUNDS = int(os.environ.get("TOCSIN_CRASH_ROUNDS", "50"))
LANES = 2
STARTING_S = 0.3
"""Less than any start takes, so nothing is sent by then."""
RULES = """\
  - id: gas
    applies_to: {kind: gas.combustible}
    condition: {limit: {h: 25, hh: 50, deadband: 2}}
  - id: held
    applies_to: {points: [E1-P1, E1-P2]}
    condition: {limit: {h: 25}}
    on_delay_s: 0.4
    off_delay_s: 0.4
    severity: {h: yellow}
  - id: silent
    applies_to: {points: [E1-P8]}
    condition: {stale: {after_s: 0.8}}
    severity: blue
  - id: often
    applies_to: {kind: gas.combustible}
    condition: {limit: {h: 55}}
    count: {n: 3, within_s: 5}
    severity: {h: orange}
"""
SETTINGS = "[journal]\ncheckpoint_s = 0.5\nsegment_bytes = 200000"
"""Checkpoints and new segments come often, so that kills meet them."""


def killed_while_running(live: Live, receiver: WebhookReceiver, rng: Random, rounds: int) -> list[int]:
    """Start and kill; returns how many notices had come in before each start."""
    boundaries: list[int] = []
    for _ in range(rounds):
        receiver.wait_hung_up()
        boundaries.append(len(receiver.received))
        process = live.spawn()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(STARTING_S)
        # Most kills come at work, some into the start.
        if rng.random() < 0.8:
            live.wait_ready()
            wait_s = rng.uniform(0.0, 0.8)
        else:
            wait_s = rng.uniform(0.0, 1.2)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(wait_s)
        live.kill()
    return boundaries


def run_lane(folder: Path, seed: int, rounds: int) -> None:
    rng = Random(seed)
    with (
        running_broker(folder / "broker") as broker,
        WebhookReceiver() as receiver,
        # With this period a pause of 0.3 s is enough to make a late reading look like one of a clock that went back.
        Live(folder, broker.port, rules=RULES, period_s=0.1, webhook=receiver.url, settings=SETTINGS) as live,
        Field(broker.port, POINTS, seed) as field,
    ):
        live.start()  # the broker keeps messages from the first subscription on
        live.kill()
        field.flow(every_s=0.004)
        boundaries = killed_while_running(live, receiver, rng, rounds)
        receiver.wait_hung_up()
        boundaries.append(len(receiver.received))
        live.spawn()
        live.wait_ready()
        field.stop()
        field.last_of_all()
        confirmed = field.settle()
        values = {sent.value for sent in confirmed}
        assert eventually(lambda: values <= {reading.value for reading in live.readings()}), "readings are missing"
        live.wait_delivered(lambda: receiver.accepted)
        assert live.stop() == 0
        check_readings(live, field)
        check_alarms(live)
        check_notices(live, receiver, boundaries)


def check_readings(live: Live, field: Field) -> None:
    """Each reading that the broker took is there, as it was sent, once."""
    found = {reading.value: reading for reading in live.readings()}
    for sent in field.confirmed:
        assert found[sent.value].point == sent.point
        if sent.measured_at_ms is not None:
            assert found[sent.value].measured_at_ms == sent.measured_at_ms
    doubled = [value for value, n in Counter(reading.value for reading in live.readings()).items() if n > 1]
    assert not doubled, f"{len(doubled)} of {len(found)} readings are there twice"


def check_alarms(live: Live) -> None:
    """The kept book is what the journal amounts to, by the engine and by the reference."""
    booked = booked_keys(live)
    assert booked, "no alarm was raised"
    assert booked == keys(live.replayed())
    assert booked == reference_keys(live)


def check_notices(live: Live, receiver: WebhookReceiver, boundaries: Sequence[int]) -> None:
    """Each event was delivered, in order within its alarm; again only where a kill came before it was written down."""
    assert not receiver.forged
    accepted = receiver.accepted
    assert len(accepted) == len(receiver.received)
    assert set(accepted) == {event_id for event_id, _ in live.booked()}
    first = list(dict.fromkeys(accepted))
    numbers: dict[str, list[int]] = {}
    for event_id in first:
        alarm, _, n = event_id.rpartition(".")
        numbers.setdefault(alarm, []).append(int(n))
    assert all(of_alarm == sorted(of_alarm) for of_alarm in numbers.values())
    runs = [accepted[start:end] for start, end in zip([0, *boundaries], [*boundaries, None], strict=True)]
    twice = [(n, len(run), event_id) for n, run in enumerate(runs) for event_id in set(run) if run.count(event_id) > 1]
    assert not twice, f"sent twice by one process: (run, its length, id) {twice}, {len(runs)} runs"
    sent_before: set[str] = set()
    for run in runs:
        assert len(sent_before & set(run)) <= CONCURRENCY
        sent_before |= set(run)


@pytest.mark.slow
def test_kill_at_any_instant_loses_nothing(tmp_path: Path) -> None:
    share = -(-ROUNDS // LANES)
    with running_broker(tmp_path / "probe"), ThreadPoolExecutor(LANES) as lanes:
        runs = [lanes.submit(run_lane, tmp_path / f"lane{n}", n, share) for n in range(LANES)]
    for run in runs:
        run.result()
