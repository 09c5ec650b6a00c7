"""Collects the events of one step of the engine, with all that an alarm event must carry (semantics 5.7)."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from rules.engine.columns import I64, to_ms
from rules.engine.sides import SideState, level_of_rank
from rules.events import AlarmEvent, Crossing
from rules.identity import alarm_id
from rules.schema import AnyLevel, Rule

Identity = tuple[str, str]
"""(subject, enterprise), as events name them."""


@dataclass(frozen=True, slots=True)
class Deciding:
    """What decided a change: the clock at which it was decided, the reading, the limit and since when it held."""

    received_at: int
    value: float | None
    limit: float | None
    onset: int | None
    reason: str
    readings: tuple[tuple[int, float], ...] = ()
    forecast: Crossing | None = None


@dataclass(slots=True)
class Output:
    """The events of a step, in the order in which they happened; `entry_times` are its entries' received_at."""

    entry_times: Sequence[int]
    exercise: bool = False
    events: list[AlarmEvent] = field(default_factory=list)

    def clocks_reaching(self, due: I64, known_from: I64) -> I64:
        """received_at of the first entries whose clock is at or after `due`, none before `known_from`."""
        times = np.array(self.entry_times, dtype=np.int64)
        first = np.searchsorted(times, np.maximum(due, known_from))
        clocks: I64 = times[np.minimum(first, len(times) - 1)]
        return clocks

    def clock_passing(self, due: int) -> int:
        """received_at of the first entry whose clock is after `due`."""
        return self.entry_times[min(bisect_right(self.entry_times, due), len(self.entry_times) - 1)]

    def change(
        self,
        rule: Rule,
        identity: Identity,
        side: SideState,
        slot: int,
        rank: int,
        t: int,
        why: Deciding,
        pending: tuple[str, ...] = (),
    ) -> None:
        """Move one alarm and record its event."""
        event, named, at = side.move(slot, rank, t)
        level, severity = level_of_rank(side.side, named)
        subject, enterprise = identity
        raised_at = int(side.raised_at[slot])
        self.events.append(
            AlarmEvent(
                event=event,
                alarm=alarm_id(rule.id, subject, side.side, raised_at),
                rule=rule.id,
                version=rule.version,
                subject=subject,
                side=side.side,
                enterprise=enterprise,
                level=level,
                severity=severity,
                at=at,
                value=why.value,
                limit=why.limit,
                onset=why.onset,
                historical=why.received_at - at > to_ms(rule.late_after_s),
                exercise=self.exercise,
                reason=why.reason,
                pending=pending,
                forecast=why.forecast,
                raised_at=raised_at,
                received_at=why.received_at,
                readings=why.readings,
            )
        )


def level_reason(rule: Rule, level: AnyLevel, *, on: bool) -> str:
    """Why a level of a rule is on, or off, in fixed words."""
    what = f"{rule.condition.kind} {level}" if level != "on" else rule.condition.kind
    if on:
        held = rule.on_delay_of(level)
        if rule.count is not None and held:
            often = f"{rule.count.n} times within {rule.count.within_s:g} s"
            return f"{what} held {held:g} s or {often}"
        return f"{what} held {held:g} s" if held else what
    held = rule.off_delay_of(level)
    return f"{what} ended for {held:g} s" if held else f"{what} ended"
