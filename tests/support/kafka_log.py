"""A whole log over one partition: PartitionLog with a writer of its own, as the port of the log has it."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from confluent_kafka import KafkaError, Message, TopicPartition

from plant.entries import Entry, Position
from tocsin.kafka.admin import make_topics
from tocsin.kafka.arrival import after
from tocsin.kafka.client import admin, clear, producer
from tocsin.kafka.partition_log import PartitionLog
from tocsin.kafka.records import encode
from tocsin.kafka.topics import LogPlace, Topics
from tocsin.settings.kafka import KafkaSettings


class KafkaLog:
    """Implements tocsin.log.port.Log over partition 0 of `readings`. It writes strictly increasing times."""

    def __init__(self, settings: KafkaSettings) -> None:
        """The topics are made where they are missing."""
        make_topics(settings)
        self.settings = settings
        self.place = LogPlace(Topics.of(settings).readings, 0)
        self.reader = PartitionLog(settings, self.place)
        self._producer = producer(settings)
        self._closed = False
        self.last_received_at_ms: int | None = None
        for _, entry in self.reader.read(self.reader.first):
            self.last_received_at_ms = entry.received_at_ms

    @property
    def first(self) -> Position:
        return self.reader.first

    @property
    def end(self) -> Position:
        return self.reader.end

    def append(self, entries: Sequence[Entry]) -> Position:
        if self._closed:
            raise ValueError("the log is closed")
        records: list[tuple[int, bytes]] = []
        for given in entries:
            entry = after(given, self.last_received_at_ms)
            records.append((entry.received_at_ms, encode(entry)))
            self.last_received_at_ms = entry.received_at_ms
        positions: list[Position] = []

        def written(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                raise clear(self.settings, error)
            positions.append(int(message.offset() or 0))

        for at_ms, value in records:
            self._producer.produce(
                self.place.topic, value, partition=self.place.partition, timestamp=at_ms, on_delivery=written
            )
        assert self._producer.flush(30) == 0
        return positions[0] if positions else self.end

    def read(self, start: Position, stop: Position | None = None) -> Iterator[tuple[Position, Entry]]:
        return self.reader.read(start, stop)

    def position_at(self, received_at_ms: int) -> Position:
        return self.reader.position_at(received_at_ms)

    def drop_before(self, limit_ms: int, keep_from: Position, max_bytes: int | None = None) -> int:
        """As retention does, but exactly."""
        first = self.first
        stop = max(first, min(self.position_at(limit_ms), keep_from, self.end - 1))
        client = admin(self.settings)
        for future in client.delete_records([TopicPartition(*self.place, stop)]).values():
            future.result(10)
        return stop - first

    def close(self) -> None:
        with suppress(RuntimeError):
            self.reader.close()
        self._closed = True
