"""How topics that are there differ from what they should be."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from tocsin.kafka.client import admin, clear
from tocsin.kafka.topics import TopicSpec, specs
from tocsin.settings.kafka import KafkaSettings

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

_NEVER: Final = "it decides where an enterprise's readings go, and is never changed"


class Found(NamedTuple):
    """A topic as it is."""

    partitions: int
    replication: int
    """Of the partition that has least."""
    config: Mapping[str, str]


def differences(wanted: TopicSpec, replication: int, found: Found) -> list[str]:
    """A line for each thing that is not as it should be. Pure."""
    lines: list[str] = []
    if found.partitions != wanted.partitions:
        lines.append(f"{wanted.name}: {found.partitions} partitions, wanted are {wanted.partitions} ({_NEVER})")
    if found.replication != replication:
        lines.append(f"{wanted.name}: {found.replication} copies, wanted are {replication}")
    for key, value in wanted.config.items():
        is_there = found.config.get(key, "")
        if not _is_enough(key, is_there, value):
            lines.append(f"{wanted.name}: {key} is {is_there or 'not said'}, wanted is {value}")
    return lines


def look(settings: KafkaSettings, timeout_s: float = 30.0) -> tuple[list[str], list[str]]:
    """(topics that are missing, a line for each difference of those that are there).

    KafkaAwayError, KafkaRefusedError.
    """
    client = admin(settings)
    wanted = specs(settings)
    found = _found(client, settings, [spec.name for spec in wanted], timeout_s)
    missing = [spec.name for spec in wanted if spec.name not in found]
    lines = [
        line
        for spec in wanted
        if spec.name in found
        for line in differences(spec, settings.replication, found[spec.name])
    ]
    return missing, lines


def _is_enough(key: str, there: str, wanted: str) -> bool:
    if key == "max.message.bytes":
        return there.isdigit() and int(there) >= int(wanted)
    if key == "cleanup.policy":
        return set(there.split(",")) == set(wanted.split(","))
    return there == wanted


def _found(client: "AdminClient", settings: KafkaSettings, names: Sequence[str], timeout_s: float) -> dict[str, Found]:
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import ConfigResource, ResourceType  # type: ignore[attr-defined]

    try:
        topics = client.list_topics(timeout=timeout_s).topics
        there = {name: topics[name] for name in names if name in topics and topics[name].partitions}
        asked = [ConfigResource(ResourceType.TOPIC, name) for name in there]
        answers = client.describe_configs(asked, request_timeout=timeout_s) if asked else {}
        configs = {resource.name: future.result(timeout_s) for resource, future in answers.items()}
    except KafkaException as error:
        raise clear(settings, error) from None
    return {
        name: Found(
            len(topic.partitions),
            min(len(partition.replicas) for partition in topic.partitions.values()),
            {key: str(entry.value) for key, entry in configs[name].items()},
        )
        for name, topic in there.items()
    }
