"""stale (semantics 3.7): silence by arrival, raised by the clock, cleared by the next reading."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from rules.engine.columns import I64, NEVER_MS, Bool, Index, to_ms
from rules.engine.gate import SlotHours
from rules.engine.hours import Hours
from rules.engine.output import Deciding, Identity, Output
from rules.engine.point_table import PointTable
from rules.engine.points import PointState, Rows
from rules.engine.sides import SEVERITY_RANK, SideState, rank_of
from rules.engine.slots import make_slots
from rules.engine.view import look
from rules.engine.watch import Watch
from rules.schema import Rule, Stale

_BLOCK = 1024

DEVICE_DOWN: Final = "device said it went down"

PendingOf = Callable[[int, str], list[tuple[str, str]]]
"""(point number, rule that asks) -> ("rule:level", severity) of raw-true levels of other rules on the point."""


class StaleGroup:
    """All slots of stale rules.

    side       the alarm of each slot; a slot is on while its rank is not 0
    _due_from  per block of slots: no slot of the block can turn stale before this (since times only grow)
    """

    name = "stale"

    def __init__(
        self, rules: list[Rule], subjects: Sequence[Index], table: PointTable, hours: Sequence[Hours | None] = ()
    ) -> None:
        """`hours` are when each rule is active; None, or nothing at all: always."""
        self.slots = make_slots(rules, list(subjects), table.size)
        given = [_stale(rule) for rule in rules]
        own = np.array([-1 if g.after_s is None else to_ms(g.after_s) for g in given], dtype=np.int64)[self.slots.rule]
        self.after_ms: I64 = np.where(own < 0, table.gap_ms[self.slots.point], own)
        self._usable: Bool = np.array([g.of == "usable" for g in given], dtype=np.bool_)[self.slots.rule]
        self._rank = np.array([rank_of(rule, "on") for rule in rules], dtype=np.int64)
        self.side = SideState("", len(self.slots))
        self._identity = table.identity
        self.watch: Watch | None = None
        """Where some rule over several points looks at these alarms."""
        self.pending: dict[int, tuple[str, ...]] = {}
        """What the alarm of a slot lists under `pending`; kept until it is cleared."""
        self._hours = SlotHours(self.slots, hours) if any(h is not None for h in hours) else None
        self._due_from: I64 = np.full(-(-len(self.slots) // _BLOCK), -NEVER_MS)
        self._on_count = 0
        self._shortest_ms: I64 = np.full(table.size, NEVER_MS)
        """Per point: the shortest span of its slots."""
        np.minimum.at(self._shortest_ms, self.slots.point, self.after_ms)

    def carry_pending(self, old: "StaleGroup", source: Index, target: Index) -> None:
        """Keep what the alarms of these slots list under `pending`."""
        for before, after in zip(source.tolist(), target.tolist(), strict=True):
            if before in old.pending:
                self.pending[after] = old.pending[before]

    def identity(self, slot: int) -> Identity:
        """What a slot's alarm is about."""
        return self._identity(int(self.slots.point[slot]))

    def refresh(self) -> None:
        """Recompute what is derived, after the side's columns were set from outside."""
        self._on_count = int(np.count_nonzero(self.side.rank))
        self._due_from[:] = -NEVER_MS

    def since(self, slot: Index, points: PointState) -> I64:
        """When each slot's silence began, by arrival."""
        at = self.slots.point[slot]
        return np.where(self._usable[slot], points.heard_usable[at], points.heard_any[at])

    def _due(self, slot: Index, since: I64) -> I64:
        """When silence that began then is due to be raised: after the span, once the rule is active."""
        due = since + self.after_ms[slot]
        return due if self._hours is None else self._hours.next_in_force(slot, due)

    def advance(self, clock: int, points: PointState, pending_of: PendingOf, out: Output) -> None:
        """Raise what has been silent for too long by `clock`."""
        for block in np.flatnonzero(self._due_from < clock).tolist():
            slot = np.arange(block * _BLOCK, min((block + 1) * _BLOCK, len(self.slots)))
            self._raise_due(slot, np.full(len(slot), clock), points, pending_of, out)
            quiet = slot[self.side.rank[slot] == 0]
            due = self._due(quiet, self.since(quiet, points))
            self._due_from[block] = int(due.min()) if len(due) else NEVER_MS

    def before_reading(
        self, point: Index, received: I64, points: PointState, pending_of: PendingOf, out: Output
    ) -> None:
        """Raise what each point's silence has come to when its next reading is received (clock differs by row)."""
        silent = np.minimum(points.heard_any[point], points.heard_usable[point])
        at = np.flatnonzero(received - silent > self._shortest_ms[point])
        if len(at):
            row, slot = self.slots.of(point[at])
            self._raise_due(slot, received[at] if row is None else received[at[row]], points, pending_of, out)

    def crossings(self, rows: Rows, usable: Bool | None, points: PointState) -> Bool:
        """Rows, other than a series' first, by which some slot of theirs has just been silent for too long."""
        view = look(self.slots, rows)
        slot, series = view.slot, view.series
        received, since = view.of(rows.received), self.since(slot, points)
        arrives = series.per_row(~self._usable[slot])
        arrives |= True if usable is None else view.of(usable)
        heard = series.before(series.since(arrives, received, since), since)
        due = self._due(series.per_row(slot), heard)
        before = series.before(received, received[:1] if series.start is None else series.first(received))
        crossed = (received > due) & ~(before > due) & (series.place() > 0)
        some = np.zeros(len(rows), dtype=np.bool_)
        some[crossed if view.row is None else view.row[crossed]] = True
        return some

    @property
    def some_on(self) -> bool:
        """Whether any slot is stale now."""
        return self._on_count > 0

    def heard(self, rows: Rows, usable: Bool | None, out: Output) -> None:
        """Readings came (usable says which are; None: all): what was stale because of their absence is cleared."""
        series = rows.series
        which, slot = self.slots.of(rows.points)
        first_any = np.arange(len(rows)) if series.start is None else series.start
        first = first_any if which is None else first_any[which]
        cleared = self.side.rank[slot] != 0
        if usable is not None:
            none = len(rows)
            row = np.where(usable, np.arange(none), none)
            first_usable = row if series.start is None else np.minimum.reduceat(row, series.start)
            first_usable = first_usable if which is None else first_usable[which]
            first = np.where(self._usable[slot], first_usable, first)
            cleared &= first < none
        for i in cleared.nonzero()[0].tolist():
            s, r = int(slot[i]), int(first[i])
            rule = self.slots.rules[self.slots.rule[s]]
            clock = int(rows.received[r])
            value = float(rows.value[r])
            why = Deciding(clock, value if np.isfinite(value) else None, None, clock, "heard again")
            out.change(rule, self.identity(s), self.side, s, 0, clock, why, self.pending.pop(s, ()))
            self._on_count -= 1
            if self.watch is not None:
                self.watch.note_one(s, clock, clock, on=False)
            block = s // _BLOCK
            self._due_from[block] = min(int(self._due_from[block]), clock)

    def device_down(self, point: Index, clock: int, points: PointState, pending_of: PendingOf, out: Output) -> None:
        """Their device said that it went down: raise what is not raised yet, where the rule is active at that time."""
        _, slot = self.slots.of(point)
        at_once = self.side.rank[slot] == 0
        if self._hours is not None:
            at_once &= self._hours.in_force(slot, np.full(len(slot), clock))
        slot = slot[at_once]
        for s, since in zip(slot.tolist(), self.since(slot, points).tolist(), strict=True):
            self._raise(s, clock, Deciding(clock, None, None, since, DEVICE_DOWN), pending_of, out)

    def _raise_due(self, slot: Index, clock: I64, points: PointState, pending_of: PendingOf, out: Output) -> None:
        since = self.since(slot, points)
        due = self._due(slot, since)
        ripe = np.flatnonzero((due < clock) & (self.side.rank[slot] == 0))
        for i in ripe[np.argsort(due[ripe], kind="stable")].tolist():
            s, when = int(slot[i]), int(due[i])
            why = Deciding(
                received_at=out.clock_passing(when),
                value=None,
                limit=None,
                onset=int(since[i]),
                reason=f"no {'usable ' if self._usable[s] else ''}reading for {self.after_ms[s] / 1000:g} s",
            )
            self._raise(s, when, why, pending_of, out)

    def _raise(self, slot: int, t: int, why: Deciding, pending_of: PendingOf, out: Output) -> None:
        rule = self.slots.rules[self.slots.rule[slot]]
        point = int(self.slots.point[slot])
        found = pending_of(point, rule.id)
        severity = max([SEVERITY_RANK[name] for _, name in found], default=0)
        rank = max(int(self._rank[self.slots.rule[slot]]), 2 * severity)
        pending = tuple(name for name, _ in found)
        if pending:
            self.pending[slot] = pending
        out.change(rule, self.identity(slot), self.side, slot, rank, t, why, pending)
        self._on_count += 1
        if self.watch is not None:
            self.watch.note_one(slot, t, why.received_at, on=True)


def _stale(rule: Rule) -> Stale:
    assert rule.condition.stale is not None  # noqa: S101 - rules come grouped by kind
    return rule.condition.stale
