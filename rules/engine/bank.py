"""The levels of every slot of a group: raw conditions, their delays and counts (semantics 4)."""

from collections.abc import Callable
from typing import ClassVar, Protocol

import numpy as np

from rules.engine.alarms import Alarms, Changes
from rules.engine.columns import F64, I64, LONG_AGO_MS, NEVER_MS, Bool, Index, to_ms
from rules.engine.counting import RiseCounter
from rules.engine.gate import Gate, Gated
from rules.engine.output import Output
from rules.engine.points import LastReadings, Rows
from rules.engine.sides import rank_of
from rules.engine.slots import Slots
from rules.engine.timers import TimerRun, timer_changes
from rules.engine.view import View
from rules.schema import AnyLevel


class Subjects(Protocol):
    """What a bank must know of the numbers that its slots stand on."""

    @property
    def step_cap_ms(self) -> I64: ...

    @property
    def on_change(self) -> Bool: ...

    def identity(self, number: int) -> tuple[str, str]: ...


class LevelBank:
    """State by level and slot. A slot is `busy` while one of its levels is raw-true or on, or newly configured."""

    COLUMNS: ClassVar[tuple[str, ...]] = ("raw", "on", "held", "run_t", "due", "fresh", "busy", "idle")

    def __init__(self, slots: Slots, levels: tuple[AnyLevel, ...], table: Subjects, *, timers: bool) -> None:
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
        rank = per_rule(
            [
                [rank_of(r, lv) if has else 0 for r, has in zip(rules, row, strict=True)]
                for lv, row in zip(levels, named, strict=True)
            ]
        ).astype(np.uint8)
        self.alarms = Alarms(slots, levels, rank, table.identity)
        self.step_cap_ms: I64 = table.step_cap_ms[slots.point]
        self.counter = RiseCounter.of(slots, k)
        self.gate: Gate | None = None
        """Says when rules are active; None where all of them always are."""
        self.idle: Bool = np.zeros(0, dtype=np.bool_)
        """With a gate: whether the slot's rule was not active at its last settled reading."""
        self.timed: Bool | None = None
        """Slots whose delays run on the clock too (semantics 4.3); None where the group has none."""
        if timers and bool(table.on_change[slots.point].any()):
            self.timed = table.on_change[slots.point]
        self.due: I64 = np.full((k, n if self.timed is not None else 0), NEVER_MS)
        self.next_due_ms = NEVER_MS
        """No timer is due before this."""

    def set_gate(self, gate: Gate) -> None:
        """Let the rules of the slots be active at times only."""
        self.gate, self.idle = gate, np.zeros(len(self.slots), dtype=np.bool_)

    def gated(self, rows: Rows, view: View) -> Gated | None:
        """Which rows may be raw-true; None: all."""
        return None if self.gate is None else self.gate.at(rows, view)

    def settle(
        self,
        rows: Rows,
        view: View,
        raws: list[Bool],
        value: F64,
        prev_t: I64,
        out: Output,
        *,
        limits: F64 | None = None,
        crossings: Callable[[Index], F64] | None = None,
        gated: Gated | None = None,
    ) -> None:
        """Delay the raw conditions of the view's rows and change alarms.

        `value` is what was held against the limits (a rate, a mean), by row or by level and row; `prev_t`, by point
        number, the time of the reading before the series. `limits` and `crossings` (of the view's rows given) are as
        in `Changes`; `gated` is what `raws` were masked with.
        """
        s, series, t = view.slot, view.series, view.of(rows.t)
        first = series.at_first(self.fresh[s])
        changed = first.copy()
        busy = np.zeros(len(s), dtype=np.bool_)
        step = t - series.before(t, prev_t[self.slots.point[s]])
        total, base = series.sums(np.minimum(step, series.per_row(self.step_cap_ms[s])))
        timers = TimerRun.of(self.timed, view, rows.received)
        ons, starts = [], []
        for k, raw in enumerate(raws):
            was = series.before(raw, self.raw[k][s])
            run_starts = first | (raw != was)
            start = series.since(run_starts, t, self.run_t[k][s])
            held = total - series.since(run_starts, total, base - self.held[k][s])
            turns_on = raw & (held >= series.per_row(self.on_delay_ms[k][s]))
            turns_off = ~raw & (held >= series.per_row(self.off_delay_ms[k][s]))
            calm_from = None
            if self.counter is not None:
                often, calm_from = self.counter.rise(k, view, t, raw & (first | ~was))
                turns_on |= often
                turns_off &= t >= calm_from
            on_before = self.on[k][s]
            if timers is None:
                on = series.latch(turns_on, turns_off, on_before)
                changed |= on != series.before(on, on_before)
            else:
                on_due = start + series.per_row(self.on_delay_ms[k][s])
                off_due = start + series.per_row(self.off_delay_ms[k][s])
                if calm_from is not None:
                    off_due = np.maximum(off_due, calm_from)
                on, later = timers.latch(raw, turns_on, turns_off, np.where(raw, on_due, off_due), on_before)
                changed |= on != series.before(later, on_before)
            ons.append(on)
            starts.append(start)
            self.raw[k][s], self.on[k][s] = series.final(raw), series.final(on)
            self.held[k][s], self.run_t[k][s] = series.final(held), series.final(start)
            busy |= series.final(raw | on)
        if self.gate is not None:
            self.idle[s] = False if gated is None else ~series.final(gated.active)
        self.fresh[s] = False
        self.busy[s] = busy
        if self.timed is not None:
            self._set_timers(s)
        at = changed.nonzero()[0]
        if len(at) or (timers is not None and timers.fired):
            reading, received = view.of(rows.value), view.of(rows.received)
            changes = Changes(
                slot=series.per_row(s)[at],
                t=t[at],
                on=np.stack([on[at] for on in ons]),
                since=np.stack([start[at] for start in starts]),
                value=value[..., at],
                reading_t=t[at],
                reading=reading[at],
                received=received[at],
                limits=None if limits is None else limits[..., at],
                crossings=None if crossings is None else crossings(at),
                idle=None if gated is None else ~gated.active[at],
            )
            if timers is not None and timers.fired:
                idle = None if gated is None else ~gated.active
                changes = timer_changes(timers, changes, at, view, t, reading, received, starts, limits, idle, out)
            self.alarms.change(changes, out)

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

    def run_timers(self, clock: I64 | int, slot: Index | None, points: LastReadings, out: Output) -> None:
        """What is due by `clock` (one for all, or one per slot), in order of due time within each slot."""
        if self.timed is None:
            return
        if slot is None:
            if isinstance(clock, int) and clock < self.next_due_ms:
                return
            slot = self.timed.nonzero()[0]
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
            value = points.usable_value[at]
            self.alarms.change(
                Changes(
                    slot=slot,
                    t=due,
                    on=self.on[:, slot],
                    since=self.run_t[:, slot],
                    value=value,
                    reading_t=points.usable_t[at],
                    reading=value,
                    received=out.clocks_reaching(due, points.heard_usable[at]),
                    idle=None if self.gate is None else self.idle[slot],
                ),
                out,
            )
        if ran:
            self.next_due_ms = int(self.due.min())
