"""The topic `config`: every version of the configuration by number, and the registry of point numbers.

All processes read it whole when they start, and then follow it, so that nothing else need be shared. What a version
says is unpacked when it is asked for.
"""

import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Literal, Self

import structlog

from plant.registry import PointRegistry
from tocsin.configuration import Configured, restore_configuration
from tocsin.kafka.client import clear, producer, reader
from tocsin.kafka.errors import FencedError, KafkaAwayError, is_passing
from tocsin.kafka.topics import Topics
from tocsin.kafka.version_records import (
    VersionError,
    VersionHead,
    decode_head,
    decode_version,
    encode_head,
    encode_version,
    head_key,
    parse_key,
    part_key,
)
from tocsin.settings.kafka import KafkaSettings

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Message, Producer

_KEPT: Final = 3
"""Restored configurations that are held: the one in force, the one before, the one to come."""

_log = structlog.get_logger(__name__)


class Versions:
    """What the topic holds, as far as it was read. May be used from several threads."""

    def __init__(self, settings: KafkaSettings, timeout_s: float = 30.0) -> None:
        """Use `Versions.open`."""
        self._settings = settings
        self._topic = Topics.of(settings).config
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._restoring = threading.Lock()
        """A large site takes many seconds; meanwhile the topic can be followed."""
        self._heads: list[VersionHead] = []
        self._began: dict[int, int] = {}
        self._parts: list[bytes] = []
        self._parts_from = 0
        self._newest: tuple[int, Sequence[bytes]] | None = None
        self._restored: dict[str, Configured] = {}
        self._registry = PointRegistry()
        self._consumer: Consumer | None = None

    @classmethod
    def open(cls, settings: KafkaSettings, timeout_s: float = 30.0) -> Self:
        """Read the topic to its end. KafkaAwayError, KafkaTopicError, KafkaRefusedError; VersionError where its points
        can't be numbered.
        """
        opened = cls(settings, timeout_s)
        try:
            opened._start()
        except BaseException:
            opened.close()
            raise
        return opened

    @property
    def all(self) -> Sequence[VersionHead]:
        """Every version, the oldest first."""
        return tuple(self._heads)

    @property
    def latest(self) -> VersionHead | None:
        """The newest version, which is to be in force; None where there is none yet."""
        return self._heads[-1] if self._heads else None

    @property
    def registry(self) -> PointRegistry:
        """Point numbers of all versions read so far. The same object grows with `refresh`; do not assign."""
        return self._registry

    def refresh(self, timeout_s: float = 0.0) -> Sequence[VersionHead]:
        """Versions that have come since, waiting up to `timeout_s` for something to come. While Kafka is away: none."""
        with self._lock:
            before, wait_s = len(self._heads), timeout_s
            while (message := self._open_consumer().poll(wait_s)) is not None:
                self._take(message)
                wait_s = timeout_s if len(self._heads) == before else 0.0
            return tuple(self._heads[before:])

    def head(self, number: int) -> VersionHead:
        """LookupError if there is no version of that number."""
        if not 1 <= number <= len(self._heads):
            raise LookupError(f"{self._topic}: no version {number}, there are {len(self._heads)}")
        return self._heads[number - 1]

    def number_at(self, at_ms: int) -> int | None:
        """The newest version that was put by then; the first where all came later; None where there is none."""
        return max((head.number for head in self.all if head.at_ms <= at_ms), default=1) if self._heads else None

    def get(self, number: int) -> Configured:
        """The configuration of a version, read from Kafka unless it was asked for lately. LookupError, VersionError."""
        head = self.head(number)
        with self._restoring:
            found = self._restored.pop(head.digest, None)
            if found is None:
                try:
                    found = restore_configuration(self.stored(number))
                except ValueError as error:
                    raise VersionError(f"version {number}: {error}") from error
            self._restored[head.digest] = found
            while len(self._restored) > _KEPT:
                del self._restored[next(iter(self._restored))]
            return found

    def resolve(self, digest: str) -> Configured:
        """The same by digest. Where it is not there yet, it is waited for as long as Kafka may take."""
        waited_s = 0.0
        while True:
            number = next((head.number for head in reversed(self.all) if head.digest == digest), None)
            if number is not None:
                return self.get(number)
            if waited_s >= self._timeout_s:
                raise LookupError(f"{self._topic}: no version with digest {digest[:12]}")
            if not self.refresh(1.0):
                waited_s += 1.0

    def stored(self, number: int) -> bytes:
        """The bytes of a version's configuration. LookupError, VersionError, KafkaAwayError."""
        head = self.head(number)
        newest = self._newest
        if newest is not None and newest[0] == number:
            return decode_version(head, newest[1])[0]
        consumer = reader(self._settings)
        try:
            return decode_version(head, self._read_parts(consumer, head))[0]
        finally:
            consumer.close()

    def close(self) -> None:
        """Read no further."""
        with self._lock:
            if self._consumer is not None:
                self._consumer.close()
                self._consumer = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open_consumer(self) -> "Consumer":
        if self._consumer is None:
            raise ValueError("the versions are closed")
        return self._consumer

    def _start(self) -> None:
        from confluent_kafka import KafkaException, TopicPartition

        self._consumer = consumer = reader(self._settings)
        try:
            topic = consumer.list_topics(self._topic, timeout=self._timeout_s).topics[self._topic]
        except KafkaException as error:
            raise clear(self._settings, error) from None
        if topic.error is not None:
            raise clear(self._settings, topic.error)
        consumer.assign([TopicPartition(self._topic, 0, 0)])
        self._until_end(consumer)

    def _until_end(self, consumer: "Consumer") -> None:
        quiet_s = 0.0
        while True:
            message = consumer.poll(0.5)
            if message is None:
                quiet_s += 0.5
                if quiet_s >= self._timeout_s:
                    raise KafkaAwayError(f"Kafka at {', '.join(self._settings.bootstrap)} has sent nothing")
                continue
            if self._take(message):
                return

    def _take(self, message: "Message") -> bool:
        """Take a record; whether it told that this was the end."""
        from confluent_kafka import KafkaError

        error = message.error()
        if error is not None:
            if error.code() == KafkaError._PARTITION_EOF:
                return True
            if not is_passing(error.name()):
                raise clear(self._settings, error)
            return False
        key, offset = parse_key(message.key()), int(message.offset() or 0)
        value = message.value()
        if key is None or value is None:
            _log.warning("this record is no part of a version", topic=self._topic, offset=offset)
            return False
        number, part = key
        if part is None:
            self._add(number, decode_head(value))
        else:
            if part == 0:
                self._parts, self._parts_from = [], offset
            self._parts.append(value)
        return False

    def _add(self, number: int, head: VersionHead) -> None:
        if number != len(self._heads) + 1 or head.number != number:
            raise VersionError(f"{self._topic}: version {number} comes after version {len(self._heads)}")
        # Unpacking is what takes time: most versions bring no points, and few are asked for.
        points = decode_version(head, self._parts)[1] if head.points != len(self._registry) else []
        if len(self._registry) + len(points) != head.points:
            raise VersionError(f"{self._topic}: the points of version {number} do not follow those before")
        self._registry.assign(points)
        self._began[number] = self._parts_from
        self._newest = (number, self._parts)
        self._parts = []
        self._heads.append(head)

    def _read_parts(self, consumer: "Consumer", head: VersionHead) -> list[bytes]:
        from confluent_kafka import TopicPartition

        consumer.assign([TopicPartition(self._topic, 0, self._began[head.number])])
        parts: list[bytes] = []
        quiet_s = 0.0
        while len(parts) < head.parts:
            message = consumer.poll(0.5)
            quiet_s = quiet_s + 0.5 if message is None else 0.0
            if quiet_s >= self._timeout_s:
                raise KafkaAwayError(f"Kafka at {', '.join(self._settings.bootstrap)} has sent nothing")
            if message is None or (message.error() is not None and is_passing(message.error().name())):  # type: ignore[union-attr]
                continue
            if message.error() is not None:
                raise clear(self._settings, message.error())  # type: ignore[arg-type]
            if parse_key(message.key()) == (head.number, len(parts)):
                parts.append(message.value() or b"")
        return parts


def put_version(
    settings: KafkaSettings,
    configured: Configured,
    *,
    kind: Literal["rules", "site"],
    who: str,
    why: str,
    at_ms: int,
    instead_of: int,
    points: Sequence[str] = (),
    timeout_s: float = 30.0,
) -> VersionHead:
    """Write the version after `instead_of` (0: the first); when it returns, bridges are to switch to it.

    `points` get their numbers before the site's: so that those of another registry stay as they are.
    ValueError where `instead_of` is not the newest version. FencedError where somebody else put one at the same time:
    then nothing was written. KafkaAwayError: if it came while committing, the topic tells whether it was written.
    """
    from confluent_kafka import KafkaException

    topic = Topics.of(settings).config
    writer = producer(settings, transactional_id="config")
    try:
        # From here on nobody else who began earlier can write, and what they wrote is committed or gone.
        writer.init_transactions(timeout_s)
        with Versions.open(settings, timeout_s) as versions:
            there = versions.latest
            if (there.number if there else 0) != instead_of:
                newest = f"version {there.number} by {there.who or 'nobody named'}" if there else "no version"
                raise ValueError(f"{newest} is the newest meanwhile: look at the difference again")
            new = versions.registry.assign([*points, *configured.site.points])
            registered = len(versions.registry)
        head, parts = encode_version(instead_of + 1, configured.stored, new, registered, kind, who, why, at_ms)
        _write(writer, settings, topic, head, parts, timeout_s)
        return head
    except KafkaException as error:
        raise clear(settings, error) from None


def _write(
    writer: "Producer", settings: KafkaSettings, topic: str, head: VersionHead, parts: Sequence[bytes], timeout_s: float
) -> None:
    from confluent_kafka import KafkaException

    writer.begin_transaction()
    try:
        for i, part in enumerate(parts):
            writer.produce(topic, part, part_key(head.number, i), partition=0)
        writer.produce(topic, encode_head(head), head_key(head.number), partition=0)
        writer.commit_transaction(timeout_s)
    except KafkaException as error:
        with suppress(KafkaException):
            writer.abort_transaction(timeout_s)
        said = clear(settings, error)
        if isinstance(said, FencedError):
            raise FencedError(f"somebody else puts a version at this moment, {head.number} was not written") from None
        raise said from None
