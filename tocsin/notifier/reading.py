"""The topic `steps` read in order, committed records only; what can't be read is kept aside as a dead letter."""

from typing import TYPE_CHECKING, Final

from plant.entries import Position
from tocsin.kafka.arrival import LATEST_MS
from tocsin.kafka.client import clear, reader
from tocsin.kafka.errors import KafkaAwayError, is_passing
from tocsin.kafka.partition_log import OnPoison, Poison
from tocsin.kafka.records import RecordError
from tocsin.kafka.steps import NOTIFIER, Steps, decode_steps
from tocsin.kafka.topics import LogPlace, Topics
from tocsin.notifier.projection import Numbered
from tocsin.settings.kafka import KafkaSettings

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Message

_MOST: Final = 500
_ASK_S: Final = 2.0


class StepsReader:
    """Reads on from where it was told to. For one thread."""

    def __init__(self, settings: KafkaSettings, on_poison: OnPoison) -> None:
        """`on_poison` is told before what comes after is handed out."""
        self._settings = settings
        self._topics = Topics.of(settings)
        self._on_poison = on_poison
        self._consumer: Consumer = reader(settings)
        self.at_end = False
        """Whether all that is committed was handed out, as of the last poll."""
        self.next: Position = 0
        """The position after the last record that was handed out or passed over."""

    @property
    def place(self) -> LogPlace:
        return LogPlace(self._topics.steps, 0)

    def seek(self, position: Position) -> None:
        """Read from there."""
        from confluent_kafka import TopicPartition

        self.next, self.at_end = position, False
        self._consumer.assign([TopicPartition(*self.place, position)])

    def end(self) -> Position:
        """One past the newest record that enough replicas have. KafkaClientError."""
        return self._bounds()[1]

    def first(self) -> Position:
        """The oldest offset that is kept. KafkaClientError."""
        return self._bounds()[0]

    def poll(self, timeout_s: float) -> list[Numbered]:
        """What has come, at most 500 records; none while Kafka is away.

        KafkaClientError where it does not let us in; LookupError where the topic has dropped what is to come next.
        """
        from confluent_kafka import KafkaError, KafkaException

        try:
            messages = self._consumer.consume(_MOST, timeout=timeout_s)
        except KafkaException as error:
            raise clear(self._settings, error) from None
        found: list[Numbered] = []
        for message in messages:
            failed = message.error()
            if failed is None:
                self.at_end = False
                self._take(message, found)
            elif failed.code() == KafkaError._PARTITION_EOF:
                # Markers of transactions stand behind the last record: they are read, too.
                self.next, self.at_end = max(self.next, int(message.offset() or 0)), True
            elif failed.code() == KafkaError._AUTO_OFFSET_RESET:
                topic, partition = self.place
                raise LookupError(f"{topic} [{partition}]: position {self.next} is no longer kept: {failed.str()}")
            elif not is_passing(failed.name()):
                raise clear(self._settings, failed)
        return found

    def close(self) -> None:
        self._consumer.close()

    def _take(self, message: "Message", found: list[Numbered]) -> None:
        offset = int(message.offset() or 0)
        try:
            found.append((offset, checked(decode_steps(message.value()), self._topics)))
        except RecordError as error:
            self._on_poison(Poison(self.place, offset, str(error), message.key(), message.value()))
        self.next = offset + 1

    def _bounds(self) -> tuple[Position, Position]:
        from confluent_kafka import KafkaException, TopicPartition

        try:
            found = self._consumer.get_watermark_offsets(TopicPartition(*self.place), timeout=_ASK_S, cached=False)
        except KafkaException as error:
            raise clear(self._settings, error) from None
        if found is None:
            raise KafkaAwayError(f"Kafka at {', '.join(self._settings.bootstrap)} does not answer")
        return int(found[0]), int(found[1])


def checked(steps: Steps, topics: Topics) -> Steps:
    """The same. RecordError for a shard that there is not, or a time that is none: it would move the book's clock."""
    if steps.shard not in topics.shards and (steps.shard, steps.offset) != (NOTIFIER, -1):
        raise RecordError(f"shard {steps.shard} is none of {len(topics.shards)}")
    if not 0 <= steps.clock_ms <= LATEST_MS:
        raise RecordError(f"clock_ms {steps.clock_ms} is no time")
    return steps
