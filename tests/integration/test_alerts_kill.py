"""kill -9 of the process that books and sends: no notice lost, doubles only of what was on its way, ids unchanged."""

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.alarm_steps import engine_event
from support.dispatching import backlog_due
from support.webhook_receiver import WebhookReceiver, wait_until

from alerts.channels.webhook import CONCURRENCY
from tocsin.book import BookReader

ROOT = Path(__file__).parents[2]
KILLS = 4
ALARMS = 300


@contextmanager
def process(path: Path, url: str, count: int) -> Iterator[subprocess.Popen[bytes]]:
    """The booking process; killed with SIGKILL when the block ends."""
    paths = os.pathsep.join([str(ROOT / "tests"), str(ROOT)])
    child = subprocess.Popen(
        [sys.executable, "-m", "support.book_process", str(path), url, str(count)],
        env={**os.environ, "PYTHONPATH": paths},
        stderr=subprocess.PIPE,
    )
    try:
        yield child
        assert child.poll() is None, child.stderr.read().decode() if child.stderr else ""
    finally:
        child.kill()
        child.wait()
        if child.stderr:
            child.stderr.close()


def test_killed_at_random_instants(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite"
    dice = random.Random(7)
    with WebhookReceiver() as receiver:
        for _ in range(KILLS):
            with process(path, receiver.url, ALARMS):
                receiver.wait_for(len(receiver.accepted) + dice.randrange(1, ALARMS // (KILLS + 1)))
        with process(path, receiver.url, ALARMS):
            receiver.wait_for(ALARMS)
            wait_until(lambda: len(set(receiver.accepted)) == ALARMS and backlog_due(path) == 0, what="all sent")
        assert not receiver.forged
    expected = {f"{engine_event('raised', subject=f'E001-P{i}').alarm}.1" for i in range(ALARMS)}
    assert set(receiver.accepted) == expected
    assert receiver.doubles <= KILLS * CONCURRENCY
    book = BookReader.open_for_reading(path)
    assert book.position == ALARMS
    assert {e.numbered.id for e in book.events(limit=ALARMS + 1)} == expected
    book.close()


def test_killed_between_sending_and_recording_doubles_once_under_the_same_id(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite"
    with WebhookReceiver() as receiver:
        receiver.hold()
        with process(path, receiver.url, 1):
            receiver.wait_underway(1)
        receiver.answer()
        receiver.wait_for(1)
        with process(path, receiver.url, 1):
            receiver.wait_for(2)
            wait_until(lambda: backlog_due(path) == 0, what="recorded")
    event_id = f"{engine_event('raised', subject='E001-P0').alarm}.1"
    assert Counter(receiver.accepted) == {event_id: 2}
