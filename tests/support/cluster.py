"""A whole cluster as its users run it: bridges and workers of one site over one Kafka; and who watches its alarms."""

import json
import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

from confluent_kafka import KafkaError, TopicPartition
from support.bridges import BridgeProcess
from support.workers import Workers, committed_records

from plant.entries import Entry
from tocsin.clock import SystemClock
from tocsin.configuration import read_configuration
from tocsin.kafka.client import reader
from tocsin.kafka.partition_log import PartitionLog
from tocsin.kafka.topics import Shard
from tocsin.settings.kafka import KafkaSettings


class Committed(NamedTuple):
    """One record of the topic `alarms`."""

    shard: Shard
    value: bytes
    headers: Mapping[str, bytes]

    @property
    def form(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.value)
        return found


class Cluster(Workers):
    """Workers, and bridges beside them. A context manager that leaves no process behind."""

    def __init__(self, folder: Path, kafka: KafkaSettings, site: Path, broker_port: int) -> None:
        """The topics must be there, and no version of the configuration. `site` becomes version 1."""
        super().__init__(folder, kafka, site, read_configuration(site))
        self.bridges: list[BridgeProcess] = []
        given = kafka.model_dump(mode="json", exclude_none=True)
        self.lines = ["[kafka]", *(f"{name} = {json.dumps(value)}" for name, value in given.items())]
        self.lines += ["[[mqtt]]", f'url = "mqtt://127.0.0.1:{broker_port}"', 'name = "broker"']

    def __exit__(self, *error: Any) -> None:
        for bridge in self.bridges:
            bridge.kill()
            if error[0] is not None:
                print(f"--- {bridge.folder.name}\n{bridge.log[-3000:]}")
        super().__exit__(*error)

    def bridge(self, name: str) -> BridgeProcess:
        """Start another bridge, and return at once."""
        bridge = BridgeProcess(self, name).spawn()
        self.bridges.append(bridge)
        return bridge

    def kill_bridge(self, bridge: BridgeProcess) -> None:
        self.bridges.remove(bridge)
        bridge.kill()

    def are_leased(self) -> bool:
        """Whether every lease is held by one bridge, each of them has some, and all are connected."""
        held = [bridge.holds() for bridge in self.bridges]
        ready = all(bridge.status("readyz") == 200 for bridge in self.bridges)
        return sum(held) == len(self.topics.shards) and min(held) > 0 and ready

    def are_decided(self) -> bool:
        """Whether every shard is held by one worker that has restored it, though some may have none."""
        ready = all(worker.is_ready for worker in self.running)
        return ready and sum(worker.shards for worker in self.running) == len(self.topics.shards)

    def logs(self) -> list[list[Entry]]:
        """The log of each shard as of now, the second stage's last."""
        logs = []
        for shard in self.topics.shards:
            with PartitionLog(self.kafka, self.topics.log_of(shard)) as log:
                logs.append([entry for _, entry in log.read(log.first)])
        return logs

    def committed(self) -> list[Committed]:
        """Every event that a reader of committed records sees by now, shard by shard."""
        return [
            Committed(shard, value, headers)
            for shard in self.topics.shards
            for value, headers in committed_records(self.kafka, self.topics.alarms, shard)
        ]


class Seen(NamedTuple):
    """An event as it came to a reader of committed records. Times are ms."""

    shard: Shard
    rule: str
    at_ms: int
    taken_ms: int
    """When a bridge had the reading that brought it about."""
    seen_ms: int


class Watch:
    """Reads the topic `alarms` as it is written, in a thread."""

    def __init__(self, cluster: Workers) -> None:
        self.seen: list[Seen] = []
        self._cluster = cluster
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(20)

    def since(self, ms: int) -> Counter[Shard]:
        """How many events of each shard came of readings that were taken after this time."""
        return Counter(one.shard for one in list(self.seen) if one.taken_ms > ms)

    def longest_s(self, since_ms: int, until_ms: int, rule: str | None = None) -> float:
        """The longest wait for an event of readings taken in this time, from the bridge's having them.

        With `rule`, whose events come with the reading that brings them about, from the device's measuring it.
        """
        waits = [
            one.seen_ms - (one.at_ms if rule else one.taken_ms)
            for one in list(self.seen)
            if since_ms <= one.seen_ms and one.at_ms < until_ms and rule in (None, one.rule)
        ]
        return max(waits, default=0) / 1000

    def _run(self) -> None:
        topics, clock = self._cluster.topics, SystemClock()
        consumer = reader(self._cluster.kafka, more={"auto.offset.reset": "earliest", "enable.partition.eof": False})
        try:
            consumer.assign([TopicPartition(topics.alarms, shard, 0) for shard in topics.shards])
            while not self._stop.is_set():
                for message in consumer.consume(500, timeout=0.1):
                    error = message.error()
                    if error is None:
                        event, now_ms = json.loads(message.value() or b"{}"), clock.now_ms()
                        shard, taken_ms = int(message.partition() or 0), message.timestamp()[1]
                        self.seen.append(Seen(shard, event["rule"], event["at"], taken_ms, now_ms))
                    elif error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                        return
        finally:
            consumer.close()
