"""What a shard comes to, into Kafka: its effects and how far its log is decided, in one transaction.

The transactional id is the shard's, so whoever opens it last is the only one who can write: a worker that was taken for
dead and wakes up writes nothing any more (FencedError).
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import structlog

from plant.entries import Position
from rules.events import AlarmEvent, event_json
from tocsin.kafka.client import clear, producer, reader
from tocsin.kafka.errors import FencedError, KafkaAwayError, KafkaClientError, is_refusal
from tocsin.kafka.group_progress import WRITTEN
from tocsin.kafka.partition_log import Poison
from tocsin.kafka.steps import Steps, encode_steps
from tocsin.kafka.topics import LogPlace, Shard, Topics
from tocsin.settings.kafka import KafkaSettings

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaException, Message, Producer

_TRANSACTION_MS: Final = 10_000
"""So long may a worker that dies within a transaction hold up the readers of `steps`, if nobody takes over."""

_CALL_S: Final = 5.0
_COMMIT_S: Final = _TRANSACTION_MS / 1000
"""Later Kafka itself gives the transaction up."""

_COORDINATOR: Final = {"metadata.max.age.ms": 5_000, "connections.max.idle.ms": 3_000}
"""send_offsets_to_transaction knows no time limit while the group coordinator that it knows is gone (librdkafka issues
5456, 5511): it looks again when a connection changes, and asks for another when what it knows is old. A writer writes
every two seconds, so that no connection is idle while all is well.
"""

_PAUSE_S: Final = 0.2
_MOST_STEPS: Final = 2_000
"""Of one record: an entry that ends thousands of alarms makes several."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A record of the topic `checkpoints`; `begins` hears of its offset."""

    key: bytes
    value: bytes
    begins: Callable[[Position], None] | None = None


@dataclass(frozen=True, slots=True)
class Effects:
    """What goes into one transaction. All entries before `next` are decided with it."""

    next: Position
    steps: Sequence[Steps] = ()
    dead: Sequence[Poison] = ()
    chunks: Sequence[Chunk] = ()
    checkpoint_at: Position | None = None
    """Where in `checkpoints` a checkpoint begins that is whole with these chunks."""


class Writer:
    """The one writer of a shard's effects. For one thread; `stopping` ends waits for a Kafka that is away."""

    def __init__(self, settings: KafkaSettings, shard: Shard, stopping: threading.Event) -> None:
        """Connects and fences whoever wrote for this shard. KafkaClientError."""
        self._settings = settings
        self._shard = shard
        self._stopping = stopping
        self._topics = Topics.of(settings)
        self._place = self._topics.log_of(shard)
        more = {"transaction.timeout.ms": _TRANSACTION_MS, "compression.type": "lz4", "linger.ms": 0, **_COORDINATOR}
        name = f"worker-{'spanning' if shard == self._topics.second_stage else 'readings'}-{self._place.partition}"
        self._producer: Producer = producer(settings, transactional_id=name, more=more)
        self._consumer: Consumer = reader(settings, more={"group.id": self._topics.group(WRITTEN)})
        try:
            self._patiently(lambda: self._producer.init_transactions(_CALL_S))
            self._group = self._consumer.consumer_group_metadata()
        except BaseException:
            self.close()
            raise

    def committed(self) -> tuple[Position | None, Position | None]:
        """How far the log is decided, and where its newest whole checkpoint begins; None where that is not known.

        Nothing is on its way: what the one before had begun is committed or gone since this one was opened.
        """
        from confluent_kafka import KafkaException, TopicPartition

        asked = [TopicPartition(*self._place), TopicPartition(self._topics.checkpoints, self._shard)]
        try:
            found = self._consumer.committed(asked, timeout=_CALL_S * 2)
        except KafkaException as error:
            raise clear(self._settings, error) from None
        for one in found:
            if one.error is not None:
                raise clear(self._settings, one.error)
        log, checkpoint = (int(one.offset) if one.offset >= 0 else None for one in found)
        return log, checkpoint

    def write(self, effects: Effects) -> None:
        """Write it all, or raise: whether it was written, `committed` of the next writer tells.

        FencedError: somebody else took over. KafkaAwayError: Kafka went away, another writer must go on from what is
        there; or `stopping` was set meanwhile.
        """
        from confluent_kafka import KafkaException

        try:
            self._begin(effects)
            self._producer.commit_transaction(_COMMIT_S)
            self._producer.poll(0)
        except KafkaException as error:
            raise self._failed(error) from None

    def close(self) -> None:
        """Let go; a transaction that is open is left to whoever opens the next writer."""
        from confluent_kafka import KafkaException

        with suppress(KafkaException):
            self._producer.purge()
            self._producer.flush(0)
        with suppress(KafkaException, RuntimeError):
            self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self, effects: Effects) -> None:
        from confluent_kafka import TopicPartition

        topics, shard = self._topics, self._shard
        self._producer.begin_transaction()
        for steps in effects.steps:
            self._tell(steps)
        for poison in effects.dead:
            headers = [*_headers(poison.place, poison.offset), ("reason", poison.reason.encode())]
            self._produce(topics.dead_letters, poison.value, poison.key, 0, headers)
        for chunk in effects.chunks:
            self._produce(topics.checkpoints, chunk.value, chunk.key, shard, begins=chunk.begins)
        positions = [TopicPartition(*self._place, effects.next)]
        if effects.checkpoint_at is not None:
            positions.append(TopicPartition(topics.checkpoints, shard, effects.checkpoint_at))
        self._producer.send_offsets_to_transaction(positions, self._group, _CALL_S)

    def _tell(self, steps: Steps) -> None:
        headers = _headers(self._place, steps.offset)
        for step in steps.steps:
            if isinstance(step, AlarmEvent):
                at_ms, key = step.received_at, step.alarm.encode()
                self._produce(self._topics.alarms, event_json(step), key, self._shard, headers, at_ms)
        for piece in _pieces(steps):
            self._produce(self._topics.steps, encode_steps(piece), None, 0, at_ms=steps.clock_ms)

    def _produce(
        self,
        topic: str,
        value: bytes | None,
        key: bytes | None,
        partition: int,
        headers: Sequence[tuple[str, bytes]] = (),
        at_ms: int = 0,
        begins: Callable[[Position], None] | None = None,
    ) -> None:
        def delivered(error: object, message: "Message") -> None:
            if begins is not None and error is None:
                begins(int(message.offset() or 0))

        more: dict[str, Any] = {} if begins is None else {"on_delivery": delivered}
        while True:
            try:
                self._producer.produce(topic, value, key, partition, timestamp=at_ms, headers=list(headers), **more)
                return
            except BufferError:
                self._producer.poll(_PAUSE_S)
                self._check_stopping()

    def _patiently(self, call: Callable[[], object]) -> None:
        """Until Kafka has done it: a call that was not answered is asked again."""
        from confluent_kafka import KafkaException

        while True:
            try:
                call()
                return
            except KafkaException as error:
                if not error.args[0].retriable():
                    raise
                _log.info(
                    "kafka_is_asked_again", shard=self._shard, error=error.args[0].name(), text=error.args[0].str()
                )
                self._stopping.wait(_PAUSE_S)
                self._check_stopping()

    def _failed(self, error: "KafkaException") -> KafkaClientError:
        """What it means for who writes. The transaction is left to whoever opens the next writer.

        Nothing is asked again or aborted here: where a broker was away meanwhile, a producer that did so may wait for
        ever in its next send_offsets_to_transaction (librdkafka 2.16).
        """
        inner = error.args[0]
        if inner.fatal():
            # Fenced, or the broker no longer knows this producer: either way another one must go on from what is there.
            return FencedError(str(clear(self._settings, error)))
        if is_refusal(inner.name()):
            return clear(self._settings, error)
        _log.warning("transaction_failed", shard=self._shard, error=inner.name(), text=inner.str())
        return KafkaAwayError(f"shard {self._shard} must be written anew: {inner.str()}")

    def _check_stopping(self) -> None:
        if self._stopping.is_set():
            raise KafkaAwayError(
                f"Kafka at {', '.join(self._settings.bootstrap)} did not answer until the worker ended"
            )


def _headers(place: LogPlace, offset: Position) -> list[tuple[str, bytes]]:
    return [("topic", place.topic.encode()), ("partition", b"%d" % place.partition), ("offset", b"%d" % offset)]


def _pieces(steps: Steps) -> Iterator[Steps]:
    if len(steps.steps) <= _MOST_STEPS:
        yield steps
        return
    for part, start in enumerate(range(0, len(steps.steps), _MOST_STEPS)):
        yield steps._replace(steps=steps.steps[start : start + _MOST_STEPS], part=part)
