"""How far the shards' logs are written and decided, look by look, and what is wrong with that (pure).

Times are seconds in which it was looked: while Kafka could not be asked, or this process stood still, none passes. So
nobody's clock is compared with another's, and what was away with Kafka is not taken for silent when that is back.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from plant.entries import Position
from tocsin.kafka.topics import Shard, Topics
from tocsin.selftest.watch import Delays, Finding, Key
from tocsin.settings.selftest import WatchSettings

SILENT: Final = "tocsin.shard-silent"
UNDECIDED: Final = "tocsin.shard-undecided"

_MOST_S: Final = 5.0
"""Between two looks; what is more was not looked."""
_MOST_WAITING: Final = 600
_CLEAR_S: Final = 10.0


class Mark(NamedTuple):
    """One look at a shard's log: where it ends, and before which position all is decided."""

    end: Position
    decided: Position


class Standing(NamedTuple):
    """`silent_s`: since an entry came; `undecided_s`: since the oldest entry that is not decided was seen."""

    silent_s: float
    undecided_s: float
    undecided: int
    """Entries."""


class _Seen(NamedTuple):
    mark: Mark
    moved_s: float
    waiting: tuple[tuple[Position, float], ...]
    """(end, since when), oldest first: entries before it were there then. The first is not decided."""


class ShardMarks:
    """Since when each shard stands as it does. A new one begins to count when it first looks."""

    def __init__(self) -> None:
        self._now_s = 0.0
        self._looked_s: float | None = None
        self._seen: dict[Shard, _Seen] = {}

    def take(self, now_s: float, marks: Mapping[Shard, Mark]) -> dict[Shard, Standing]:
        """How the shards stand by a look at monotonic `now_s`."""
        if self._looked_s is not None:
            self._now_s += min(now_s - self._looked_s, _MOST_S)
        self._looked_s = now_s
        self._seen = {shard: self._look(self._seen.get(shard), mark) for shard, mark in marks.items()}
        return {shard: self._standing(seen) for shard, seen in self._seen.items()}

    def _look(self, before: _Seen | None, mark: Mark) -> _Seen:
        moved_s = self._now_s
        waiting: tuple[tuple[Position, float], ...] = ()
        if before is not None:
            moved_s = before.moved_s if mark.end == before.mark.end else self._now_s
            waiting = tuple(one for one in before.waiting if mark.decided < one[0] <= mark.end)
        if mark.end > mark.decided and (not waiting or waiting[-1][0] < mark.end):
            waiting = (*waiting, (mark.end, self._now_s))
        # Of a long backlog every other look will do: the first stays.
        return _Seen(mark, moved_s, waiting if len(waiting) <= _MOST_WAITING else waiting[::2])

    def _standing(self, seen: _Seen) -> Standing:
        undecided_s = self._now_s - seen.waiting[0][1] if seen.waiting else 0.0
        return Standing(self._now_s - seen.moved_s, undecided_s, max(0, seen.mark.end - seen.mark.decided))


def delays_of_shards() -> dict[str, Delays]:
    """By rule. How long it takes to come on is in the findings."""
    return {SILENT: Delays(0.0, _CLEAR_S), UNDECIDED: Delays(0.0, _CLEAR_S)}


def shard_findings(standing: Mapping[Shard, Standing], topics: Topics, settings: WatchSettings) -> dict[Key, Finding]:
    """Shards whose log nobody writes, and those that are not decided in time: nothing is watched there."""
    found: dict[Key, Finding] = {}
    limit_s = settings.shard_undecided_s
    for shard, now in standing.items():
        topic, partition = topics.log_of(shard)
        if now.silent_s > settings.shard_silent_s:
            reason = f"nobody has written {topic} [{partition}] for {now.silent_s:.0f} s: no bridge has its lease"
            found[SILENT, subject_of(shard)] = Finding("red", reason)
        if now.undecided_s > limit_s / 2:
            reason = f"{topic} [{partition}] is decided {now.undecided_s:.0f} s late: {now.undecided} entries wait"
            found[UNDECIDED, subject_of(shard)] = Finding("red", reason, between=now.undecided_s <= limit_s)
    return found


def subject_of(shard: Shard) -> str:
    """What an own condition of a shard is about."""
    return f"shard-{shard}"
