"""Reads the checkpoints of a shard back from Kafka."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from plant.entries import Position
from rules.engine import STATE_VERSION
from tocsin.kafka.client import clear, reader
from tocsin.kafka.errors import KafkaAwayError, is_passing
from tocsin.kafka.topics import Shard, Topics
from tocsin.settings.kafka import KafkaSettings
from tocsin.worker.state_chunks import Chunks, Found

_POLL_S: Final = 0.5


class Kept(NamedTuple):
    """What there is. `serial` is that of the newest checkpoint, whether it can be used or not."""

    found: Found | None
    passed_over: list[str]
    serial: int


def read_checkpoint(settings: KafkaSettings, shard: Shard, begins: Position | None, timeout_s: float = 30.0) -> Kept:
    """The newest checkpoint that can be used. `begins` is where the newest whole one begins, as far as is known.

    KafkaClientError.
    """
    topics = Topics.of(settings)
    chunks = Chunks()
    starts = [0] if begins is None else [begins, 0]
    for start in starts:
        for key, value in _records(settings, topics.checkpoints, shard, start, timeout_s):
            chunks.take(key, value)
        found, passed_over = chunks.newest(STATE_VERSION, topics.partitions)
        if found is not None:
            break
    return Kept(found, passed_over, chunks.newest_serial)


def _records(
    settings: KafkaSettings, topic: str, partition: int, start: Position, timeout_s: float
) -> Iterator[tuple[bytes | None, bytes | None]]:
    from confluent_kafka import KafkaError, TopicPartition

    # Compaction may have dropped the record at `start`; the next one does as well.
    consumer = reader(settings, more={"auto.offset.reset": "earliest"})
    quiet_s = 0.0
    try:
        consumer.assign([TopicPartition(topic, partition, start)])
        while True:
            messages = consumer.consume(100, timeout=_POLL_S)
            quiet_s = 0.0 if messages else quiet_s + _POLL_S
            if quiet_s >= timeout_s:
                raise KafkaAwayError(f"Kafka at {', '.join(settings.bootstrap)} has sent nothing for {quiet_s:.0f} s")
            for message in messages:
                error = message.error()
                if error is None:
                    yield message.key(), message.value()
                elif error.code() == KafkaError._PARTITION_EOF:
                    return
                elif not is_passing(error.name()):
                    raise clear(settings, error)
    finally:
        consumer.close()
