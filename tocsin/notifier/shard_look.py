"""What the watch over the shards asks Kafka: how far logs are written and decided, and what could not be read."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from tocsin.clock import Clock
from tocsin.kafka.client import admin, clear, reader
from tocsin.kafka.errors import KafkaAwayError, is_passing
from tocsin.kafka.group_progress import WRITTEN, GroupProgress
from tocsin.kafka.topics import Shard, Topics
from tocsin.notifier.letters import Letter, Letters
from tocsin.notifier.shard_marks import Mark, ShardMarks, shard_findings
from tocsin.selftest.watch import Finding, Key
from tocsin.settings.kafka import KafkaSettings
from tocsin.settings.selftest import WatchSettings

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Message
    from confluent_kafka.admin import AdminClient

_ASK_S: Final = 3.0
_LETTERS: Final = 20
"""At once: one may be of 8 MB."""


class ShardLook:
    """For one thread at a time. Connects with the first question; KafkaClientError from each."""

    def __init__(self, kafka: KafkaSettings, watch: WatchSettings, clock: Clock) -> None:
        self._kafka = kafka
        self._watch = watch
        self._clock = clock
        self._topics = Topics.of(kafka)
        self._marks = ShardMarks()
        self._letters = Letters(self._topics, watch.poison_s)
        self._admin: AdminClient | None = None
        self._decided = GroupProgress(kafka, WRITTEN, _ASK_S)
        self._reader: Consumer | None = None

    def shards(self) -> dict[Key, Finding]:
        """Logs that nobody writes, or nobody decides."""
        marks = self._ask_marks()
        return shard_findings(self._marks.take(self._clock.monotonic_s(), marks), self._topics, self._watch)

    def letters(self) -> dict[Key, Finding]:
        """Records that were put aside not long ago."""
        came = self._read()
        return self._letters.take(self._clock.monotonic_s(), came)

    def close(self) -> None:
        self._decided.close()
        if self._reader is not None:
            with suppress(RuntimeError):
                self._reader.close()

    def _ask_marks(self) -> dict[Shard, Mark]:
        """What is decided is asked first: so it is never ahead of where the log ends."""
        decided = self._decided.ask()
        ends = self._ask_ends()
        return {shard: Mark(end, decided.get(self._topics.log_of(shard), 0)) for shard, end in ends.items()}

    def _ask_ends(self) -> dict[Shard, int]:
        from confluent_kafka import KafkaException, TopicPartition
        from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]

        if self._admin is None:
            self._admin = admin(self._kafka)
        newest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        asked = {TopicPartition(*self._topics.log_of(shard)): newest for shard in self._topics.shards}
        ends: dict[Shard, int] = {}
        try:
            for place, future in self._admin.list_offsets(asked, request_timeout=_ASK_S).items():
                ends[self._topics.shard_at(place.topic, place.partition)] = int(future.result(_ASK_S + 1).offset)
        except KafkaException as error:
            raise clear(self._kafka, error) from None
        except TimeoutError:
            raise KafkaAwayError(f"Kafka at {', '.join(self._kafka.bootstrap)} does not answer") from None
        return ends

    def _read(self) -> list[Letter]:
        from confluent_kafka import KafkaError, KafkaException

        try:
            messages = (self._reader or self._begin()).consume(_LETTERS, timeout=0)
        except KafkaException as error:
            raise clear(self._kafka, error) from None
        letters: list[Letter] = []
        for message in messages:
            failed = message.error()
            if failed is None:
                letters.append(_letter(message))
            elif failed.code() != KafkaError._PARTITION_EOF and not is_passing(failed.name()):
                raise clear(self._kafka, failed)
        return letters

    def _begin(self) -> "Consumer":
        """What came while nobody looked counts as well."""
        from confluent_kafka import TopicPartition

        consumer = reader(self._kafka, more={"auto.offset.reset": "earliest"})
        try:
            since_ms = self._clock.now_ms() - round(self._watch.poison_s * 1000)
            [at] = consumer.offsets_for_times(
                [TopicPartition(self._topics.dead_letters, 0, max(0, since_ms))], timeout=_ASK_S
            )
            if at.error is not None:
                raise clear(self._kafka, at.error)
            consumer.assign([at])  # where there is none so late, that is the end
        except BaseException:
            consumer.close()
            raise
        self._reader = consumer
        return consumer


def _letter(message: "Message") -> Letter:
    given: dict[str, Any] = dict(message.headers() or [])
    headers = {name: bytes(value or b"").decode(errors="replace") for name, value in given.items()}
    partition = headers.get("partition", "")
    return Letter(
        headers.get("topic", ""),
        int(partition) if partition.isdecimal() else -1,
        headers.get("offset", ""),
        headers.get("reason", ""),
    )
