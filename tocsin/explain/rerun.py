"""One alarm decided again from the log: the same entries, the rules of their time, the same engine."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast

import numpy as np
from numpy.typing import NDArray

from alerts.fold import fold
from alerts.ground import Ground
from alerts.record import AlarmRecord, NumberedEvent, Policy
from alerts.remark import Remark
from plant.entries import OperatorAction, Position
from plant.registry import PointRegistry
from rules.engine import STATE_VERSION, State, load_state, make_plan
from rules.events import AlarmEvent, event_json
from tocsin.book.writer import received_at
from tocsin.configuration import Configured
from tocsin.explain.cut import cut, look_back_ms
from tocsin.log.checkpoints import Checkpoint, CheckpointStore
from tocsin.log.versions import Version, version_at
from tocsin.records.parts import TimedLog
from tocsin.runtime.fold import Fold, Resolve, in_groups
from tocsin.whatif.recording import Advance, only_points

From = Literal["near", "checkpoint", "start"]
_GROUP_READINGS: Final = 1 << 18
_REMARKS: Final = ("escalated", "closed", "shelved", "unshelved")


@dataclass(frozen=True, slots=True)
class Rerun:
    """What came of deciding the entries [start, stop) again. Times are ms since the epoch."""

    begun: From
    start: Position
    stop: Position
    start_ms: int
    readings: int
    """Of the points that matter."""
    events: tuple[NumberedEvent, ...]
    """Those of the alarm; none where it was not raised."""
    same: bool
    """Whether they are those of the alarm book: same ids, times, levels, values, limits and deciding readings."""


class Rerunner:
    """Decides one alarm again, as near as will do: from a little before it, a checkpoint, or the log's beginning."""

    def __init__(
        self,
        reader: TimedLog,
        checkpoints: Path | None,
        stop: Position,
        registry: PointRegistry,
        versions: list[Version],
        resolve: Resolve,
        alarm: AlarmRecord,
        booked: list[NumberedEvent],
        advance: Advance,
    ) -> None:
        """`booked` are the alarm's events up to the entry `stop`; the registry must be younger than that entry."""
        self._reader = reader
        self._checkpoints = checkpoints
        self._stop = stop
        self._registry = registry
        self._versions = versions
        self._resolve = resolve
        self._alarm = alarm
        self._booked = booked
        self._advance = advance

    def run(self, raised: Position, onset_ms: int) -> Rerun:
        """The first way that gives the booked events; else the last one tried. `raised` is the entry that raised it.

        LookupError where a configuration is not kept or entries went meanwhile.
        """
        found: Rerun | None = None
        for attempt in self._attempts(raised, onset_ms):
            found = attempt()
            if found.same:
                break
        assert found is not None  # noqa: S101 - there is always the beginning of the log
        return found

    def _attempts(self, raised: Position, onset_ms: int) -> Iterator[Callable[[], Rerun]]:
        first = self._reader.first
        near = max(first, min(raised, self._reader.position_at(onset_ms - self._look_back_ms(raised))))
        if near > first:
            yield lambda: self._fresh("near", near)
        checkpoint = self._checkpoint(raised)
        if checkpoint is not None:
            yield lambda: self._from_checkpoint(checkpoint)
        yield lambda: self._fresh("start", first)

    def _look_back_ms(self, raised: Position) -> int:
        version = version_at(self._versions, raised)
        assert version is not None  # noqa: S101 - what raised an alarm was in force
        return look_back_ms(self._resolve(version.digest), self._alarm.rule, self._alarm.subject)

    def _checkpoint(self, raised: Position) -> Checkpoint | None:
        if self._checkpoints is None:
            return None
        store = CheckpointStore(self._checkpoints, read_only=True)
        checkpoint = store.load(STATE_VERSION, at_most=raised).checkpoint
        return checkpoint if checkpoint is not None and checkpoint.position >= self._reader.first else None

    def _fresh(self, begun: From, start: Position) -> Rerun:
        """From nothing, with the points alone that can matter."""
        version = version_at(self._versions, start)
        if version is None:
            raise LookupError("nothing tells which rules were in force")
        smaller: dict[str, Configured] = {}

        def resolve(digest: str) -> Configured:
            if digest not in smaller:
                smaller[digest] = cut(self._resolve(digest), self._alarm.rule, self._alarm.subject)
            return smaller[digest]

        wanted = np.zeros(len(self._registry), dtype=np.bool_)
        digests = {version.digest, *(v.digest for v in self._versions if start <= v.position < self._stop)}
        for digest in digests:
            wanted[[self._registry.numbers[name] for name in resolve(digest).site.points]] = True
        fold_ = Fold.fresh(resolve(version.digest), self._registry, resolve, exercise=self._alarm.exercise)
        return self._follow(begun, fold_, start, wanted)

    def _from_checkpoint(self, checkpoint: Checkpoint) -> Rerun:
        """From a state as it was, with all points."""
        then = self._resolve(checkpoint.rule_digest)
        engine = load_state(make_plan(then.site, then.rules, self._registry), cast(State, checkpoint.state))
        engine.exercise = self._alarm.exercise
        return self._follow(
            "checkpoint", Fold(then, engine, self._registry, self._resolve), checkpoint.position, wanted=None
        )

    def _follow(self, begun: From, fold_: Fold, start: Position, wanted: NDArray[np.bool_] | None) -> Rerun:
        record: AlarmRecord | None = None
        events: list[NumberedEvent] = []
        readings, start_ms = 0, None
        for group in in_groups(self._reader.read(start, self._stop), most_readings=_GROUP_READINGS):
            start_ms = group[0][1].received_at_ms if start_ms is None else start_ms
            items = group
            if wanted is not None:
                entries = only_points([entry for _, entry in group], wanted)
                items = [(position, entry) for (position, _), entry in zip(group, entries, strict=True)]
            for commit in fold_.apply(items):
                policy = commit.ground.policy if isinstance(commit.ground, Ground) else commit.ground
                for _, step in commit.steps:
                    if isinstance(step, AlarmEvent | OperatorAction) and step.alarm == self._alarm.alarm:
                        record, events = self._remarked(record, events, received_at(step) - 1)
                        folded = fold(record, step, policy)
                        record, events = folded.record, [*events, *folded.events]
            readings += sum(len(entry.batch) for _, entry in items if hasattr(entry, "batch"))
            self._advance(group[-1][0] + 1 - start, self._stop - start)
        record, events = self._remarked(record, events, None)
        same = [_proof(event) for event in events] == [_proof(event) for event in self._booked]
        return Rerun(begun, start, self._stop, start_ms or 0, readings, tuple(events), same)

    def _remarked(
        self, record: AlarmRecord | None, events: list[NumberedEvent], until_ms: int | None
    ) -> tuple[AlarmRecord | None, list[NumberedEvent]]:
        """Take in what routes, disposals and overrides brought about up to a time, as the book has it."""
        while len(events) < len(self._booked):
            event = self._booked[len(events)].event
            if event.event not in _REMARKS or (until_ms is not None and event.received_at > until_ms):
                break
            name = cast(Literal["escalated", "closed", "shelved", "unshelved"], event.event)
            # Any end will do: it is the book that says when a shelf ended.
            remark = Remark(event.alarm, name, event.received_at, event.reason, until_ms=event.received_at + 1)
            folded = fold(record, remark, Policy())
            if not folded.events:
                break
            record, events = folded.record, [*events, *folded.events]
        return record, events


def _proof(numbered: NumberedEvent) -> tuple[object, ...]:
    """All that an event says and stands on."""
    event = numbered.event
    return numbered.n, event_json(event), event.raised_at, event.received_at, event.readings
