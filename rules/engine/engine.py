"""The engine: a pure fold over the log. No clock, no I/O, no randomness (semantics 1.1, 1.4, 6)."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from plant.entries import Act, DeviceDown, Entry, Readings, SourceDown, SourceUp, Tick
from plant.quality import Quality
from rules.conditions.stale import StaleGroup
from rules.conditions.twa import TwaGroup
from rules.engine.columns import I32, Bool
from rules.engine.group import Group
from rules.engine.intake import intake
from rules.engine.output import Output
from rules.engine.plan import Groups, Plan, make_groups
from rules.engine.points import PointState, Rows, Wanted
from rules.engine.rounds import blocks, rounds
from rules.engine.several.group import SubjectGroup
from rules.engine.several.make import make_stage
from rules.engine.several.stage import Stage
from rules.engine.taking import count_odd, judge, take
from rules.events import AlarmEvent

START_BEFORE_MS: Final = 1000
"""The clock starts this long before the first entry (semantics 1.1)."""

UNHEARD_MS: Final = 2000
"""Entries come at least once a second (semantics 1.2). Where more than this lies between two, nobody listened."""

PENDING_KINDS: Final = ("limit", "discrete", "rate", "window", "twa")


def _in_order(event: AlarmEvent) -> tuple[int, int, str, str, str]:
    return event.received_at, event.at, event.rule, event.subject, event.side


class Engine:
    """State of all rules over all points. `apply` moves it on by entries of the log.

    Entries may be given one by one or many at a time: the events are the same (semantics 6).
    """

    def __init__(self, plan: Plan, *, exercise: bool = False) -> None:
        self.plan = plan
        self.exercise = exercise
        self.groups: Groups = make_groups(plan)
        self._wanted = Wanted(
            usable_value=any(
                group.name.startswith("twa") or group.bank.timed is not None for group in self.groups.usable
            ),
            finite_t=bool(self.groups.finite),
            taken_received=bool(self.groups.taken),
            arrived=bool(self.groups.arrived),
        )
        self.several: Stage | None = None
        if plan.several is not None:
            timings = {rule.id: t for rule, t in zip(plan.rules, plan.timings.of_rule, strict=True) if t is not None}
            self.several = make_stage(plan.several, self.all_groups(), timings, self.groups.surroundings)
        self.clock_ms: int | None = None
        self.points = PointState(plan.table.size, 0)
        self.sources: list[str] = []
        self.ended_at: dict[tuple[str, str, str], int] = {}
        """(rule, subject, side) of alarms that ended with their rule: the time of the last event of each."""
        self._scratch: I32 = np.zeros(plan.table.size, dtype=np.int32)

    def all_groups(self) -> tuple[Group | StaleGroup, ...]:
        """Every group, in a fixed order."""
        groups = self.groups
        by_clock = tuple(group for group in (groups.calibration, groups.stale) if group is not None)
        return groups.usable + groups.finite + groups.taken + groups.arrived + by_clock

    def every_group(self) -> tuple[Group | StaleGroup | SubjectGroup, ...]:
        """Those over several points too."""
        return self.all_groups() + (() if self.several is None else tuple(self.several.groups))

    def exposure_incomplete(self) -> int:
        """How many (rule, subject) have less than three quarters of their span covered (semantics 3.5)."""
        return sum(int(np.count_nonzero(g.incomplete)) for g in self.groups.usable if isinstance(g, TwaGroup))

    def apply(self, entries: Sequence[Entry], *, more: bool = False) -> list[AlarmEvent]:
        """Fold entries; returns their events ordered by (received_at, at, rule, subject, side), stable.

        Rules over several points decide when an instant is over: all entries with its received_at are there. By
        default the last one of `entries` is; with `more`, others of the same received_at may follow in the next call,
        and it stays open until a later entry comes or `close` is called.

        A Configuration moves only the clock here: the caller, who knows its plan, then calls `reconfigure`.
        """
        events: list[AlarmEvent] = []
        run: list[Entry] = []
        before_ms, drift = self.clock_ms, self.groups.drift
        for entry in entries:
            if before_ms is not None and entry.received_at_ms - before_ms > UNHEARD_MS:
                events += self._fold(run)
                run = []
                self._nobody_listened(entry.received_at_ms - before_ms)
            elif before_ms is not None and any(group.turns(before_ms, entry.received_at_ms) for group in drift):
                events += self._fold(run)
                run = []
            before_ms = entry.received_at_ms
            if isinstance(entry, Readings | Tick | SourceDown | Act):
                run.append(entry)
                continue
            events += self._fold(run)
            run = []
            events += self._fold([entry])
            if isinstance(entry, SourceUp):
                self._source_up(entry)
            elif isinstance(entry, DeviceDown):
                events += self._device_down(entry)
        events += self._fold(run)
        decided = self._close(more=more)
        return sorted(events + decided, key=_in_order) if decided else events

    def close(self) -> list[AlarmEvent]:
        """The log is over, or its last instant is: what it has left to decide."""
        return self._close(more=False)

    def _close(self, *, more: bool) -> list[AlarmEvent]:
        if self.several is None or not self.several.times:
            return []
        out = Output(self.several.times, self.exercise)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            self.several.close(out, more=more)
        return sorted(out.events, key=_in_order)

    def _fold(self, entries: list[Entry]) -> list[AlarmEvent]:
        if not entries:
            return []
        # Arithmetic is IEEE's: an overflow is infinite, and nothing to warn of.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return self._fold_run(entries)

    def _fold_run(self, entries: list[Entry]) -> list[AlarmEvent]:
        times = [entry.received_at_ms for entry in entries]
        if self.clock_ms is None:
            self.clock_ms = times[0] - START_BEFORE_MS
            self.points.heard_any[:] = self.clock_ms
            self.points.heard_usable[:] = self.clock_ms
        out = Output(times, self.exercise)
        surroundings = self.groups.surroundings
        if surroundings is not None:
            surroundings.begin(times[0], self.points)
        if self.several is not None:
            self.several.begin(times, self.points)
        self._advance(times[0], out)
        readings = [entry for entry in entries if isinstance(entry, Readings) and len(entry.batch)]
        if readings:
            self._take(readings, out, several=len(entries) > 1)
        if self.several is not None:
            self.several.taken(times)
        if surroundings is not None:
            surroundings.end(times[-1])
        self._advance(times[-1], out)
        if self.several is not None:
            self.several.collector.end(times, self.points)
        out.events.sort(key=_in_order)
        return out.events

    def _advance(self, clock: int, out: Output) -> None:
        self.clock_ms = clock
        if self.groups.stale is not None:
            self.groups.stale.advance(clock, self.points, self._pending, out)
        if self.groups.calibration is not None:
            self.groups.calibration.advance(clock, out)
        for drift in self.groups.drift:
            drift.advance(clock, self.points, out)
        for group in self.groups.usable:
            group.bank.run_timers(clock, None, self.points, out)

    def _take(self, readings: list[Readings], out: Output, *, several: bool) -> None:
        table = self.plan.table
        sources = [self._source_index(entry.source) for entry in readings]
        columns = intake(readings, sources).of_known(table)
        rows, odd = judge(columns, self.points, table)
        entry, surroundings = columns.entry, self.groups.surroundings
        if surroundings is not None:
            # What formulas look at is taken first; values are looked up as of the instant before, so order is free.
            named = surroundings.place_of[rows.point] >= 0
            first = [self._taken(block, odd=odd) for block in blocks(rows.select(named), entry[named], self._scratch)]
            for block, usable, _, _ in first:
                surroundings.take(block if usable is None else block.select(usable))
            surroundings.ready(readings[-1].received_at_ms)
            for taken in first:
                self._block(*taken, out, several=several)
            rows, entry = rows.select(~named), entry[~named]
        for block in blocks(rows, entry, self._scratch):
            self._block(*self._taken(block, odd=odd), out, several=several)

    def _taken(self, rows: Rows, *, odd: bool) -> tuple[Rows, Bool | None, Bool | None, Bool | None]:
        """(the rows of a block with final time and quality, which of them are usable, finite, taken; None: all)."""
        rows, taken = take(rows, self.points, self.plan.table)
        usable = finite = taken
        if odd:
            count_odd(rows if taken is None else rows.select(taken), self.points, self.plan.table)
            good, number = rows.quality != Quality.BAD, np.isfinite(rows.value)
            usable, finite = (good, number) if taken is None else (good & taken, number & taken)
        return rows, usable, finite, taken

    def _block(
        self, rows: Rows, usable: Bool | None, finite: Bool | None, taken: Bool | None, out: Output, *, several: bool
    ) -> None:
        """Decide a block; of a point whose silence ends an alarm's wait, first the readings before it."""
        stale = self.groups.stale
        if several and stale is not None and rows.series.start is not None:
            cut = stale.crossings(rows, usable, self.points)
            if cut.any():
                total, base = rows.series.sums(cut.astype(np.int64))
                piece = total - rows.series.per_row(base)
                for index in rounds(piece, np.arange(len(rows))):
                    self._decide(
                        rows.select(index),
                        None if usable is None else usable[index],
                        None if finite is None else finite[index],
                        None if taken is None else taken[index],
                        out,
                        several=several,
                    )
                return
        self._decide(rows, usable, finite, taken, out, several=several)

    def _decide(
        self,
        rows: Rows,
        is_usable: Bool | None,
        is_finite: Bool | None,
        is_taken: Bool | None,
        out: Output,
        *,
        several: bool,
    ) -> None:
        """Let the rules see rows, of which those marked (None: all) are taken; taken and usable; taken and finite."""
        points, groups, stale = self.points, self.groups, self.groups.stale
        if several and stale is not None:
            stale.before_reading(rows.points, rows.series.first(rows.received), points, self._pending, out)
        if stale is not None and stale.some_on:
            stale.heard(rows, is_usable, out)
        usable = rows if is_usable is None else rows.select(is_usable)
        if self.several is not None:
            self.several.collector.take(usable)
        finite = usable if is_finite is is_usable else rows if is_finite is None else rows.select(is_finite)
        taken = usable
        if groups.taken and is_taken is not is_usable:
            taken = rows if is_taken is None else rows.select(is_taken)
        for group in groups.usable:
            if group.bank.timed is not None:
                row, slot = group.slots.of(usable.points)
                received = usable.series.first(usable.received)
                group.bank.run_timers(received if row is None else received[row], slot, points, out)
        for group in groups.usable:
            group.update(usable, points, out)
        for group in groups.finite:
            group.update(finite, points, out)
        for group in groups.taken:
            group.update(taken, points, out)
        for group in groups.arrived:
            group.update(rows, points, out)
        points.heard(rows, self._wanted)
        points.remember(usable, finite, taken, self._wanted)

    def _pending(self, point: int, asking: str) -> list[tuple[str, str]]:
        """Raw-true levels of other rules on a point: ("rule:level", severity), semantics 3.7."""
        found = []
        for group in self.groups.usable:
            if group.name.split(".")[0] not in PENDING_KINDS:
                continue
            first = int(group.slots.first[point])
            for slot in range(first, first + int(group.slots.count[point])):
                rule = group.slots.rules[group.slots.rule[slot]]
                if rule.id == asking:
                    continue
                for k, level in enumerate(group.bank.levels):
                    if group.bank.raw[k, slot]:
                        found.append((f"{rule.id}:{level}", rule.severity_of(level)))
        return sorted(found)

    def _nobody_listened(self, gap_ms: int) -> None:
        """The service was away: that is not the silence of the points, which goes on counting from where it was."""
        self.points.heard_any += gap_ms
        self.points.heard_usable += gap_ms

    def _source_up(self, entry: SourceUp) -> None:
        """Silence of the source's points counts from here; a point not heard yet may be any source's."""
        of_source = (self.points.source == self._source_index(entry.source)) | (self.points.source < 0)
        for heard in (self.points.heard_any, self.points.heard_usable):
            heard[of_source] = np.maximum(heard[of_source], entry.received_at_ms)

    def _device_down(self, entry: DeviceDown) -> list[AlarmEvent]:
        """Points whose device is dead are stale at once; entries that come after see them so."""
        table, points = self.plan.table, self.points
        given = np.unique(np.array(entry.points, dtype=np.intp))
        point = given[given < table.size]
        point = point[table.known[point]]
        points.down[point] = True
        points.some_down |= bool(len(point))
        if self.groups.surroundings is not None:
            self.groups.surroundings.device_down(point)
        if self.several is not None:
            self.several.collector.device_down(point, entry.received_at_ms)
        out = Output([entry.received_at_ms], self.exercise)
        if self.groups.stale is not None:
            self.groups.stale.device_down(point, entry.received_at_ms, points, self._pending, out)
        out.events.sort(key=lambda e: (e.at, e.rule, e.subject, e.side))
        return out.events

    def _source_index(self, name: str) -> int:
        if name not in self.sources:
            self.sources.append(name)
        return self.sources.index(name)
