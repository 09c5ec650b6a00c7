"""From levels that are on to alarms: the changes of a group's slots, in their order, as events (semantics 5.1, 5.7)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rules.engine.columns import F64, I64, U8, Bool, Index
from rules.engine.output import Deciding, Identity, Output, level_reason
from rules.engine.sides import SIDE_OF, SideState, level_of_rank
from rules.engine.slots import Slots
from rules.engine.watch import Watch
from rules.events import Crossing
from rules.schema import AnyLevel, Rule


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """Moments at which levels of slots may have changed; a slot's moments stand below each other, in order of time.

    on, since   by level and moment: whether the level is on, and since when its raw condition is as it is
    value       what was held against the limits, by moment, or by level and moment where each has its own; reading is
                the reading itself, and reading_t its time
    limits      what it was held against, by moment or by level and moment, where that changes from reading to reading
    crossings   by (at, from, to), level and moment, of a forecast: ms since the epoch, NaN where there is none
    idle        whether the rule was not active then (None: it was)
    received    the clock at which it was decided
    """

    slot: Index
    t: I64
    on: Bool
    since: I64
    value: F64
    reading_t: I64
    reading: F64
    received: I64
    limits: F64 | None = None
    crossings: F64 | None = None
    idle: Bool | None = None


class Alarms:
    """The alarms of a group's slots, by side."""

    def __init__(
        self, slots: Slots, levels: tuple[AnyLevel, ...], rank: U8, identity: Callable[[int], Identity]
    ) -> None:
        """`identity` says what a slot's number stands for."""
        self.slots, self.levels, self.rank, self._identity = slots, levels, rank, identity
        self.sides = [SideState(side, len(slots)) for side in dict.fromkeys(SIDE_OF[level] for level in levels)]
        self.side_levels = [[i for i, level in enumerate(levels) if SIDE_OF[level] == s.side] for s in self.sides]
        self.limits: F64 | None = None
        """What each level is held against, by level and slot; None where the kind has no such thing."""
        self.degraded: SideState | None = None
        """The side of rules over several points that says that something is unknown."""
        self.watch: Watch | None = None
        """Where some rule over several points looks at these levels."""

    @property
    def all_sides(self) -> list[SideState]:
        """Every side, the degraded one too."""
        return self.sides if self.degraded is None else [*self.sides, self.degraded]

    def identity(self, slot: int) -> Identity:
        """What a slot's alarms are about."""
        return self._identity(int(self.slots.point[slot]))

    def change(self, changes: Changes, out: Output) -> None:
        """Take each alarm to the most severe level that is on."""
        slot = changes.slot
        if self.watch is not None:
            self.watch.note(slot, changes.t, changes.on, self.levels, changes.received)
        for side, columns in zip(self.sides, self.side_levels, strict=True):
            ranks = np.where(changes.on[columns], self.rank[columns][:, slot], 0).max(axis=0)
            ranks_before = side.rank[slot]
            again = slot[1:] == slot[:-1]
            ranks_before[1:][again] = ranks[:-1][again]
            for i in (ranks != ranks_before).nonzero()[0].tolist():
                at, to, before = int(slot[i]), int(ranks[i]), int(ranks_before[i])
                rule = self.slots.rules[self.slots.rule[at]]
                level, _ = level_of_rank(side.side, max(to, before))
                # After a change of rules an alarm may end at a level that the rule no longer has.
                k = self.levels.index(level) if level in self.levels else None
                why = Deciding(
                    received_at=int(changes.received[i]),
                    value=_value(changes, k, i),
                    limit=None if k is None else self._limit(changes, k, i),
                    onset=None if k is None else int(changes.since[k, i]),
                    reason=_reason(changes, i, rule, level, on=to > before),
                    readings=_readings(changes, i),
                    forecast=None if k is None else _crossing(changes, k, i),
                )
                out.change(rule, self.identity(at), side, at, to, int(changes.t[i]), why)

    def _limit(self, changes: Changes, k: int, i: int) -> float | None:
        if changes.limits is not None:
            return _number(changes.limits[i] if changes.limits.ndim == 1 else changes.limits[k, i])
        return None if self.limits is None else _number(self.limits[k, changes.slot[i]])


def _reason(changes: Changes, i: int, rule: Rule, level: AnyLevel, *, on: bool) -> str:
    if not on and changes.idle is not None and changes.idle[i] and level not in rule.never_suppress:
        return "schedule ended"
    return level_reason(rule, level, on=on)


def _value(changes: Changes, k: int | None, i: int) -> float | None:
    if changes.value.ndim == 1:
        value = float(changes.value[i])
        return None if value != value else value
    return None if k is None else _number(changes.value[k, i])


def _readings(changes: Changes, i: int) -> tuple[tuple[int, float], ...]:
    """The reading, where there is one and it is a number."""
    reading = _number(changes.reading[i])
    return () if reading is None else ((int(changes.reading_t[i]), reading),)


def _crossing(changes: Changes, k: int, i: int) -> Crossing | None:
    if changes.crossings is None:
        return None
    at, earliest, latest = changes.crossings[:, k, i].tolist()
    return None if at != at else Crossing(int(at), int(earliest), None if latest != latest else int(latest))


def _number(value: np.float64) -> float | None:
    return float(value) if np.isfinite(value) else None
