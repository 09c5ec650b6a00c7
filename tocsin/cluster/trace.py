"""From an event of the alarm book back to the entry of a shard's log that it came of."""

from collections.abc import Iterable
from typing import Final

from plant.entries import Position
from tocsin.kafka.client import clear, reader
from tocsin.kafka.errors import KafkaAwayError, is_passing
from tocsin.kafka.steps import Steps, decode_steps
from tocsin.kafka.topics import Topics
from tocsin.settings.kafka import KafkaSettings

_POLL_S: Final = 1.0
_TRIES: Final = 10


def steps_at(settings: KafkaSettings, positions: Iterable[Position]) -> list[Steps]:
    """What the topic `steps` holds at these offsets. LookupError where there is nothing; KafkaClientError."""
    consumer = reader(settings)
    topic = Topics.of(settings).steps
    try:
        return [_one(consumer, settings, topic, position) for position in positions]
    finally:
        consumer.close()


def _one(consumer: object, settings: KafkaSettings, topic: str, position: Position) -> Steps:
    from confluent_kafka import Consumer, KafkaError, TopicPartition

    assert isinstance(consumer, Consumer)  # noqa: S101 - loaded late
    consumer.assign([TopicPartition(topic, 0, position)])
    for _ in range(_TRIES):
        for message in consumer.consume(1, timeout=_POLL_S):
            error = message.error()
            if error is None:
                if message.offset() != position:
                    raise LookupError(f"{topic}: position {position} is no longer kept")
                return decode_steps(message.value())
            if error.code() in (KafkaError._PARTITION_EOF, KafkaError._AUTO_OFFSET_RESET):
                raise LookupError(f"{topic}: there is nothing at position {position}")
            if not is_passing(error.name()):
                raise clear(settings, error)
    raise KafkaAwayError(f"Kafka at {', '.join(settings.bootstrap)} has sent nothing for {_TRIES * _POLL_S:g} s")
