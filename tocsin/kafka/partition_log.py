"""One partition as a log that is read (tocsin.log.port.LogReader): the position of an entry is its offset.

Offsets have no gaps here, since the logs of shards are not written in transactions.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from plant.entries import Entry, Position
from tocsin.clock import Clock, SystemClock
from tocsin.kafka.arrival import arrive
from tocsin.kafka.client import clear, reader
from tocsin.kafka.errors import KafkaAwayError, is_missing, is_passing
from tocsin.kafka.topics import LogPlace
from tocsin.settings.kafka import KafkaSettings

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Message

_MESSAGES: Final = 2_000
_READER: Final = {"fetch.wait.max.ms": 50}
"""A read that begins elsewhere waits for what was asked before."""
_POLL_S: Final = 1.0
_FIRST_S: Final = 1.0
_MISSING_S: Final = 3.0
_ASKING_S: Final = 5.0
_NAP_S: Final = 0.1
_TRIES: Final = 3


class Poison(NamedTuple):
    """A record that can't be read."""

    place: LogPlace
    offset: Position
    reason: str
    key: bytes | None
    value: bytes | None
    """None where Kafka itself can't hand it out: its checksum is wrong."""


OnPoison = Callable[[Poison], None]


class PartitionLog:
    """Implements tocsin.log.port.LogReader. For one thread; several reads may go on at once, each over a connection
    of its own. Times within one read are strictly increasing (tocsin.kafka.arrival).
    """

    def __init__(
        self,
        settings: KafkaSettings,
        place: LogPlace,
        *,
        on_poison: OnPoison | None = None,
        timeout_s: float = 30.0,
        clock: Clock | None = None,
    ) -> None:
        """Connects with the first question. KafkaAwayError from any method when Kafka says nothing for `timeout_s`."""
        self.place = place
        self._settings = settings
        self._on_poison = on_poison
        self._timeout_s = timeout_s
        self._clock = clock or SystemClock()
        self._idle: list[tuple[Consumer, Position | None]] = []
        """With the offset that comes next where it is still reading ahead: who goes on there loses nothing of it."""
        self._closed = False

    @property
    def first(self) -> Position:
        """The offset of the oldest entry still kept."""
        return self._bounds()[0]

    @property
    def end(self) -> Position:
        """One past the newest entry that enough replicas have."""
        return self._bounds()[1]

    def position_at(self, received_at_ms: int) -> Position:
        """The first position whose record was written with this time or a later one; the end if there is none yet."""
        from confluent_kafka import TopicPartition

        asked = [TopicPartition(*self.place, max(0, received_at_ms))]
        found = self._ask(lambda consumer, within_s: consumer.offsets_for_times(asked, timeout=within_s))[0]
        if found.error is not None:
            raise clear(self._settings, found.error)
        return int(found.offset) if found.offset >= 0 else self.end

    def read(
        self, start: Position, stop: Position | None = None, *, last_ms: int | None = None
    ) -> Iterator[tuple[Position, Entry]]:
        """Entries from `start` up to `stop` (or the end as of now). LookupError if `start` was dropped already.

        `last_ms` is the time at which the entry before `start` was taken: with it, times are those of a reader that
        read all from the beginning.
        """
        first, end = self._bounds()
        stop = end if stop is None else min(stop, end)
        if start >= stop:
            return iter(())
        if start < first:
            raise self._gone(start, first)
        return self._read(start, stop, last_ms)

    def close(self) -> None:
        """Close the connections; those of reads that go on are closed when they end."""
        self._closed = True
        while self._idle:
            self._idle.pop()[0].close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, start: Position, stop: Position, last_ms: int | None) -> Iterator[tuple[Position, Entry]]:
        from confluent_kafka import TopicPartition

        consumer, reads_at = self._borrow(start)
        at: Position | None = None
        try:
            if reads_at != start:
                consumer.assign([TopicPartition(*self.place, start)])
            for offset, message, reason in self._messages(consumer, start, stop):
                if message is not None:
                    entry, reason = arrive(message.value(), message.timestamp()[1], last_ms)
                else:
                    entry, _ = arrive(None, 0, last_ms)
                last_ms = entry.received_at_ms
                if reason:
                    self._tell(offset, reason, message)
                yield offset, entry
            at = stop
        finally:
            self._give_back(consumer, at)

    def _messages(
        self, consumer: "Consumer", start: Position, stop: Position
    ) -> "Iterator[tuple[Position, Message | None, str]]":
        """Offset and message; None and the reason where Kafka can't hand it out, for its checksum is wrong."""
        from confluent_kafka import KafkaError, KafkaException, TopicPartition

        at, tries, deadline_s = start, 0, self._deadline_s()
        while at < stop:
            try:
                messages = consumer.consume(min(_MESSAGES, stop - at), timeout=_POLL_S)
            except KafkaException as failed:
                raise clear(self._settings, failed) from None
            read_from = at
            for message in messages:
                error = message.error()
                if error is None:
                    offset = int(message.offset() or 0)
                    if offset >= stop:
                        return
                    yield offset, message, ""
                    at, tries = offset + 1, 0
                elif error.code() == KafkaError._PARTITION_EOF:
                    if int(message.offset() or 0) >= stop:
                        return
                elif error.code() == KafkaError._AUTO_OFFSET_RESET:
                    raise self._gone(at, self._bounds()[0])
                elif error.code() == KafkaError._BAD_MSG:
                    # On the way, or on the broker's disk? What is on the disk is wrong each time.
                    tries += 1
                    if tries >= _TRIES:
                        yield at, None, error.str()
                        at += 1
                    consumer.seek(TopicPartition(*self.place, at))
                    break
                elif not is_passing(error.name()):
                    raise clear(self._settings, error)
            if at > read_from:
                deadline_s = self._deadline_s()
            elif self._clock.monotonic_s() > deadline_s:
                raise self._away()

    def _tell(self, offset: Position, reason: str, message: "Message | None") -> None:
        if self._on_poison is not None:
            key, value = (message.key(), message.value()) if message is not None else (None, None)
            self._on_poison(Poison(self.place, offset, reason, key, value))

    def _bounds(self) -> tuple[Position, Position]:
        from confluent_kafka import TopicPartition

        place = TopicPartition(*self.place)
        found = self._ask(
            lambda consumer, within_s: consumer.get_watermark_offsets(place, timeout=within_s, cached=False)
        )
        return int(found[0]), int(found[1])

    def _ask(self, question: "Callable[[Consumer, float], Any]") -> Any:
        """The answer; asked again where a broker is away or the partition moves to another."""
        from confluent_kafka import KafkaException

        nap, deadline_s, within_s = threading.Event(), self._deadline_s(), _FIRST_S
        missing_s = self._clock.monotonic_s() + _MISSING_S
        consumer, reads_at = self._borrow()
        try:
            while True:
                try:
                    answer = question(consumer, min(within_s, self._timeout_s))
                    if answer is not None:
                        return answer
                except KafkaException as error:
                    name = error.args[0].name()
                    # A broker that has just come up does not know all partitions yet.
                    missing = is_missing(name) and self._clock.monotonic_s() < missing_s
                    if not (missing or is_passing(name)):
                        raise clear(self._settings, error) from None
                if self._clock.monotonic_s() > deadline_s:
                    raise self._away()
                nap.wait(_NAP_S)
                # Left to itself a client goes on asking the partition's old leader, though it be gone for good.
                with suppress(KafkaException):
                    consumer.list_topics(self.place.topic, timeout=min(within_s, self._timeout_s))
                within_s = min(_ASKING_S, 2 * within_s)
        finally:
            self._give_back(consumer, reads_at)

    def _deadline_s(self) -> float:
        return self._clock.monotonic_s() + self._timeout_s

    def _away(self) -> KafkaAwayError:
        return KafkaAwayError(
            f"Kafka at {', '.join(self._settings.bootstrap)} has not answered for {self._timeout_s:g} s"
        )

    def _gone(self, start: Position, first: Position) -> LookupError:
        topic, partition = self.place
        return LookupError(f"{topic} [{partition}]: position {start} is no longer kept, the oldest is {first}")

    def _borrow(self, start: Position | None = None) -> "tuple[Consumer, Position | None]":
        """A connection, and the offset that it reads next: `start`, or None where it reads nothing.

        A broker answers the requests of a connection one by one: a question waits behind what is read ahead.
        """
        if self._closed:
            raise ValueError("the log is closed")
        for wanted in (start, None):
            for i, (_, reads_at) in enumerate(self._idle):
                if reads_at == wanted:
                    return self._idle.pop(i)
        if start is not None and self._idle:
            return self._idle.pop()
        return reader(self._settings, more=_READER), None

    def _give_back(self, consumer: "Consumer", reads_at: Position | None) -> None:
        from confluent_kafka import KafkaException

        if self._closed:
            consumer.close()
            return
        if reads_at is None:
            with suppress(KafkaException, RuntimeError):
                consumer.unassign()
        self._idle.append((consumer, reads_at))
