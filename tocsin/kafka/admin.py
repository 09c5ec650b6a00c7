"""Topics are made, and looked at whether they are as they must be."""

import threading
from typing import TYPE_CHECKING

from tocsin.kafka.client import admin, clear
from tocsin.kafka.errors import KafkaAwayError, KafkaTopicError
from tocsin.kafka.topics import TopicSpec, specs
from tocsin.settings.kafka import KafkaSettings

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient


def make_topics(settings: KafkaSettings, timeout_s: float = 30.0) -> list[str]:
    """Make the topics that are missing, and wait until each partition has a leader; returns the names of those made.

    KafkaTopicError if one that is there has another number of partitions; KafkaAwayError, KafkaRefusedError.
    """
    client = admin(settings)
    made = make_missing(settings, client, timeout_s)
    check_partitions(settings, client)
    return made


def make_missing(settings: KafkaSettings, client: "AdminClient", timeout_s: float = 30.0) -> list[str]:
    """The same, without a word on those that are there."""
    from confluent_kafka import KafkaError, KafkaException
    from confluent_kafka.admin import NewTopic  # type: ignore[attr-defined]

    wanted = specs(settings)
    missing = [spec for spec in wanted if _partitions(client, spec.name) == 0]
    new = [NewTopic(spec.name, spec.partitions, settings.replication, config=spec.config) for spec in missing]
    made: list[str] = []
    for name, future in (client.create_topics(new, operation_timeout=timeout_s) if new else {}).items():
        try:
            future.result(timeout_s + 5)
            made.append(name)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise clear(settings, error) from None
    _until_led(client, wanted, timeout_s)
    return made


def check_partitions(settings: KafkaSettings, client: "AdminClient | None" = None) -> None:
    """KafkaTopicError if a topic is missing or has another number of partitions than the settings say."""
    client = client or admin(settings)
    for spec in specs(settings):
        there = _partitions(client, spec.name)
        if there == 0:
            raise KafkaTopicError(f"topic {spec.name} is not there; `tocsin scale plan --create` makes it")
        if there != spec.partitions:
            raise KafkaTopicError(f"topic {spec.name} has {there} partitions, by the settings it is {spec.partitions}")


def _partitions(client: "AdminClient", name: str) -> int:
    """How many partitions a topic has; 0 if there is none of that name."""
    topic = client.list_topics(timeout=10).topics.get(name)
    return len(topic.partitions) if topic is not None else 0


def _until_led(client: "AdminClient", wanted: tuple[TopicSpec, ...], timeout_s: float) -> None:
    nap = threading.Event()
    for _ in range(round(timeout_s / 0.1)):
        topics = client.list_topics(timeout=10).topics
        found = [topics.get(spec.name) for spec in wanted]
        if all(topic and all(p.leader >= 0 for p in topic.partitions.values()) for topic in found):
            return
        nap.wait(0.1)
    raise KafkaAwayError("the topics are made, but some partitions have no leader yet")
