"""Events again, from the logs of the shards in Kafka: every shard folded by itself, under the versions in force."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from plant.entries import Position, Readings
from plant.quality import AHEAD_MS
from rules.events import AlarmEvent
from tocsin.kafka.partition_log import PartitionLog
from tocsin.kafka.topics import Shard, Topics
from tocsin.runtime.fold import in_groups
from tocsin.settings.kafka import KafkaSettings
from tocsin.worker.checkpoint_topic import read_checkpoint
from tocsin.worker.divisions import Divisions
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
    """A sentence for each log whose beginning is no longer kept, nor in a checkpoint."""


def replay(
    settings: KafkaSettings,
    divisions: Divisions,
    replayed: Replayed,
    advance: Advance,
    *,
    shards: Sequence[Shard] | None = None,
    from_ms: int | None = None,
    from_offset: Position | None = None,
) -> Iterator[AlarmEvent]:
    """The events of these shards (None: of all), one shard after the other, each in the order in which it decides.

    Each log is folded up to where it ends now, from the newest checkpoint that is older than all that is wanted, else
    from the oldest entry that is still kept. All events that happened from `from_ms` on and come of entries from
    `from_offset` on are among them. KafkaAwayError; LookupError for a version that `config` does not hold.
    """
    topics = Topics.of(settings)
    wanted = list(topics.shards if shards is None else shards)

    def unreadable(_: object) -> None:
        replayed.unreadable += 1

    logs = [PartitionLog(settings, topics.log_of(shard), on_poison=unreadable) for shard in wanted]
    try:
        folds = [
            _checkpoint(settings, divisions, shard, from_ms, from_offset) or ShardFold(shard, divisions.get, log.first)
            for shard, log in zip(wanted, logs, strict=True)
        ]
        ends = [log.end for log in logs]
        total, done = sum(max(0, end - fold.next) for fold, end in zip(folds, ends, strict=True)), 0
        for fold, log, end in zip(folds, logs, ends, strict=True):
            start = fold.next
            counts = fold.shard != topics.second_stage or wanted == [topics.second_stage]
            for group in in_groups(log.read(start, end, last_ms=fold.last_ms)):
                if fold.last_ms is None and start > 0:
                    replayed.gone.append(_begin_in_the_middle(fold, divisions, log, group[0][1].received_at_ms))
                for steps in fold.apply(group):
                    if from_offset is None or steps.offset >= from_offset:
                        yield from (step for step in steps.steps if isinstance(step, AlarmEvent))
                if counts:
                    replayed.readings += sum(len(entry.batch) for _, entry in group if isinstance(entry, Readings))
                advance(done + group[-1][0] - start, total)
            done += max(0, end - start)
    finally:
        for log in logs:
            log.close()


def _checkpoint(
    settings: KafkaSettings, divisions: Divisions, shard: Shard, from_ms: int | None, from_offset: Position | None
) -> ShardFold | None:
    """The newest checkpoint, where nothing that is wanted happened before it."""
    if from_ms is None and from_offset is None:
        return None
    found = read_checkpoint(settings, shard, None).found
    if found is None or (from_offset is not None and found.manifest.next > from_offset):
        return None
    try:
        fold = ShardFold.load(shard, divisions.get, found.state)
    except (ValueError, LookupError):
        return None
    # A device's clock may be ahead by so much: what came before the checkpoint can have happened so much later.
    if from_ms is not None and (fold.last_ms is None or fold.last_ms + AHEAD_MS >= from_ms):
        return None
    return fold


def _begin_in_the_middle(fold: ShardFold, divisions: Divisions, log: PartitionLog, began_ms: int) -> str:
    """Go by the version that was the newest at that time; returns what is to be said."""
    version = divisions.at(began_ms)
    if version is not None:
        fold.begin_under(version)
    topic, partition = log.place
    return f"{topic} [{partition}]: what stood before offset {fold.next} (received at {began_ms}) is no longer kept"
