"""A shard's state as its last writer left it: the newest checkpoint, and what was decided after it, folded quietly."""

from collections.abc import Callable
from typing import NamedTuple

import structlog

from plant.entries import Position
from tocsin.kafka.partition_log import PartitionLog
from tocsin.kafka.topics import Shard
from tocsin.runtime.fold import in_groups
from tocsin.settings.kafka import KafkaSettings
from tocsin.worker.checkpoint_topic import read_checkpoint
from tocsin.worker.divisions import Divisions
from tocsin.worker.shard import ShardFold
from tocsin.worker.written import Writer

_log = structlog.get_logger(__name__)


class Restored(NamedTuple):
    """`serial` is that of the newest checkpoint; `folded` counts the entries after it."""

    fold: ShardFold
    serial: int
    folded: int


def restore(
    settings: KafkaSettings,
    shard: Shard,
    divisions: Divisions,
    log: PartitionLog,
    writer: Writer,
    check: Callable[[], None],
) -> Restored:
    """The state after the last entry whose effects are written. `check` may raise to end it early. KafkaClientError."""
    committed, begins = writer.committed()
    kept = read_checkpoint(settings, shard, begins)
    passed_over = list(kept.passed_over)
    fold: ShardFold | None = None
    if kept.found is not None:
        try:
            fold = ShardFold.load(shard, divisions.get, kept.found.state)
        except (ValueError, LookupError) as error:
            passed_over.append(str(error))
    for reason in passed_over:
        _log.warning("checkpoint_passed_over", shard=shard, reason=reason)
    first = log.first
    if fold is None:
        fold = ShardFold(shard, divisions.get, first)
        if first > 0:
            _begin_in_the_middle(fold, divisions, log, first)
    elif fold.next < first:
        _log.error("entries_lost", shard=shard, decided_up_to=fold.next, kept_from=first)
        fold.next = first
    start = fold.next
    stop = min(start if committed is None else committed, log.end)
    for group in in_groups(log.read(start, stop, last_ms=fold.last_ms)):
        check()
        fold.apply(group)
    return Restored(fold, kept.serial, max(0, fold.next - start))


def _begin_in_the_middle(fold: ShardFold, divisions: Divisions, log: PartitionLog, first: Position) -> None:
    """Of a log that was cut, the oldest entries do not say under which configuration they stand."""
    for _, entry in log.read(first, first + 1):
        version = divisions.at(entry.received_at_ms)
        if version is not None:
            fold.begin_under(version)
    _log.warning("log_was_cut", shard=fold.shard, first=first, version=fold.version)
