"""A recorded feed, or an embedded site's journal, into the topics of its shards, at full speed."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from plant.entries import Entry
from tocsin.kafka.deal import EnterpriseOf, Loaded, Switch, deal
from tocsin.kafka.division import Division
from tocsin.kafka.errors import KafkaAwayError, KafkaClientError, said
from tocsin.kafka.records import encode
from tocsin.kafka.topics import Topics
from tocsin.settings.kafka import KafkaSettings

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message, Producer

_QUIET_ROUNDS: Final = 60


def load(
    entries: Iterable[Entry],
    division: Division,
    producer: "Producer",
    settings: KafkaSettings,
    *,
    switch: Switch | None = None,
    enterprise_of: EnterpriseOf | None = None,
    progress: Callable[[Loaded], None] | None = None,
) -> Loaded:
    """Write the entries of one log into the logs of the shards; returns when all replicas in sync have them.

    `producer` is tocsin.kafka.client.producer(settings). The log must begin with a Configuration that has a `version`
    (`under` gives one to a feed), or the shards' logs tell nobody which is in force. `progress` is called every
    thousand entries or so. KafkaClientError if a record is not taken; KafkaAwayError if nothing is for a minute.
    """
    topics = Topics.of(settings)
    places = [topics.log_of(shard) for shard in topics.shards]
    failed: list[KafkaError] = []
    loaded = Loaded()

    def delivered(error: "KafkaError | None", _: "Message") -> None:
        if error is not None:
            failed.append(error)

    for shard, entry in deal(entries, division, loaded, switch=switch, enterprise_of=enterprise_of):
        value = encode(entry)
        topic, partition = places[shard]
        while True:
            try:
                producer.produce(
                    topic, value, partition=partition, timestamp=entry.received_at_ms, on_delivery=delivered
                )
                break
            except BufferError:
                _make_room(producer, settings)
        loaded.records += 1
        loaded.record_bytes += len(value)
        if loaded.records % 1000 == 0:
            producer.poll(0)
            _raise(settings, failed)
            if progress is not None:
                progress(loaded)
    _until_written(producer, settings)
    _raise(settings, failed)
    if progress is not None:
        progress(loaded)
    return loaded


def _make_room(producer: "Producer", settings: KafkaSettings) -> None:
    """Wait until the producer's buffer is smaller than it is."""
    waiting = len(producer)
    for _ in range(_QUIET_ROUNDS):
        producer.poll(1.0)
        if len(producer) < waiting:
            return
    raise _away(settings)


def _until_written(producer: "Producer", settings: KafkaSettings) -> None:
    waiting, quiet = len(producer), 0
    while waiting:
        left = producer.flush(1.0)
        # A round that moves nothing is as long as the time-out: none needs a clock.
        quiet = 0 if left < waiting else quiet + 1
        if quiet >= _QUIET_ROUNDS:
            raise _away(settings)
        waiting = left


def _away(settings: KafkaSettings) -> KafkaClientError:
    return KafkaAwayError(f"Kafka at {', '.join(settings.bootstrap)} has taken nothing for {_QUIET_ROUNDS} s")


def _raise(settings: KafkaSettings, failed: "list[KafkaError]") -> None:
    if failed:
        raise said(settings, failed[0].name(), failed[0].str())
