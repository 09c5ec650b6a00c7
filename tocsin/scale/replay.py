"""Events again, from the logs of the shards in Kafka: every shard folded by itself, under the versions in force."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from plant.entries import Position, Readings
from rules.events import AlarmEvent
from tocsin.kafka.division import Division
from tocsin.kafka.partition_log import PartitionLog
from tocsin.kafka.topics import Shard, Topics
from tocsin.kafka.versions import Versions
from tocsin.runtime.fold import in_groups
from tocsin.settings.kafka import KafkaSettings
from tocsin.worker.divided import Divide, Divided
from tocsin.worker.shard import ShardFold

Advance = Callable[[float, float], None]
"""(done, total)"""


@dataclass(slots=True)
class Replayed:
    """What a replay came past."""

    readings: int = 0
    """Of the first stage, unless the second stage is all that was asked for: it has copies of them."""
    unreadable: int = 0
    """Records that stand as ticks."""
    gone: list[str] = field(default_factory=list)
    """A sentence for each log whose beginning is no longer kept."""


def replay(
    settings: KafkaSettings,
    versions: Versions,
    replayed: Replayed,
    advance: Advance,
    *,
    shards: Sequence[Shard] | None = None,
    from_offset: Position = 0,
) -> Iterator[AlarmEvent]:
    """The events of these shards (None: of all), one shard after the other, each in the order in which it decides.

    Each log is folded from the oldest entry that it still has up to where it ends now; only events of entries from
    `from_offset` on are given out. KafkaAwayError; LookupError for a version that `config` does not hold.
    """
    topics = Topics.of(settings)
    wanted = list(topics.shards if shards is None else shards)
    divide = divider(versions, settings.partitions)

    def unreadable(_: object) -> None:
        replayed.unreadable += 1

    logs = [PartitionLog(settings, topics.log_of(shard), on_poison=unreadable) for shard in wanted]
    try:
        bounds = [(log.first, log.end) for log in logs]
        total, done = sum(end - first for first, end in bounds), 0
        for shard, log, (first, end) in zip(wanted, logs, bounds, strict=True):
            fold = ShardFold(shard, divide, first)
            counts = shard != topics.second_stage or wanted == [topics.second_stage]
            for group in in_groups(log.read(first, end)):
                if fold.next == first > 0:
                    began_ms = group[0][1].received_at_ms
                    replayed.gone.append(
                        f"{log.place.topic} [{log.place.partition}]: what stood before offset {first}"
                        f" (received at {began_ms}) is no longer kept"
                    )
                    _begin(fold, versions, began_ms)
                for steps in fold.apply(group):
                    if steps.offset >= from_offset:
                        yield from (step for step in steps.steps if isinstance(step, AlarmEvent))
                if counts:
                    replayed.readings += sum(len(entry.batch) for _, entry in group if isinstance(entry, Readings))
                advance(done + group[-1][0] - first, total)
            done += end - first
    finally:
        for log in logs:
            log.close()


def divider(versions: Versions, partitions: int) -> Divide:
    """The versions of `config`, divided; the last two are held."""

    @lru_cache(maxsize=2)
    def divide(number: int) -> Divided:
        configured = versions.get(number)
        division = Division(configured.site, configured.rules, versions.registry, partitions)
        return Divided(number, division, versions.registry.numbers)

    return divide


def _begin(fold: ShardFold, versions: Versions, began_ms: int) -> None:
    """Go by the version that was the newest at that time; entries tell of later ones."""
    earlier = [head.number for head in versions.all if head.at_ms <= began_ms]
    if earlier:
        fold.begin_under(earlier[-1])
