"""The levels of every slot of a group: raw conditions, their delays and counts (semantics 4), and their alarms."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rules.engine.columns import F64, I64, LONG_AGO_MS, NEVER_MS, U8, Bool, Index, to_ms
from rules.engine.counting import RiseCounter
from rules.engine.output import Deciding, Output, level_reason
from rules.engine.point_table import PointTable
from rules.engine.points import PointState
from rules.engine.sides import SIDE_OF, SideState, level_of_rank, rank_of
from rules.engine.slots import Slots
from rules.schema import AnyLevel


@dataclass(frozen=True, slots=True, eq=False)
class Settling:
    """Readings whose raw conditions are known.

    step_ms is the time since the point's previous reading; value is what was held against the limits (a rate, a mean),
    reading the reading itself.
    """

    slot: Index
    t: I64
    step_ms: I64
    value: F64
    reading: F64
    received: I64


class LevelBank:
    """State by level and slot. A slot is `busy` while one of its levels is raw-true or on, or newly configured."""

    COLUMNS: ClassVar[tuple[str, ...]] = ("raw", "on", "held", "run_t", "due", "fresh", "busy")

    def __init__(self, slots: Slots, levels: tuple[AnyLevel, ...], table: PointTable, *, timers: bool) -> None:
        n, k = len(slots), len(levels)
        self.slots, self.levels = slots, levels
        self.raw: Bool = np.zeros((k, n), dtype=np.bool_)
        self.on: Bool = np.zeros((k, n), dtype=np.bool_)
        self.held: I64 = np.zeros((k, n), dtype=np.int64)
        self.run_t: I64 = np.full((k, n), LONG_AGO_MS)
        self.fresh: Bool = np.ones(n, dtype=np.bool_)
        self.busy: Bool = np.zeros(n, dtype=np.bool_)

        def per_rule(levels_of: list[list[int]]) -> I64:
            return np.array(levels_of, dtype=np.int64).reshape(k, len(slots.rules))[:, slots.rule]

        rules = slots.rules
        named = [[level in rule.levels for rule in rules] for level in levels]
        self.on_delay_ms = per_rule([[to_ms(r.on_delay_of(level)) for r in rules] for level in levels])
        self.off_delay_ms = per_rule([[to_ms(r.off_delay_of(level)) for r in rules] for level in levels])
        self.rank: U8 = per_rule(
            [
                [rank_of(r, lv) if has else 0 for r, has in zip(rules, row, strict=True)]
                for lv, row in zip(levels, named, strict=True)
            ]
        ).astype(np.uint8)
        self.step_cap_ms: I64 = table.step_cap_ms[slots.point]
        self.counter = RiseCounter.of(slots, k)
        self.sides = [SideState(side, n) for side in dict.fromkeys(SIDE_OF[level] for level in levels)]
        self.side_levels = [[i for i, level in enumerate(levels) if SIDE_OF[level] == s.side] for s in self.sides]
        self.timed: Bool | None = None
        """Slots whose delays run on the clock too (semantics 4.3); None where the group has none."""
        if timers and bool(table.on_change[slots.point].any()):
            self.timed = table.on_change[slots.point]
        self.due: I64 = np.full((k, n if self.timed is not None else 0), NEVER_MS)
        self.next_due_ms = NEVER_MS
        """No timer is due before this."""
        self.limits: F64 | None = None
        """What each level is held against, by level and slot, for the events; None where the kind has no such thing."""

    def settle(self, rows: Settling, raws: list[Bool], out: Output) -> None:
        """Delay the raw conditions of the rows and change alarms. Slots must be distinct."""
        s = rows.slot
        fresh = self.fresh[s]
        step = np.minimum(rows.step_ms, self.step_cap_ms[s])
        changed = fresh.copy()
        busy = np.zeros(len(s), dtype=np.bool_)
        for k, raw in enumerate(raws):
            started = fresh | (raw != self.raw[k, s])
            held = np.where(started, 0, self.held[k, s] + step)
            self.held[k, s] = held
            self.run_t[k, s] = np.where(started, rows.t, self.run_t[k, s])
            on = self.on[k, s]
            rise = raw & (fresh | ~self.raw[k, s])
            self.raw[k, s] = raw
            turns_on = raw & (held >= self.on_delay_ms[k, s])
            turns_off = ~raw & (held >= self.off_delay_ms[k, s])
            if self.counter is not None:
                turns_on |= self.counter.rise(k, s, rows.t, rise)
                turns_off &= rows.t >= self.counter.calm_from(k, s)
            now = (on | turns_on) & ~turns_off
            self.on[k, s] = now
            changed |= now != on
            busy |= raw | now
        self.fresh[s] = False
        self.busy[s] = busy
        if self.timed is not None:
            self._set_timers(s)
        if changed.any():
            at = np.flatnonzero(changed)
            self._alarms(s[at], rows.t[at], rows.value[at], rows.t[at], rows.reading[at], rows.received[at], out)

    def _set_timers(self, slot: Index) -> None:
        assert self.timed is not None  # noqa: S101 - the caller asked
        slot = slot[self.timed[slot]]
        if not len(slot):
            return
        for k in range(len(self.levels)):
            raw, on, start = self.raw[k, slot], self.on[k, slot], self.run_t[k, slot]
            off_due = start + self.off_delay_ms[k, slot]
            if self.counter is not None:
                off_due = np.maximum(off_due, self.counter.calm_from(k, slot))
            due = np.where(raw & ~on, start + self.on_delay_ms[k, slot], np.where(~raw & on, off_due, NEVER_MS))
            self.due[k, slot] = due
            self.next_due_ms = min(self.next_due_ms, int(due.min()))

    def rearm(self, slot: Index) -> None:
        """Set the timers of these slots from their state, after it was carried over.

        A slot that has had no reading since its rule changed waits for one.
        """
        if self.timed is not None:
            self._set_timers(slot[~self.fresh[slot]])

    def run_timers(self, clock: I64 | int, slot: Index | None, points: PointState, out: Output) -> None:
        """What is due by `clock` (one for all, or one per slot), in order of due time within each slot."""
        if self.timed is None:
            return
        if slot is None:
            if isinstance(clock, int) and clock < self.next_due_ms:
                return
            slot = np.flatnonzero(self.timed)
        upto = np.broadcast_to(np.asarray(clock, dtype=np.int64), slot.shape)
        ran = False
        while len(slot):
            due = self.due[:, slot].min(axis=0)
            ripe = due <= upto
            if not ripe.any():
                break
            ran = True
            slot, due, upto = slot[ripe], due[ripe], upto[ripe]
            for k in range(len(self.levels)):
                hit = slot[self.due[k, slot] == due]
                self.on[k, hit] = self.raw[k, hit]
                self.due[k, hit] = NEVER_MS
            self.busy[slot] = (self.raw[:, slot] | self.on[:, slot]).any(axis=0)
            at = self.slots.point[slot]
            received = np.array(
                [
                    out.clock_reaching(d, k)
                    for d, k in zip(due.tolist(), points.last_received[at].tolist(), strict=True)
                ],
                dtype=np.int64,
            )
            value = points.usable_value[at]
            self._alarms(slot, due, value, points.usable_t[at], value, received, out)
        if ran:
            self.next_due_ms = int(self.due.min())

    def _alarms(
        self, slot: Index, t: I64, value: F64, reading_t: I64, reading: F64, received: I64, out: Output
    ) -> None:
        for side, columns in zip(self.sides, self.side_levels, strict=True):
            rank = np.zeros(len(slot), dtype=np.uint8)
            for column in columns:
                np.maximum(
                    rank, np.where(self.on[column, slot], self.rank[column, slot], 0), out=rank, casting="unsafe"
                )
            for i in np.flatnonzero(rank != side.rank[slot]).tolist():
                at, to, before = int(slot[i]), int(rank[i]), int(side.rank[slot[i]])
                rule = self.slots.rules[self.slots.rule[at]]
                level, _ = level_of_rank(side.side, max(to, before))
                # After a change of rules an alarm may end at a level that the rule no longer has.
                k = self.levels.index(level) if level in self.levels else None
                why = Deciding(
                    received_at=int(received[i]),
                    value=float(value[i]),
                    limit=None if self.limits is None or k is None else _number(self.limits[k, at]),
                    onset=None if k is None else int(self.run_t[k, at]),
                    reason=level_reason(rule, level, on=to > before),
                    readings=((int(reading_t[i]), float(reading[i])),),
                )
                out.change(rule, int(self.slots.point[at]), side, at, to, int(t[i]), why)


def _number(value: np.float64) -> float | None:
    return float(value) if np.isfinite(value) else None
