"""The topic `dead-letters`: records that can't be taken are kept there, whole, with where they stood and why.

Headers: topic, partition, offset (as text) and reason. Key and value are the record's own; there is no value where
Kafka itself could not hand it out.
"""

from typing import Any

import structlog

from tocsin.kafka.client import producer
from tocsin.kafka.partition_log import Poison
from tocsin.kafka.topics import Topics
from tocsin.settings.kafka import KafkaSettings

_REASON_CHARS = 2_000
_FLUSH_S = 10.0

_log = structlog.get_logger(__name__)


class DeadLetters:
    """Call it with what is poison. It writes in the background, for as long as Kafka takes, and holds nothing up.

    A process that ends before Kafka has the record loses no more than this copy: the record itself stays where it was.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._topic = Topics.of(settings).dead_letters
        self._producer: Any = producer(settings)
        self.count = 0
        """Kept aside since the start."""

    def __call__(self, poison: Poison) -> None:
        topic, partition = poison.place
        self.count += 1
        _log.error("dead_letter", topic=topic, partition=partition, offset=poison.offset, reason=poison.reason)
        headers = {
            "topic": topic,
            "partition": str(partition),
            "offset": str(poison.offset),
            "reason": poison.reason[:_REASON_CHARS],
        }
        try:
            self._producer.produce(
                self._topic,
                poison.value,
                poison.key,
                partition=0,
                headers=[(name, text.encode()) for name, text in headers.items()],
                on_delivery=self._told,
            )
        except BufferError:
            _log.warning("dead_letter_not_kept", topic=topic, partition=partition, offset=poison.offset)
        self._producer.poll(0)

    def close(self) -> None:
        """Wait a while for Kafka to take what was written."""
        if left := self._producer.flush(_FLUSH_S):
            _log.warning("dead_letters_not_kept", count=left)

    def _told(self, error: Any, _message: object) -> None:
        if error is not None:
            _log.warning("dead_letter_not_kept", error=error.str())
