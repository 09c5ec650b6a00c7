"""How devices stand, of all shards: from the workers' checkpoints, and what the logs hold since."""

import threading
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import structlog

from plant.entries import Position
from plant.registry import PointRegistry
from tocsin.clock import Clock
from tocsin.cluster.heard import ShardHeard
from tocsin.cluster.in_force import InForce
from tocsin.inventory.health import NO_HIGH, NO_LOW, NOT_HEARD
from tocsin.inventory.seen import COUNTED, Seen
from tocsin.kafka.client import clear, reader
from tocsin.kafka.group_progress import WRITTEN
from tocsin.kafka.partition_log import PartitionLog
from tocsin.kafka.topics import Shard, Topics
from tocsin.records.port import Looked
from tocsin.runtime.fold import in_groups
from tocsin.settings.kafka import KafkaSettings
from tocsin.worker.checkpoint_topic import read_checkpoint

COUNTS_S: Final = 120.0
"""What the engines count of points is read again from the checkpoints after so long."""
LATE_MS: Final = 15_000
"""Each log has an entry a second: one that is later than this is not being written."""
_ASK_S: Final = 10.0

_log = structlog.get_logger(__name__)


class ClusterSeen:
    """Thread-safe; a call may take seconds, the first one most of all. Memory goes with points: some 150 bytes each."""

    def __init__(self, settings: KafkaSettings, in_force: Callable[[], InForce], clock: Clock) -> None:
        """Nothing is asked yet."""
        self._settings = settings
        self._topics = Topics.of(settings)
        self._in_force = in_force
        self._clock = clock
        self._lock = threading.Lock()
        self._logs: dict[Shard, PartitionLog] = {}
        self._heard: dict[Shard, tuple[float, ShardHeard]] = {}
        """With when its checkpoint was read."""

    def look(self) -> Looked:
        """As of the log that is the furthest behind. KafkaClientError; ValueError where the logs are empty."""
        with self._lock:
            in_force = self._in_force()
            in_force.head()
            shards = [self._followed(shard, in_force) for shard in range(self._topics.partitions)]
            told = [heard for heard in shards if heard.health.clock_ms >= 0 and heard.version]
            if not told:
                raise ValueError("the logs are empty, so nothing is known of devices")
            head = in_force.versions.head(max(heard.version for heard in told))
            seen = _whole(told, in_force.versions.registry, head.digest)
            live = len(told) == len(shards) and self._clock.now_ms() - seen.clock_ms <= LATE_MS
            return Looked(seen, in_force.versions.get(head.number), live)

    def sources(self) -> dict[str, bool]:
        """As of the last look: each source, and whether it is up in all shards that know it and that are written."""
        found: dict[str, bool] = {}
        with self._lock:
            now_ms = self._clock.now_ms()
            for _, heard in self._heard.values():
                written = now_ms - heard.health.clock_ms <= LATE_MS
                for name, up in heard.sources().items():
                    found[name] = found.get(name, True) and up and written
        return dict(sorted(found.items()))

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            while self._logs:
                self._logs.popitem()[1].close()

    def _followed(self, shard: Shard, in_force: InForce) -> ShardHeard:
        """Brought to the end of its log."""
        log = self._logs.get(shard)
        if log is None:
            log = self._logs[shard] = PartitionLog(self._settings, self._topics.log_of(shard))
        read_s, heard = self._heard.get(shard, (float("-inf"), None))
        now_s = self._clock.monotonic_s()
        if heard is None or now_s - read_s > COUNTS_S:
            heard = self._begin(shard, log, in_force, heard)
            self._heard[shard] = now_s, heard
        if heard.next < log.first:
            heard.next = log.first
        for group in in_groups(log.read(heard.next, last_ms=heard.last_ms)):
            rest = group
            while (newer := heard.apply(rest)) is not None:
                self._follow(heard, in_force, newer.version)
                rest = [item for item in rest if item[0] >= heard.next]
        return heard

    def _begin(self, shard: Shard, log: PartitionLog, in_force: InForce, before: ShardHeard | None) -> ShardHeard:
        """From the newest checkpoint; where there is none, on from before, or from the oldest entry that is kept."""
        found = read_checkpoint(self._settings, shard, self._begins(shard)).found
        if found is not None:
            try:
                heard = ShardHeard.of_checkpoint(shard, self._topics.partitions, found.state)
                if heard.version:
                    self._follow(heard, in_force, heard.version)
                return heard
            except ValueError as error:
                _log.warning("devices_not_in_checkpoint", shard=shard, reason=str(error))
        if before is not None:
            return before
        heard = ShardHeard(shard, self._topics.partitions, log.first)
        if heard.next > 0:
            for _, entry in log.read(heard.next, heard.next + 1):
                self._follow(heard, in_force, in_force.version_at(entry.received_at_ms))
        return heard

    def _follow(self, heard: ShardHeard, in_force: InForce, version: int) -> None:
        versions = in_force.versions
        while version > len(versions.all) and versions.refresh(_ASK_S):
            pass
        heard.follow(versions.get(version).site, versions.registry.numbers, version)

    def _begins(self, shard: Shard) -> Position | None:
        """Where the newest whole checkpoint begins, as its writer has committed it."""
        from confluent_kafka import KafkaException, TopicPartition

        consumer = reader(self._settings, more={"group.id": self._topics.group(WRITTEN)})
        try:
            [found] = consumer.committed([TopicPartition(self._topics.checkpoints, shard)], timeout=_ASK_S)
        except KafkaException as error:
            raise clear(self._settings, error) from None
        finally:
            consumer.close()
        return int(found.offset) if found.error is None and found.offset >= 0 else None


def _whole(shards: list[ShardHeard], registry: PointRegistry, digest: str) -> Seen:
    size = len(registry)
    nothing = {"heard_ms": NOT_HEARD, "delay_low": NO_LOW, "delay_high": NO_HIGH}
    names = ("heard_ms", "silence_ms", "down", "delay_low", "delay_high", "readings", *COUNTED)
    columns: dict[str, Any] = {name: np.full(size, nothing.get(name, 0), dtype=np.int64) for name in names}
    columns["source_up"] = np.zeros(size, dtype=np.bool_)
    for heard in shards:
        heard.put(columns)
    return Seen(
        clock_ms=min(heard.health.clock_ms for heard in shards),
        since_ms=min(heard.health.since_ms for heard in shards),
        digest=digest,
        counted={name: columns.pop(name) for name in COUNTED},
        **columns,
    )
