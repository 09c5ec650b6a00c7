"""The records of a cluster: Kafka has the logs and the configurations, a database the alarm book."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from heapq import merge
from pathlib import Path

from plant.entries import Configuration, Entry, Position
from plant.registry import PointRegistry
from tocsin.clock import Clock, SystemClock
from tocsin.cluster.acting import ClusterActs, NotAnsweredError
from tocsin.cluster.in_force import InForce
from tocsin.cluster.seen import ClusterSeen
from tocsin.cluster.trace import steps_at
from tocsin.configuration import Configured
from tocsin.database import Place
from tocsin.kafka.division import partition_of
from tocsin.kafka.partition_log import PartitionLog
from tocsin.kafka.shards_tail import ShardsTail
from tocsin.kafka.steps import NOTIFIER
from tocsin.kafka.topics import Shard, Topics
from tocsin.kafka.versions import Versions
from tocsin.log.versions import Version
from tocsin.records.cluster_probe import ClusterProbe
from tocsin.records.folder import LOOK_BACK_MS
from tocsin.records.parts import LogPart
from tocsin.records.port import Advance, Looked, NotInAClusterError, Probe, UnansweredError
from tocsin.records.traced import Traced
from tocsin.runtime.acting import ActRequest
from tocsin.runtime.control import Answer, AnyRequest
from tocsin.settings import Settings
from tocsin.settings.kafka import KafkaSettings


class ClusterRecords:
    """Implements Records."""

    def __init__(self, settings: Settings, kafka: KafkaSettings, clock: Clock | None = None) -> None:
        """Nothing is opened or asked yet."""
        self.data: Path = settings.data
        self._settings = settings
        self._kafka = kafka
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._opened: InForce | None = None
        self._seen = ClusterSeen(kafka, self._in_force, self._clock)
        self._acts = ClusterActs(kafka, settings.book, self.configured, self._clock)

    @property
    def book(self) -> Place:
        return self._settings.book

    @property
    def exercise_book(self) -> Place | None:
        return None

    def version(self) -> object:
        return self._in_force().head().number

    def configured(self) -> Configured:
        return self._in_force().configured()

    def resolve(self, digest: str) -> Configured:
        in_force = self._in_force()
        now = in_force.configured()
        return now if now.digest == digest else in_force.versions.resolve(digest)

    def versions(self) -> list[Version]:
        """`position` is the number of the version."""
        in_force = self._in_force()
        in_force.head()
        return [Version(v.number, v.at_ms, v.kind, v.digest, v.who, v.why) for v in in_force.versions.all]

    def registry(self) -> PointRegistry:
        in_force = self._in_force()
        in_force.head()
        return in_force.versions.registry

    def past(self, first_ms: int | None, end_ms: int | None, advance: Advance) -> Iterator[Entry]:
        """The second stage's copies are left out."""
        topics = Topics.of(self._kafka)
        with ExitStack() as logs:
            places = [topics.log_of(shard) for shard in range(topics.partitions)]
            parts = [Past(logs.enter_context(PartitionLog(self._kafka, p)), first_ms, end_ms) for p in places]
            total = sum(part.entries for part in parts)
            for done, entry in enumerate(merge(*parts, key=lambda entry: entry.received_at_ms), 1):
                yield entry
                advance(done, total)

    @contextmanager
    def parts(self) -> Iterator[Sequence[LogPart]]:
        """One for each partition of `readings`."""
        with ExitStack() as logs:
            yield [self._part(shard, logs) for shard in range(Topics.of(self._kafka).partitions)]

    @contextmanager
    def trace(self, entries: Sequence[Position], stop: Position) -> Iterator[Traced]:
        """The log is the shard's; when a version came into force there is told by when it was put."""
        topics, in_force = Topics.of(self._kafka), self._in_force()
        steps = steps_at(self._kafka, sorted(set(entries)))
        shard, first = steps[0].shard, steps[0].offset
        if shard == NOTIFIER:
            raise LookupError("the notifier found this itself: it was not decided from readings")
        last = max(one.offset for one in steps if one.shard == shard)
        in_force.head()
        with PartitionLog(self._kafka, topics.log_of(shard)) as log:
            versions = [
                Version(log.position_at(head.at_ms) if head.number > 1 else 0, head.at_ms, head.kind, head.digest,
                        head.who, head.why)
                for head in in_force.versions.all
            ]  # fmt: skip
            yield Traced(log, first, last, last + 1, versions, None)

    def look(self, resolve: Callable[[str], Configured] | None = None) -> Looked:
        """What engines count is as of their latest checkpoint, a minute or two ago; all else as of now."""
        return self._seen.look()

    def tail(self) -> "ClusterTail":
        return ClusterTail(self._kafka, self._clock)

    def ask(self, request: AnyRequest) -> Answer:
        if not isinstance(request, ActRequest):
            raise NotInAClusterError("a cluster has no single service that could be asked for this")
        try:
            return Answer(refused=self._acts.act(request))
        except NotAnsweredError as error:
            raise UnansweredError(str(error)) from error

    def probe(self, listen: str) -> Probe:
        return ClusterProbe(self._kafka, self.book, self._clock)

    def journal_folder(self, what: str) -> Path:
        raise NotInAClusterError(f"{what} is read from the journal of a single service; a cluster has none")

    def _part(self, shard: Shard, logs: ExitStack) -> LogPart:
        topics = Topics.of(self._kafka)
        log = logs.enter_context(PartitionLog(self._kafka, topics.log_of(shard)))
        first = log.first
        digest: str | None = None
        for _, entry in log.read(first, first + 1):
            if isinstance(entry, Configuration):
                digest = entry.digest
            else:
                in_force = self._in_force()
                digest = in_force.versions.head(in_force.version_at(entry.received_at_ms)).digest
        return LogPart(log, digest, lambda enterprise: partition_of(enterprise, topics.partitions) == shard)

    def _in_force(self) -> InForce:
        with self._lock:
            if self._opened is None:
                self._opened = InForce(Versions.open(self._kafka, timeout_s=10.0))
            return self._opened


class Past:
    """The entries of one part of the log within a span of time."""

    def __init__(self, log: PartitionLog, first_ms: int | None, end_ms: int | None) -> None:
        self._log = log
        self._start = log.first if first_ms is None else max(log.first, log.position_at(first_ms))
        self._stop = log.end if end_ms is None else log.position_at(end_ms)

    @property
    def entries(self) -> int:
        return max(0, self._stop - self._start)

    def __iter__(self) -> Iterator[Entry]:
        return (entry for _, entry in self._log.read(self._start, self._stop)) if self.entries else iter(())


class ClusterTail:
    """Implements Tail."""

    def __init__(self, kafka: KafkaSettings, clock: Clock) -> None:
        self._topics = Topics.of(kafka)
        self._tail = ShardsTail(kafka)
        self._clock = clock

    def poll(self) -> Sequence[Entry]:
        found = self._tail.poll(self._clock.now_ms() - LOOK_BACK_MS)
        # The second stage has copies.
        return [entry for shard, entry in found if shard != self._topics.second_stage]

    def clocks_ms(self) -> Mapping[str, int]:
        return {self._name(shard): self._tail.last_ms.get(shard, 0) for shard in self._topics.shards}

    def close(self) -> None:
        self._tail.close()

    def _name(self, shard: Shard) -> str:
        topic, partition = self._topics.log_of(shard)
        return f"{topic} [{partition}]"
