"""A cluster as its users have it: it watches over itself, and people act on its alarms by commands.

The worker and the notifier are processes as their users run them, over a real Kafka and a real PostgreSQL.
"""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import tocsin
from support.kafka import KafkaCluster, kafka
from support.notifiers import NotifierProcess, settings_file
from support.postgres import fresh_address
from support.waiting import eventually
from support.webhook_receiver import WebhookReceiver
from support.workers import Workers

from alerts.machine import ACTIVE
from alerts.record import AlarmRecord
from plant.batch import Batch
from plant.entries import Readings, Tick
from plant.quality import Quality
from tocsin.book import BookReader
from tocsin.clock import SystemClock
from tocsin.configuration import read_configuration
from tocsin.database import Place
from tocsin.init import write_example
from tocsin.kafka.topics import Shard

__all__ = ["kafka"]

SPARK = "E002-SPARK-01"
SILENT, UNDECIDED, LETTERS = "tocsin.shard-silent", "tocsin.shard-undecided", "tocsin.dead-letters"
GOAL_S = 40.0
SHARDS = ("shard-0", "shard-1", "shard-2")


class Ticks:
    """Writes a tick into each log several times a second, as bridges do where nothing is measured."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self.paused: set[Shard] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(30)

    def _run(self) -> None:
        clock = SystemClock()
        while not self._stop.wait(0.3):
            tick = Tick(clock.now_ms())
            self._workers.write([(shard, tick) for shard in self._workers.topics.shards if shard not in self.paused])


@pytest.fixture
def workers(kafka: KafkaCluster, tmp_path: Path) -> Iterator[Workers]:
    write_example(tmp_path / "site")
    configured = read_configuration(tmp_path / "site")
    with Workers(tmp_path / "workers", kafka.topics("watch.", 2), tmp_path / "site", configured) as made:
        made.load([Tick(SystemClock().now_ms())])
        made.start()
        yield made


def records(book: Place) -> list[AlarmRecord]:
    """Active alarms."""
    reader = BookReader.open_for_reading(book)
    try:
        return reader.alarms(ACTIVE, 100)
    finally:
        reader.close()


def standing(book: Place) -> list[AlarmRecord]:
    """Own alarms whose condition is on."""
    return [alarm for alarm in records(book) if alarm.rule.startswith("tocsin.")]


def on(book: Place) -> set[tuple[str, str, str]]:
    """Their (rule, subject, severity)."""
    return {(alarm.rule, alarm.subject, alarm.severity) for alarm in standing(book)}


def ids(book: Place) -> set[str]:
    return {alarm.alarm for alarm in standing(book)}


def people_act(workers: Workers, config: Path, book: Place) -> None:
    """Commands against the live cluster: what the book took, and why it did not take more."""
    now_ms, number = SystemClock().now_ms(), workers.registry.numbers[SPARK]
    spark = Readings(now_ms, Batch.of([(number, now_ms, 1.0, Quality.GOOD)]), "broker")
    workers.write(list(workers.division.split(spark)))
    # That the point was silent before is an alarm, too.
    assert eventually(lambda: "dust-spark" in [record.rule for record in records(book)])
    alarm = next(record.alarm for record in records(book) if record.rule == "dust-spark")
    ran = tocsin("ack", alarm, "--by", "li", "--comment", "on my way", "--config", config)
    assert (ran.code, ran.out) == (0, f"{alarm}: acknowledge by li\n"), ran.err
    again = tocsin("ack", alarm, "--by", "zhao", "--config", config)
    assert again.code == 1
    assert "acknowledged" in again.err
    ran = tocsin("comment", alarm, "two men there", "--by", "li", "--config", config)
    assert ran.code == 0, ran.err
    shelf = tocsin("shelve", alarm, "--for", "10m", "--why", "at work", "--by", "li", "--config", config)
    assert shelf.code == 1
    assert "never_suppress" in shelf.err
    unknown = tocsin("comment", "nosuchalarm", "what is it", "--by", "li", "--config", config)
    assert unknown.code == 1
    assert "no such alarm" in unknown.err
    [record] = [record for record in records(book) if record.alarm == alarm]
    assert record.acknowledged_by == "li"


def test_what_stands_still_is_an_alarm(workers: Workers, tmp_path: Path) -> None:
    book = fresh_address()
    times = "[watch]\nshard_silent_s = 5\nshard_undecided_s = 10\n"
    ticks = Ticks(workers)
    with WebhookReceiver() as receiver:
        config = settings_file(tmp_path, workers.kafka, book, webhook=receiver.url, more=times)
        try:
            with NotifierProcess(config) as notifier:
                notifier.wait_active(60)
                assert workers.hold_all(60)
                assert eventually(lambda: notifier.health()["ready"]), notifier.health()
                assert on(book) <= {(UNDECIDED, subject, "red") for subject in SHARDS}  # a worker takes its time
                assert eventually(lambda: on(book) == set(), 30), on(book)

                people_act(workers, config, book)

                # Nobody decides anything, the second stage neither: people hear of it all the same.
                [worker] = workers.running
                workers.kill(worker)
                undecided = {(UNDECIDED, subject, "red") for subject in SHARDS}
                assert eventually(lambda: on(book) == undecided, GOAL_S), (on(book), notifier.log)
                ticks.paused = {1}
                still = {*undecided, (SILENT, "shard-1", "red")}
                assert eventually(lambda: on(book) == still, GOAL_S), (on(book), notifier.log)
                assert eventually(lambda: not ids(book) - {told.partition(".")[0] for told in receiver.accepted})
                # That the notifier speaks is not taken for a worker.
                assert eventually(lambda: not notifier.health()["ready"])
                ticks.paused = set()
                workers.start()
                assert eventually(lambda: on(book) == set(), 90), on(book)

                workers.write([(0, b"rubbish")])
                poisoned = {(LETTERS, "shard-0", "orange")}
                assert eventually(lambda: on(book) == poisoned, GOAL_S), (on(book), notifier.log)
                assert notifier.stop() == 0, notifier.log

            # Another leader knows what is on, and what was put aside while nobody looked.
            workers.write([(1, b"rubbish, too")])
            with NotifierProcess(config) as notifier:
                both = poisoned | {(LETTERS, "shard-1", "orange")}
                assert eventually(lambda: on(book) == both, GOAL_S), (on(book), notifier.log)
                assert notifier.stop() == 0, notifier.log
        finally:
            ticks.close()
    ran = tocsin("book", "rebuild", "--config", config)
    assert ran.code == 0, ran.err
    assert ran.out.endswith("as kept\n"), ran.out
