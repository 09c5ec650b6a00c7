"""The topics of one site, and the shards that they carry.

A shard is a part of the site that is decided by itself: 0 to n-1 are the partitions of `readings`, each with the
enterprises that fall to it; n is the second stage, whose log is `spanning`.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from tocsin.settings.kafka import KafkaSettings

Shard = int

_DAY_MS: Final = 86_400_000
_CONFIG_BYTES: Final = 64 << 20
_STATE_BYTES: Final = 2 << 20
_RECORD_BYTES: Final = 8 << 20


class LogPlace(NamedTuple):
    """The partition that is a shard's log."""

    topic: str
    partition: int


class TopicSpec(NamedTuple):
    """A topic as it should be; `config` as Kafka names it."""

    name: str
    partitions: int
    config: dict[str, str]


@dataclass(frozen=True, slots=True)
class Topics:
    """The names, from the settings."""

    prefix: str
    partitions: int

    @classmethod
    def of(cls, settings: KafkaSettings) -> "Topics":
        return cls(settings.prefix, settings.partitions)

    @property
    def readings(self) -> str:
        """The logs of the first stage, one a partition."""
        return f"{self.prefix}readings"

    @property
    def spanning(self) -> str:
        """The log of the second stage, for rules that look at several partitions; one partition."""
        return f"{self.prefix}spanning"

    @property
    def alarms(self) -> str:
        """What was decided, one event a record; partition = shard."""
        return f"{self.prefix}alarms"

    @property
    def steps(self) -> str:
        """The alarm book's log; one partition."""
        return f"{self.prefix}steps"

    @property
    def config(self) -> str:
        """Every version of the configuration; compacted, one partition."""
        return f"{self.prefix}config"

    @property
    def checkpoints(self) -> str:
        """State of the engines; compacted, partition = shard."""
        return f"{self.prefix}checkpoints"

    @property
    def dead_letters(self) -> str:
        """Records that could not be read, with the reason; one partition."""
        return f"{self.prefix}dead-letters"

    @property
    def leases(self) -> str:
        """Nothing is in it: bridges divide its partitions (= lease units) by a consumer group."""
        return f"{self.prefix}leases"

    @property
    def shards(self) -> range:
        """All shards, the second stage last."""
        return range(self.partitions + 1)

    @property
    def second_stage(self) -> Shard:
        return self.partitions

    def log_of(self, shard: Shard) -> LogPlace:
        """Where the entries of a shard are."""
        return LogPlace(self.spanning, 0) if shard == self.second_stage else LogPlace(self.readings, shard)

    def shard_at(self, topic: str, partition: int) -> Shard:
        """The shard whose log this is. ValueError if it is nobody's."""
        if topic == self.spanning and partition == 0:
            return self.second_stage
        if topic == self.readings and 0 <= partition < self.partitions:
            return partition
        raise ValueError(f"{topic} [{partition}] is no log of this site")

    def group(self, name: str) -> str:
        """A consumer group's or transactional id's full name."""
        return f"{self.prefix}{name}"


def specs(settings: KafkaSettings) -> tuple[TopicSpec, ...]:
    """All topics as `tocsin scale plan --create` makes them."""
    topics, n = Topics.of(settings), settings.partitions
    kept = {
        "cleanup.policy": "delete",
        "retention.ms": str(round(settings.retention_days * _DAY_MS)),
        "max.message.bytes": str(_RECORD_BYTES),
    }
    # A version or a dead letter is looked at long after; both are few.
    forever = {"retention.ms": "-1"}
    # Records bear the time of their writer: where its clock and the broker's disagree, the record is to be kept.
    every = {
        "min.insync.replicas": str(max(1, settings.replication - 1)),
        "message.timestamp.after.max.ms": str(2**63 - 1),
    }
    return tuple(
        TopicSpec(name, count, {**every, **config})
        for name, count, config in (
            (topics.readings, n, kept),
            (topics.spanning, 1, kept),
            (topics.alarms, n + 1, kept),
            (topics.steps, 1, forever | {"max.message.bytes": str(_RECORD_BYTES)}),
            (topics.config, 1, {"cleanup.policy": "compact", "max.message.bytes": str(_CONFIG_BYTES)}),
            (
                topics.checkpoints,
                n + 1,
                {"cleanup.policy": "compact", "max.message.bytes": str(_STATE_BYTES), "segment.ms": "600000"},
            ),
            (topics.dead_letters, 1, forever | {"max.message.bytes": str(_RECORD_BYTES)}),
            (topics.leases, n + 1, {"cleanup.policy": "delete"}),
        )
    )
