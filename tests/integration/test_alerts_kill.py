"""kill -9 of the process that books and sends: no notice lost, doubles only of what was on its way, ids unchanged."""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from support.alarm_steps import engine_event
from support.dispatching import backlog_due
from support.webhook_receiver import WebhookReceiver, wait_until

from alerts.channels.webhook import CONCURRENCY
from tocsin.book import BookReader

ROOT = Path(__file__).parents[2]
KILLS = 4
ALARMS = 300


def process(path: Path, url: str, count: int) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """The booking process; killed with SIGKILL when the block ends."""
    return killed_at_the_end("support.book_process", str(path), url, str(count))


@contextmanager
def killed_at_the_end(module: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    paths = os.pathsep.join([str(ROOT / "tests"), str(ROOT)])
    child = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
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


def test_a_bundle_killed_between_sending_and_recording_doubles_once_with_the_same_id_and_content(
    tmp_path: Path,
) -> None:
    printed = tmp_path / "printed.jsonl"

    def lines() -> list[dict[str, object]]:
        text = printed.read_text(encoding="utf-8") if printed.exists() else ""
        return [json.loads(line) for line in text.splitlines()]

    with killed_at_the_end("support.notice_process", str(tmp_path), "40", "hang"):
        wait_until(lambda: len(lines()) == 1, what="sent")
    with killed_at_the_end("support.notice_process", str(tmp_path), "40"):
        wait_until(lambda: len(lines()) == 2 and backlog_due(tmp_path / "book.sqlite") == 0, what="recorded")
    with killed_at_the_end("support.notice_process", str(tmp_path), "40"):
        pass
    first, second = lines()
    assert len(first["items"]) == 40  # type: ignore[arg-type]
    assert {**first, "at": 0} == {**second, "at": 0}
