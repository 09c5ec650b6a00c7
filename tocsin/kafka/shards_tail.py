"""The newest entries of all shards, for who looks on: each looker sees all, so no consumer group is joined."""

from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from plant.entries import Entry
from tocsin.kafka.arrival import arrive
from tocsin.kafka.client import clear, reader
from tocsin.kafka.errors import is_passing
from tocsin.kafka.topics import Shard, Topics
from tocsin.settings.kafka import KafkaSettings

if TYPE_CHECKING:
    from confluent_kafka import Consumer, TopicPartition

_MESSAGES: Final = 1_000
_ASK_S: Final = 10.0
_AHEAD_KB: Final = 32 << 10
"""What is fetched ahead, over all shards."""


class Tailed(NamedTuple):
    """An entry of a shard's log."""

    shard: Shard
    entry: Entry


class ShardsTail:
    """Use in one thread. It commits nothing and begins anew at every start."""

    def __init__(self, settings: KafkaSettings, *, spanning: bool = True) -> None:
        """Connects with the first `poll`. Without `spanning` the second stage's log is left out."""
        self._settings = settings
        self._topics = Topics.of(settings)
        self._shards = list(self._topics.shards) if spanning else list(range(self._topics.partitions))
        self._consumer: Consumer | None = None
        self.last_ms: dict[Shard, int] = {}
        """The time of each shard's newest entry that was read."""

    def poll(self, since_ms: int, timeout_s: float = 0.0) -> list[Tailed]:
        """Entries that came, each shard's in its order, some at once; the first call begins with those of `since_ms`
        and later, and with the newest of each shard. KafkaClientError.
        """
        from confluent_kafka import KafkaError, KafkaException

        try:
            consumer = self._consumer or self._begin(since_ms)
            messages = consumer.consume(_MESSAGES, timeout=timeout_s)
        except KafkaException as failed:
            raise clear(self._settings, failed) from None
        found = []
        for message in messages:
            error = message.error()
            if error is None:
                shard = self._topics.shard_at(message.topic() or "", message.partition() or 0)
                entry, _ = arrive(message.value(), message.timestamp()[1], self.last_ms.get(shard))
                self.last_ms[shard] = entry.received_at_ms
                found.append(Tailed(shard, entry))
            elif error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError._BAD_MSG):
                self.close()  # what it stood on is gone: begin anew
                break
            elif not is_passing(error.name()):
                raise clear(self._settings, error)
        return found

    def close(self) -> None:
        if self._consumer is not None:
            with suppress(RuntimeError):
                self._consumer.close()
            self._consumer = None

    def _begin(self, since_ms: int) -> "Consumer":
        from confluent_kafka import TopicPartition

        more = {"enable.partition.eof": False, "queued.max.messages.kbytes": _AHEAD_KB}
        consumer = reader(self._settings, more=more)
        try:
            places = [self._topics.log_of(shard) for shard in self._shards]
            asked = [TopicPartition(*place, max(0, since_ms)) for place in places]
            found = consumer.offsets_for_times(asked, timeout=_ASK_S)
            consumer.assign([self._start(consumer, place) for place in found])
        except BaseException:
            consumer.close()
            raise
        self._consumer = consumer
        return consumer

    @staticmethod
    def _start(consumer: "Consumer", found: "TopicPartition") -> "TopicPartition":
        from confluent_kafka import KafkaException, TopicPartition

        if found.error is not None:
            raise KafkaException(found.error)
        low, high = consumer.get_watermark_offsets(found, timeout=_ASK_S, cached=False)
        offset = found.offset if found.offset >= 0 else high - 1
        return TopicPartition(found.topic, found.partition, max(low, min(offset, high - 1)))
