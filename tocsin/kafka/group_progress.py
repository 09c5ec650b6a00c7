"""How far a consumer group has come in the shards' logs."""

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from plant.entries import Position
from tocsin.kafka.client import clear, reader
from tocsin.kafka.topics import LogPlace, Topics
from tocsin.settings.kafka import KafkaSettings

if TYPE_CHECKING:
    from confluent_kafka import Consumer

WRITTEN: Final = "written"
"""The group whose commits say how far each log is decided: workers commit every few seconds, and nobody consumes."""


class GroupProgress:
    """For one thread. Connects with the first question."""

    def __init__(self, settings: KafkaSettings, group: str, timeout_s: float) -> None:
        """`group` without the prefix."""
        self._settings = settings
        self._topics = Topics.of(settings)
        self._group = self._topics.group(group)
        self._timeout_s = timeout_s
        self._consumer: Consumer | None = None

    def ask(self) -> dict[LogPlace, Position]:
        """The entry to take next of each log; a log of which nothing was committed is left out. KafkaClientError."""
        from confluent_kafka import KafkaException, TopicPartition

        if self._consumer is None:
            # A transaction that is open must not keep back what the one before it has committed.
            options = {"group.id": self._group, "isolation.level": "read_uncommitted"}
            self._consumer = reader(self._settings, more=options)
        asked = [TopicPartition(*self._topics.log_of(shard)) for shard in self._topics.shards]
        try:
            found = self._consumer.committed(asked, timeout=self._timeout_s)
        except KafkaException as error:
            raise clear(self._settings, error) from None
        for one in found:
            if one.error is not None:
                raise clear(self._settings, one.error)
        return {LogPlace(at.topic, at.partition): int(at.offset) for at in found if at.offset >= 0}

    def close(self) -> None:
        if self._consumer is not None:
            with suppress(RuntimeError):
                self._consumer.close()
            self._consumer = None
