"""Notifiers over a real Kafka and a real PostgreSQL: one tells, another takes over, every effect once."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from support.command import tocsin
from support.kafka import KafkaCluster, kafka
from support.notifiers import T0, NotifierProcess, StepsWriter, put_site, raised, settings_file, write_site
from support.postgres import PostgresServer, fresh_address, postgres_server
from support.waiting import eventually
from support.webhook_receiver import WebhookReceiver

from alerts.channels.webhook import CONCURRENCY
from plant.entries import Configuration, OperatorAction, OwnCondition
from tocsin.book import BookReader, Outbox
from tocsin.book.schema import open_reader
from tocsin.clock import SystemClock
from tocsin.cluster.acting import MOST_AHEAD_MS, ClusterActs, NotAnsweredError
from tocsin.configuration import Configured, read_configuration
from tocsin.database import Place
from tocsin.kafka.client import producer, reader
from tocsin.kafka.division import partition_of
from tocsin.kafka.partition_log import PartitionLog
from tocsin.kafka.topics import Topics
from tocsin.runtime.control import OverrideRequest, Request
from tocsin.settings.kafka import KafkaSettings
from tools.services.postgres import find

__all__ = ["kafka"]

TAKEOVER_S = 10.0


class World:
    """A site of its own in Kafka, a book, and a receiver."""

    def __init__(self, cluster: KafkaCluster, folder: Path, receiver: WebhookReceiver) -> None:
        self.folder = folder
        self.kafka: KafkaSettings = cluster.topics(f"{folder.name}.", 2)
        self.use: Configuration = put_site(self.kafka, write_site(folder / "site"))
        self.configured: Configured = read_configuration(folder / "site")
        self.book: Place = fresh_address()
        self.receiver = receiver
        self.steps = StepsWriter(self.kafka)
        self.clock = SystemClock()

    def notifier(self, name: str) -> NotifierProcess:
        url = self.receiver.url
        return NotifierProcess(settings_file(self.folder, self.kafka, self.book, webhook=url, name=name))

    def settled(self) -> bool:
        """Nobody is owed anything, and nothing is on its way."""
        outbox = Outbox.open_for_reading(self.book)
        try:
            return all(b.due == 0 for b in outbox.backlog().values())
        finally:
            outbox.close()

    def events(self) -> list[tuple[str, int]]:
        """(alarm, n) of every event in the book, in its order."""
        db = open_reader(self.book)
        try:
            return [(alarm, n) for alarm, n in db.execute("SELECT alarm, n FROM events ORDER BY seq")]
        finally:
            db.close()


@pytest.fixture
def world(kafka: KafkaCluster, tmp_path: Path) -> Iterator[World]:
    with WebhookReceiver() as receiver:
        yield World(kafka, tmp_path, receiver)


def test_one_tells_and_another_takes_over(world: World) -> None:
    receiver, steps = world.receiver, world.steps
    steps.write(0, T0, world.use)
    with world.notifier("one") as one, world.notifier("two") as two:
        assert eventually(
            lambda: {one.metric("tocsin_notifier_active"), two.metric("tocsin_notifier_active")} == {0, 1}, 60
        ), one.log
        first, second = (one, two) if one.metric("tocsin_notifier_active") else (two, one)
        steps.write(0, T0 + 1, raised("E1-G1", T0 + 1))
        receiver.wait_for(1)
        assert eventually(world.settled)
        assert first.health()["ready"]
        assert second.health()["ready"]

        # Stopped where it stands, it loses the lead; when it wakes up it tells nobody, and stands by.
        first.pause()
        began_s = world.clock.monotonic_s()
        steps.write(1, T0 + 2, raised("E2-G1", T0 + 2))
        receiver.wait_for(2)
        assert world.clock.monotonic_s() - began_s <= TAKEOVER_S
        assert eventually(world.settled)
        first.proceed()
        first.wait_standby()
        steps.write(0, T0 + 3, raised("E1-G1", T0 + 3))
        receiver.wait_for(3)
        assert eventually(world.settled)

        second.kill()
        began_s = world.clock.monotonic_s()
        steps.write(0, T0 + 4, raised("E1-G1", T0 + 4))
        receiver.wait_for(4)
        assert world.clock.monotonic_s() - began_s <= TAKEOVER_S
        assert eventually(world.settled)
        assert first.stop() == 0, first.log
    assert receiver.doubles == 0
    assert len(world.events()) == len(set(world.events())) == 4


def test_killed_in_the_middle_of_a_flood_every_effect_is_once_in_the_book(world: World) -> None:
    count, kills, receiver, steps = 160, 2, world.receiver, world.steps
    steps.write(0, T0, world.use)
    with ExitStack() as running:
        processes = [running.enter_context(world.notifier(f"n{i}")) for i in range(kills + 1)]
        for i in range(0, count, 8):
            at = [T0 + 1 + i + j for j in range(8)]
            steps.write_all([steps.record(j % 2, ms, raised(f"E{1 + j % 2}-G1", ms)) for j, ms in enumerate(at)])
        for kill in range(kills):
            receiver.wait_for((kill + 1) * count // (kills + 2), timeout_s=40)
            active = next(one for one in processes if one.metric("tocsin_notifier_active"))
            active.kill()
            processes.remove(active)
        assert eventually(lambda: len(set(receiver.accepted)) == count, 40), len(set(receiver.accepted))
        assert eventually(world.settled)
    assert not receiver.forged
    assert receiver.doubles <= kills * CONCURRENCY
    assert len(world.events()) == len(set(world.events())) == count


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """One of its own, to be stopped."""
    postgres_server()  # skips where there is none
    programs = find()
    assert programs is not None
    server = PostgresServer(programs)
    server.start()
    yield server
    server.close()


def test_the_database_is_away_and_the_steps_go_on(world: World, server: PostgresServer) -> None:
    away, receiver, steps = 200, world.receiver, world.steps
    world.book = server.make("book")
    steps.write(0, T0, world.use, raised("E1-G1", T0))
    with world.notifier("one") as one:
        receiver.wait_for(1, timeout_s=40)
        server.stop()
        for i in range(0, away, 20):
            steps.write_all([steps.record(0, ms, raised("E1-G1", ms)) for ms in range(T0 + 1 + i, T0 + 21 + i)])
        one.wait_standby()
        assert not one.health()["ready"]
        server.start()
        assert eventually(lambda: len(set(receiver.accepted)) == away + 1, 60), one.log
        assert eventually(world.settled)

        server.stop()  # at once back, under one that leads
        server.start()
        steps.write(1, T0 + 1_000, raised("E2-G1", T0 + 1_000))
        assert eventually(lambda: len(set(receiver.accepted)) == away + 2, 40), one.log
        assert eventually(world.settled)
        one.wait_active()
        assert one.stop() == 0, one.log
    assert receiver.doubles <= 2 * CONCURRENCY
    assert len(world.events()) == len(set(world.events())) == away + 2


def test_what_cannot_be_read_is_kept_aside_and_what_was_given_up_is_not_taken(world: World) -> None:
    steps = world.steps
    steps.write(0, T0, world.use)
    with world.notifier("one") as one:
        steps.write_raw([b"rubbish"])
        steps.write_all([steps.record(0, T0 + 1, raised("E1-G1", T0 + 1))], keep=False)
        steps.write(7, T0 + 2, raised("E1-G1", T0 + 2))
        steps.write(1, T0 + 3, raised("E2-G1", T0 + 3))
        world.receiver.wait_for(1, timeout_s=40)
        assert eventually(lambda: one.metric("tocsin_notifier_dead_letters_total") == 2)
        assert eventually(world.settled)
        assert one.stop() == 0, one.log
    # Beside it there may be an alarm of its own: that records can't be read.
    site = {raised(*one).alarm for one in (("E1-G1", T0 + 1), ("E1-G1", T0 + 2), ("E2-G1", T0 + 3))}
    assert [event for event, _ in world.events() if event in site] == [raised("E2-G1", T0 + 3).alarm]
    letters = _letters(world.kafka, 2)
    assert letters[0][0] == b"rubbish"
    assert letters[0][1]["topic"] == Topics.of(world.kafka).steps.encode()
    assert b"not steps" in letters[0][1]["reason"]
    assert b"shard 7" in letters[1][1]["reason"]


def test_acts_are_answered_from_the_book(world: World, tmp_path: Path) -> None:
    steps, topics = world.steps, Topics.of(world.kafka)
    alarm = raised("E1-G1", T0 + 1)
    shard = partition_of("E1", 2)
    acts = ClusterActs(world.kafka, world.book, lambda: world.configured, world.clock)
    write_entry(world, shard, OperatorAction(T0, "comment", "none", "log"))  # so that the log has an end
    steps.write(shard, T0 + 1, world.use, alarm)
    try:
        with world.notifier("one") as one:
            world.receiver.wait_for(1)

            answers: list[str | None] = []
            asking = threading.Thread(
                target=lambda: answers.append(acts.act(Request("acknowledge", alarm.alarm, "li"), 20))
            )
            asking.start()
            work(world, shard, 1)
            asking.join(20)
            assert answers == [None]

            # The clock of this machine is years from the log's: the act is taken a little after the log's end.
            db = open_reader(world.book)
            [(at,)] = db.execute("SELECT received_at FROM actions WHERE action = 'acknowledge'").fetchall()
            db.close()
            assert at == T0 + MOST_AHEAD_MS

            again = acts.write(OperatorAction(T0 + 9_000, "acknowledge", "nosuchalarm", "li"))
            assert again.shard == topics.second_stage
            with pytest.raises(NotAnsweredError, match="not answered yet"):
                acts.wait(again, 0.2)
            work(world, again.shard, again.offset)
            refused = acts.wait(again, 20)
            assert refused is not None
            assert "no such alarm" in refused

            override = OverrideRequest(
                "set", "o1", "li", purpose="test", subject="E1-G1", why="w", until_ms=T0 + 60_000
            )
            asking = threading.Thread(target=lambda: answers.append(acts.act(override, 20)))
            asking.start()
            work(world, topics.second_stage, again.offset + 1)
            asking.join(20)
            assert answers == [None, None]

            acts.post(OwnCondition(T0 + 10_000, "tocsin.broker", "b1", True, "orange", "away"))
            work(world, topics.second_stage, again.offset + 2)
            book = BookReader.open_for_reading(world.book)
            assert eventually(lambda: any(a.rule == "tocsin.broker" for a in book.alarms(limit=10)))
            book.close()
            assert one.stop() == 0, one.log

        # Made anew from Kafka it is the same book, and who asked finds the answer where it was.
        config = tmp_path / "one.toml"
        ran = tocsin("book", "rebuild", "--config", config)
        assert ran.code == 0, ran.err
        assert ran.out.endswith("as kept\n")
        assert acts.wait(again, 1) == refused
        with world.notifier("one") as one:
            went_on = raised("E1-G1", T0 + 60_000)
            told = len(world.receiver.accepted)
            steps.write(shard, T0 + 60_000, went_on, offset=2)
            world.receiver.wait_for(told + 1)
            assert one.stop() == 0, one.log
    finally:
        acts.close()


def work(world: World, shard: int, offset: int) -> None:
    """What a worker does with an act: hands it on."""
    log = PartitionLog(world.kafka, Topics.of(world.kafka).log_of(shard))
    try:
        assert eventually(lambda: log.end > offset)
        entry: Any = next(iter(log.read(offset, offset + 1)))[1]
    finally:
        log.close()
    world.steps.write(shard, entry.received_at_ms, entry, offset=offset)


def write_entry(world: World, shard: int, act: OperatorAction) -> None:
    from tocsin.kafka.records import encode

    place = Topics.of(world.kafka).log_of(shard)
    writer = producer(world.kafka)
    writer.produce(place.topic, encode(act), partition=place.partition, timestamp=act.received_at_ms)
    assert writer.flush(20) == 0


def _letters(settings: KafkaSettings, count: int) -> list[tuple[bytes | None, dict[str, Any]]]:
    from confluent_kafka import TopicPartition

    consumer = reader(settings, more={"enable.partition.eof": False})
    try:
        consumer.assign([TopicPartition(Topics.of(settings).dead_letters, 0, 0)])
        messages = consumer.consume(count, timeout=20)
        return [(message.value(), dict(message.headers() or [])) for message in messages]
    finally:
        consumer.close()
