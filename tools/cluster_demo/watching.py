"""What comes into the topic `alarms`, as every reader of committed records sees it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from rules.events import AlarmEvent
from tocsin.kafka.client import reader
from tocsin.kafka.topics import Shard, Topics
from tocsin.settings.kafka import KafkaSettings

_READ_S = 60.0

Key = tuple[str, str, int, str, str]
"""(alarm, event, at, level, severity): what is equal of two runs over one log."""


def key_of(event: AlarmEvent) -> Key:
    return event.alarm, event.event, event.at, event.level, event.severity


@dataclass
class Watch:
    """From the newest record on, in a thread of its own. `on_event` hears of each."""

    kafka: KafkaSettings
    on_event: Callable[[AlarmEvent], None]
    latest_s: dict[Shard, float] = field(default_factory=dict)
    """When (monotonic) something last came of each shard."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="alarms", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5)

    def _run(self) -> None:
        from confluent_kafka import OFFSET_END, TopicPartition

        topics = Topics.of(self.kafka)
        consumer = reader(self.kafka, more={"enable.partition.eof": False})
        consumer.assign([TopicPartition(topics.alarms, shard, OFFSET_END) for shard in topics.shards])
        while not self._stop.is_set():
            for message in consumer.consume(100, timeout=0.1):
                if message.error() is None:
                    self.latest_s[message.partition() or 0] = time.monotonic()
                    self.on_event(msgspec.json.decode(message.value() or b"", type=AlarmEvent))
        consumer.close()


def all_alarms(kafka: KafkaSettings) -> list[Key]:
    """Every committed event that the topic holds. TimeoutError where Kafka is away."""
    from confluent_kafka import OFFSET_BEGINNING, KafkaError, TopicPartition

    topics, found = Topics.of(kafka), []
    consumer = reader(kafka)
    places = [TopicPartition(topics.alarms, shard, OFFSET_BEGINNING) for shard in topics.shards]
    consumer.assign(places)
    open_places, until_s = len(places), time.monotonic() + _READ_S
    while open_places:
        if time.monotonic() > until_s:
            raise TimeoutError("Kafka does not answer")
        for message in consumer.consume(500, timeout=1.0):
            error = message.error()
            if error is None:
                found.append(key_of(msgspec.json.decode(message.value() or b"", type=AlarmEvent)))
            elif error.code() == KafkaError._PARTITION_EOF:
                open_places -= 1
    consumer.close()
    return found
